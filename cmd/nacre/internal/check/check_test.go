package check_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/describe"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// Config is what the checkers of this test check.
type Config struct {
	DB struct {
		Host     string `config:"host" validate:"required"`
		Pool     int    `config:"pool" default:"10" validate:"min=1,max=500"`
		Password string `config:"password" validate:"required"`
	} `config:"db"`
	Log struct {
		Level string `config:"level" default:"info" validate:"oneof=debug info warn"`
	} `config:"log"`
	Hosts []string `config:"hosts"`
}

func layers(documents ...string) check.Layers {
	l := check.Layers{Name: "prod"}
	for i := 0; i < len(documents); i += 2 {
		l.Layers = append(l.Layers, check.Layer{Document: documents[i], Content: []byte(documents[i+1])})
	}
	return l
}

// lines are the problems of the only check of a report.
func lines(t *testing.T, c check.Checker, missingOK []string, l check.Layers) string {
	t.Helper()
	report, err := c.Check(t.Context(), check.Request{Checks: []check.Layers{l}, MissingOK: missingOK})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Checks) != 1 || report.Checks[0].Name != "prod" {
		t.Fatalf("a report for one check has %+v", report.Checks)
	}
	var all []string
	for _, p := range report.Checks[0].Problems {
		all = append(all, p.Text)
		if strings.Contains(fmt.Sprintf("%+v", p), "canary") {
			t.Errorf("a problem has a value: %+v", p)
		}
	}
	return strings.Join(all, "\n")
}

func schema(t *testing.T) check.Schema {
	t.Helper()
	d, err := describe.Of[Config]()
	if err != nil {
		t.Fatal(err)
	}
	s, err := check.ParseSchema("orders.schema.json", d.WholeSchema())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	t.Parallel()
	const good = "db:\n  host: a\n  password: canary\n"
	s := schema(t)
	tests := map[string]struct {
		layers check.Layers
		want   string
	}{
		"valid":                {layers("a.yaml", good), ""},
		"merged":               {layers("a.yaml", "db: {host: a}", "b.json", `{"db": {"password": "canary"}}`), ""},
		"too large":            {layers("a.yaml", good, "b.yaml", "db:\n  pool: 900\n"), "b.yaml:2:9 db.pool: must be at most 500"},
		"an unknown key":       {layers("a.yaml", good+"  pol: 1\n"), "a.yaml:4:3 db.pol: unknown key"},
		"a wrong type":         {layers("a.yaml", good+"hosts: {a: canary}\n"), "a.yaml:4:8 hosts: must be array, not object"},
		"a missing key":        {layers("a.yaml", "db:\n  host: a\n"), "a.yaml:2:3 db.password: required, and no layer has it"},
		"a choice":             {layers("a.yaml", good+"log:\n  level: canary\n"), "a.yaml:5:10 log.level: must be one of debug, info, warn"},
		"a list":               {layers("a.yaml", good+"hosts: [a, {b: canary}]\n"), "a.yaml:4:12 hosts[1]: must be string, not object"},
		"numbers in texts":     {layers("a.properties", "db.host=a\ndb.password=canary\ndb.pool=20\n"), ""},
		"malformed":            {layers("a.yaml", "db: {"), "a.yaml:"},
		"two problems at once": {layers("a.yaml", good+"  pol: 1\n  pool: 900\n"), "a.yaml:4:3 db.pol: unknown key\na.yaml:5:9 db.pool: must be at most 500"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lines(t, s, nil, tt.layers)
			if got != tt.want && (name != "malformed" || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("problems:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
	if got := lines(t, s, []string{"db.pass*"}, layers("a.yaml", "db: {host: a}")); got != "" {
		t.Errorf("a key that the service has from elsewhere is missing:\n%s", got)
	}
}

// A problem has one position, whether the schema or the service itself finds it.
func TestASchemaFindsProblemsWhereTheServiceDoes(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, c := range [][2]string{
		{"a.yaml", "db:\n  host: a\n  password: b\n  pol: 1\n"},
		{"a.yaml", "db: {host: a, password: b, pol: 1}\n"},
		{"a.yaml", "db: {host: a, password: b, \"pol\": 1, xpol: 2}\n"},
		{"a.yaml", "db:\n  host: pol\n  password: 'pol: 1'\n  pol:\n    # a comment\n    deep: [1, 2]\n"},
		{"a.yaml", "db:\n  host: a\n  password: b\n  pol:\n  - 1\n"},
		{"a.yaml", "db:\n  host: a\n  password: b\n  pool: 900\nlgo: {}\n"},
		{"a.json", "{\"db\": {\"host\": \"a\", \"password\": \"b\",\n \"pol\": {\"x\": 1}}}\n"},
		{"a.toml", "[db]\nhost = \"a\"\npassword = \"b\"\npol = 1\n"},
		{"a.yaml", "db:\n  host: ä\n  password: b\n  größe: 1\n  pool: x\n"},
	} {
		var want []string
		_, err := nacre.OpenWith[Config](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)},
			nacre.Layer(memory.New(c[0], []byte(c[1])), nacre.Strict()))
		problems, ok := errors.AsType[source.Problems](err)
		if !ok {
			t.Fatalf("the service accepts %s: %v", c[1], err)
		}
		for _, p := range problems {
			want = append(want, fmt.Sprintf("%d:%d %s", p.Position.Line, p.Position.Column, p.Key))
		}
		report, err := s.Check(t.Context(), check.Request{Checks: []check.Layers{layers(c[0], c[1])}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range report.Checks[0].Problems {
			got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Key))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("in\n%s\nthe schema finds problems at %q, and the service at %q", c[1], got, want)
		}
	}
}

func TestSchemaThatIsNoSchema(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "{", `{"type": 5}`, `{"$ref": "http://127.0.0.1:1/x.json"}`, `{"$ref": "file:///etc/passwd"}`} {
		if _, err := check.ParseSchema("s.json", []byte(bad)); exit.Of(err) != exit.Invalid {
			t.Errorf("the schema %q gives the error %v, want one of an invalid file", bad, err)
		}
	}
}

// module writes a module that requires nacre as it is here, with the files, and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("module github.com/nacre-go/nacre/cmd/nacre", "module example.com/orders", "=> ../..", "=> "+root).Replace(string(mod))
	files["go.mod"], files["go.sum"] = text, string(sums)
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const conf = `package conf

import (
	"errors"

	"github.com/nacre-go/nacre"
)

type Config struct {
	DB struct {
		Pool int ` + "`config:\"pool\" validate:\"min=1,max=500\"`" + `
	} ` + "`config:\"db\"`" + `
}

func (c *Config) Validate() error {
	if c.DB.Pool == 13 {
		return errors.New("db.pool: 13 is unlucky")
	}
	return nil
}

func Options() nacre.Options { return nacre.Options{} }

type Redis struct {
	Addr string ` + "`config:\"addr\"`" + `
}

func Limited() nacre.Options {
	return nacre.Options{MaxKeyLoss: nacre.Off, MaxBadChanges: 3, Sections: []nacre.SectionDeclaration{nacre.DeclareSection[Redis]("redis")}}
}
`

func TestType(t *testing.T) {
	t.Parallel()
	dir := module(t, map[string]string{
		"internal/conf/conf.go": conf,
		"main.go":               "package main\n\ntype Config struct{}\n\nfunc main() {}\n",
		"broken/broken.go":      "package broken\n\ntype Config struct{ x undefined }\n",
	})
	typ := check.Type{Package: "./internal/conf", Name: "Config", Options: "Options", Dir: dir}
	if got := lines(t, typ, nil, layers("a.yaml", "db: {pool: 20}")); got != "" {
		t.Errorf("a valid document has problems:\n%s", got)
	}
	typ.Options = ""
	if got, want := lines(t, typ, nil, layers("a.yaml", "db:\n  pool: 900\n  pol: 1\n")), "a.yaml:2:9 db.pool: must be at most 500\na.yaml:3:3 db.pol: unknown key, did you mean db.pool?"; got != want {
		t.Errorf("problems:\n%s\nwant:\n%s", got, want)
	}
	if got := lines(t, typ, nil, layers("a.yaml", "db: {pool: 13}")); !strings.Contains(got, "unlucky") {
		t.Errorf("the Validate method of the service was not called:\n%s", got)
	}
	d, err := typ.Declare(t.Context())
	if err != nil || len(d.Keys) != 1 || d.Keys[0].Path != "db.pool" || d.Keys[0].Type != "int" {
		t.Errorf("the declaration is %+v, %v; want the key db.pool of type int", d, err)
	} else if s, err := check.ParseSchema("declared", d.Schema); err != nil {
		t.Error(err)
	} else if got, want := lines(t, s, nil, layers("a.yaml", "db: {pool: 900}")), "a.yaml:1:12 db.pool: must be at most 500"; got != want {
		t.Errorf("by the declared schema the problems are %q, want %q", got, want)
	}
	opened, err := nacre.OpenWith[struct{}](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)}, memory.New("x.yaml", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if d.Guard == nil || *d.Guard != opened.Health().Guard {
		t.Errorf("the declared limits of the change guard are %+v, and those of a service without options %+v", d.Guard, opened.Health().Guard)
	}
	typ.Options = "Limited"
	if d, err = typ.Declare(t.Context()); err != nil || *d.Guard != (observe.GuardHealth{MaxBadChanges: 3}) || !slices.Equal(d.Sections, []string{"redis"}) {
		t.Errorf("with options, the declared limits are %+v and the sections %q: %v", d.Guard, d.Sections, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "internal/conf/*")); err != nil || len(left) != 1 {
		t.Errorf("files were written to the user's module: %v", left)
	}

	for name, wrong := range map[string]struct {
		typ  check.Type
		want string
	}{
		"a type that is absent":   {check.Type{Package: "./internal/conf", Name: "Absent", Dir: dir}, "Absent"},
		"options that are absent": {check.Type{Package: "./internal/conf", Name: "Config", Options: "Absent", Dir: dir}, "Absent"},
		"a program":               {check.Type{Package: ".", Name: "Config", Dir: dir}, "no other program can import"},
		"no package":              {check.Type{Package: "./absent", Name: "Config", Dir: dir}, "absent"},
		"code that is broken":     {check.Type{Package: "./broken", Name: "Config", Dir: dir}, "undefined"},
		"several packages":        {check.Type{Package: "./...", Name: "Config", Dir: dir}, "more than one package"},
		"a flag":                  {check.Type{Package: "-toolexec=x", Name: "Config", Dir: dir}, "-toolexec"},
		"code in the name":        {check.Type{Package: "./internal/conf", Name: "Config](x); func init() {}", Dir: dir}, "exported"},
	} {
		_, err := wrong.typ.Check(t.Context(), check.Request{})
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), wrong.want) {
			t.Errorf("%s: the error is %v (exit code %d), want one about %q with code %d", name, err, exit.Of(err), wrong.want, exit.Usage)
		}
	}
}

func TestParseType(t *testing.T) {
	t.Parallel()
	if got, err := check.ParseType("./internal/conf.Config"); err != nil || got.Package != "./internal/conf" || got.Name != "Config" {
		t.Errorf("./internal/conf.Config is %+v, %v", got, err)
	}
	if got, err := check.ParseType("example.com/a.b/conf.Config"); err != nil || got.Package != "example.com/a.b/conf" {
		t.Errorf("a package with a dot is %+v, %v", got, err)
	}
	for _, bad := range []string{"", ".", "conf", "./conf", "./conf.config", "./conf.", ".Config", "a.b/Config", "conf.Con-fig"} {
		if _, err := check.ParseType(bad); exit.Of(err) != exit.Usage {
			t.Errorf("%q is taken for a type: %v", bad, err)
		}
	}
}

func TestProgramThatIsNone(t *testing.T) {
	t.Parallel()
	cat, err := exec.LookPath("false")
	if err != nil {
		t.Skip("no program to run")
	}
	for _, p := range []check.Program{{Path: cat}, {Path: filepath.Join(t.TempDir(), "absent")}, {Path: strings.Replace(cat, "false", "true", 1)}} {
		if _, err := p.Check(t.Context(), check.Request{}); exit.Of(err) != exit.Usage {
			t.Errorf("%s: the error is %v, want one about the validator", p.Path, err)
		}
	}
}
