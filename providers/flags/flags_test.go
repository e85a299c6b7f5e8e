package flags_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/providers/flags"
	"github.com/nacre-go/nacre/source"
)

type config struct {
	Server struct {
		Addr    string        `config:"addr" default:":8080" doc:"address to listen on"`
		Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms" doc:"time limit of a request"`
	} `config:"server"`
	DB struct {
		DSN      nacre.Secret `config:"dsn" default:"plain-secret"`
		MaxConns int          `config:"max_conns" default:"10" deprecated:"use pool"`
	} `config:"db"`
	Hosts  []string          `config:"hosts"`
	Labels map[string]string `config:"labels"`
	Debug  bool              `config:"debug"`
	Tokens []nacre.Secret    `config:"tokens"`
	Any    any               `config:"any"`
	Next   *config           `config:"next"`
}

func newSet() *flag.FlagSet {
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	set.SetOutput(new(bytes.Buffer))
	return set
}

// text returns the entries of what a source returns, "name→key=value".
func text(t *testing.T, s source.Source) string {
	t.Helper()
	c, err := s.Next(t.Context(), "")
	if err != nil {
		return err.Error()
	}
	vs, ok := environ.Parse(c.Documents[0].Data)
	if !ok || len(c.Documents) != 1 {
		t.Fatalf("the content %q cannot be read", c.Documents[0].Data)
	}
	var all []string
	for _, v := range vs {
		if !v.Path || !v.Flag {
			t.Errorf("%+v is not the entry of a flag", v)
		}
		one := v.Name + "→" + v.Key + "=" + v.Value
		if v.Unset {
			one = v.Name + "→" + v.Key + " unset"
		}
		all = append(all, one)
	}
	return strings.Join(all, " ")
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts []flags.Option
		args string
		want string // what the source returns, or how Parse fails
	}{
		{"none", nil, "", ""},
		{"a key", nil, "-db.max_conns 5", "db.max_conns→db.max_conns=5"},
		{"two hyphens and =", nil, "--server.addr=:80", "server.addr→server.addr=:80"},
		{"the last one counts", nil, "-server.addr a -server.timeout 1s -server.addr b", "server.addr→server.addr=b server.timeout→server.timeout=1s"},
		{"lists and maps add up", nil, "-hosts a -labels x=1 -hosts b,c -labels y=2", "hosts→hosts=a labels→labels=x=1 hosts→hosts=b,c labels→labels=y=2"},
		{"a bool", nil, "-debug", "debug→debug=true"},
		{"a bool with a value", nil, "-debug=off", "debug→debug=off"},
		{"below a pointer to itself, once", nil, "-next.debug", "flag provided but not defined: -next.debug"},
		{"anything", nil, "-any x", "any→any=x"},
		{"empty", nil, "-server.addr=", "server.addr→server.addr="},
		{"dashes", []flags.Option{flags.Dashes()}, "-db-max-conns 5", "db-max-conns→db.max_conns=5"},
		{"dashes only", []flags.Option{flags.Dashes()}, "-db.max_conns 5", "flag provided but not defined: -db.max_conns"},
		{"a secret has none", nil, "-db.dsn x", "flag provided but not defined: -db.dsn"},
		{"a list of secrets has none", nil, "-tokens x", "flag provided but not defined: -tokens"},
		{"a secret by name", []flags.Option{flags.Only("db.dsn")}, "-db.dsn x", "db.dsn→db.dsn=x"},
		{"a secret by its parent", []flags.Option{flags.Only("db")}, "-db.dsn x", "flag provided but not defined: -db.dsn"},
		{"only a parent", []flags.Option{flags.Only("db"), flags.Only("debug")}, "-db.max_conns 1 -debug", "db.max_conns→db.max_conns=1 debug→debug=true"},
		{"only others", []flags.Option{flags.Only("db")}, "-debug", "flag provided but not defined: -debug"},
		{"another name", []flags.Option{flags.Flag("p", "server.addr")}, "-p x", "p→server.addr=x"},
		{"another name, not set", []flags.Option{flags.Flag("p", "server.addr")}, "", "p→server.addr unset"},
		{"another name only", []flags.Option{flags.Flag("p", "server.addr")}, "-server.addr x", "flag provided but not defined: -server.addr"},
		{"two names", []flags.Option{flags.Flag("p", "server.addr"), flags.Flag("port", "server.addr")}, "-p x -port y", "p→server.addr unset port→server.addr=y"},
		{"a bool by another name", []flags.Option{flags.Flag("v", "debug")}, "-v", "v→debug=true"},
		{"a key of a map", []flags.Option{flags.Flag("team", `labels."a.b"`)}, "-team x", `team→labels."a.b"=x`},
		{"a key of a section", []flags.Option{flags.Flag("redis", "redis.addr")}, "-redis x", "redis→redis.addr=x"},
		{"a secret by another name", []flags.Option{flags.Flag("dsn", "db.dsn"), flags.Only("db.dsn")}, "-dsn x", "dsn→db.dsn=x"},
		{"nil", []flags.Option{nil}, "-debug", "debug→debug=true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set := newSet()
			s := flags.New[config](set, c.opts...)
			var got string
			if err := set.Parse(strings.Fields(c.args)); err != nil {
				got = err.Error()
			} else {
				got = text(t, s)
			}
			if got != c.want {
				t.Errorf("%q gives\n%s\nwant\n%s", c.args, got, c.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	type clash struct {
		MaxConns int `config:"max_conns"`
		Max      struct {
			Conns int `config:"conns"`
		} `config:"max"`
	}
	type hyphen struct {
		X int `config:"-x-"`
		Y int `config:"a b"`
		Z int `config:"a=b"`
	}
	taken := newSet()
	taken.Bool("debug", false, "mine")
	for name, c := range map[string]struct {
		s    source.Source
		want string
	}{
		"no set":          {flags.New[config](nil), "define flag: the set of flags is nil"},
		"taken":           {flags.New[config](taken), "define flag --debug: is defined already, and is also the flag of the key debug"},
		"dashes clash":    {flags.New[clash](newSet(), flags.Dashes()), "define flag --max-conns: is the flag of both max_conns and max.conns"},
		"a name twice":    {flags.New[config](newSet(), flags.Flag("p", "debug"), flags.Flag("p", "any")), "define flag --p: is the flag of both debug and any"},
		"a bad path":      {flags.New[config](newSet(), flags.Flag("p", "a..b")), `define flag --p: flags.Flag has a key that is not a path: "a..b"`},
		"no path":         {flags.New[config](newSet(), flags.Flag("p", "")), `define flag --p: flags.Flag has a key that is not a path: ""`},
		"a bad name":      {flags.New[config](newSet(), flags.Flag("-p", "debug")), `define flag: flags.Flag has a name that no flag can have: "-p"`},
		"no name":         {flags.New[config](newSet(), flags.Flag("", "debug")), `define flag: flags.Flag has a name that no flag can have: ""`},
		"an unknown only": {flags.New[config](newSet(), flags.Only("db.max_cons")), `define flag: flags.Only names "db.max_cons", for which there is no flag`},
		"only an item":    {flags.New[config](newSet(), flags.Only("hosts[0]")), `define flag: flags.Only names "hosts[0]", for which there is no flag`},
		"a hyphen":        {flags.New[hyphen](newSet()), "define flag: the key -x- begins with a hyphen, as no flag can"},
	} {
		_, err := c.s.Next(t.Context(), "")
		if err == nil || !strings.Contains(strings.Replace(err.Error(), ": invalid argument", "", 1), c.want) || !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: the error is %v, want InvalidArgument: %s", name, err, c.want)
		}
	}
	if _, err := flags.New[int](newSet()).Next(t.Context(), ""); err != nil {
		t.Errorf("a type that is no struct is for Open to report, not for the flags: %v", err)
	}
}

// TestHelp is the help that users see: of a secret, neither the default nor the value.
func TestHelp(t *testing.T) {
	t.Parallel()
	set := newSet()
	flags.New[config](set, flags.Flag("dsn", "db.dsn"), flags.Flag("redis", "redis.addr"))
	if err := set.Parse([]string{"-dsn=planted", "-debug", "-hosts=a"}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	set.SetOutput(&b)
	set.PrintDefaults()
	set.VisitAll(func(f *flag.Flag) { b.WriteString(f.Name + "=" + f.Value.String() + "\n") })
	if got := b.String(); strings.Contains(got, "plain-secret") || strings.Contains(got, "planted") {
		t.Errorf("the help shows a secret:\n%s", got)
	}
	const want = `  -any value
    	sets any (value)
  -db.max_conns int
    	sets db.max_conns (int; deprecated: use pool) (default 10)
  -debug
    	sets debug
  -dsn secret
    	sets db.dsn (secret)
  -hosts list
    	sets hosts (list)
  -labels map
    	sets labels (map)
  -redis value
    	sets redis.addr
  -server.addr string
    	address to listen on (string) (default :8080)
  -server.timeout duration
    	time limit of a request (duration; min=10ms) (default 3s)
any=
db.max_conns=10
debug=true
dsn=******
hosts=a
labels=
redis=
server.addr=:8080
server.timeout=3s
`
	if got := b.String(); got != want {
		t.Errorf("the help is\n%s\nwant\n%s", got, want)
	}
}

func TestNotParsed(t *testing.T) {
	t.Parallel()
	const name = "test.paniconexit0" // go test gives every test this flag
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-"+name) }) {
		t.Skip("the test was not started by go test")
	}
	type flagged struct {
		Test map[string]string `config:"test"`
	}
	s := flags.New[flagged](newSet(), flags.Flag(name, "test.run"))
	_, err := s.Next(t.Context(), "")
	if err == nil || !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "were not parsed") {
		t.Errorf("flags on the command line that nobody parsed are ignored without an error: %v", err)
	}
	set := newSet()
	s = flags.New[flagged](set, flags.Flag(name, "test.run"))
	if err := set.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(t.Context(), ""); err != nil {
		t.Errorf("a set that was parsed with other arguments is refused: %v", err)
	}
	if _, err := flags.New[config](newSet()).Next(t.Context(), ""); err != nil {
		t.Errorf("a set that pflag parses is refused, although the command line has none of its flags: %v", err)
	}
}

func TestSetLater(t *testing.T) {
	t.Parallel()
	set := newSet()
	s := flags.New[config](set)
	if err := set.Parse([]string{"-debug", "-server.addr=a"}); err != nil {
		t.Fatal(err)
	}
	first, err := s.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := set.Set("debug", "true"); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Next(ended, first.Revision); !errors.Is(err, context.Canceled) {
		t.Errorf("setting a flag to what it is makes a change: %v, %v", c, err)
	}
	if err := set.Set("debug", "false"); err != nil {
		t.Fatal(err)
	}
	c, err := s.Next(t.Context(), first.Revision)
	if err != nil || !strings.Contains(string(c.Documents[0].Data), "debug=false") && !strings.Contains(string(c.Documents[0].Data), "debug<flag=false") {
		t.Errorf("a flag that is set later is no change: %q, %v", c.Documents[0].Data, err)
	}
	if err := set.Set("server.addr", "a\x00"); err == nil {
		t.Error("a text with a NUL is accepted, and would be lost")
	}
}

func FuzzFlags(f *testing.F) {
	f.Add("server.addr", "a", "hosts", "a,b")
	f.Add("x", "\xff", "labels.\"a b\"", "=<")
	f.Fuzz(func(t *testing.T, name, value, key, other string) {
		set := newSet()
		s := flags.New[config](set, flags.Flag(name, key))
		for _, text := range []string{value, other} {
			if set.Lookup(name) != nil {
				_ = set.Set(name, text)
			}
			_ = set.Set("hosts", text)
		}
		set.PrintDefaults()
		c, err := s.Next(t.Context(), "")
		if err != nil {
			if !errors.Is(err, source.InvalidArgument) {
				t.Fatalf("an error of kind %v", source.KindOf(err))
			}
			return
		}
		if vs, ok := environ.Parse(c.Documents[0].Data); !ok {
			t.Fatalf("the content %q cannot be read: %v", c.Documents[0].Data, vs)
		}
	})
}
