package validation_test

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/validation"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

type secret struct{ s string }

func (s secret) Reveal() string { return s.s }

type level int

func (l *level) UnmarshalText(b []byte) error {
	for i, name := range []string{"low", "mid", "high"} {
		if string(b) == name {
			*l = level(i)
			return nil
		}
	}
	return errors.New("no level")
}

type host struct {
	Name string `config:"name" validate:"required"`
	Port int    `config:"port" validate:"omitempty,gte=1024"`
}

// Embedded is squashed.
type Embedded struct {
	Region string `config:"region" validate:"omitempty,oneof=eu us"`
}

type config struct {
	Embedded
	Server struct {
		Timeout time.Duration `config:"timeout" validate:"min=10ms"`
		MaxIdle int           `validate:"gtfield=MinIdle"`
		MinIdle int
	} `config:"server"`
	DSN      secret                       `config:"dsn" validate:"required,min=8"`
	Hosts    []host                       `config:"hosts" validate:"max=3"`
	ByName   map[string]*host             `config:"by_name"`
	Deep     map[string][]map[string]host `config:"deep"`
	Pointer  *[]*host                     `config:"pointer"`
	Level    level                        `config:"level" validate:"gte=mid"`
	Wait     time.Duration                `config:"wait" validate:"required_if=Mode tls"`
	Mode     string                       `config:"mode"`
	URL      url.URL                      `config:"url" validate:"omitempty,https_url"`
	URLP     *url.URL                     `config:"urlp" validate:"omitempty,http_url"`
	Addr     netip.Addr                   `config:"addr" validate:"omitempty,ipv4"`
	IP       net.IP                       `config:"ip" validate:"omitempty,ipv6"`
	Labels   map[string]string            `config:"labels" validate:"dive,keys,min=2,endkeys,required"`
	Tree     *config                      `config:"tree"`
	Rest     map[string]host              `config:",remain"`
	Derived  *derived                     `config:"-" validate:"required"`
	Cond     string                       `config:"cond" validate:"required_with=Derived.X,required_if=Derived.X 7"`
	Peers    [2]host                      `config:"peers" validate:"omitempty"`
	Any      any                          `config:"any"`
	Optional *host                        `config:"optional"`
	Keep     time.Duration                `config:"keep" validate:"max=30d"`
}

// derived is computed from a config and has no place in it; its tags are not read.
type derived struct {
	X     int `validate:"no_such_rule"`
	inner *derived
}

func good() config {
	var c config
	c.Server.Timeout, c.Server.MaxIdle = time.Second, 1
	c.DSN = secret{"canary-secret"}
	c.Level = 1
	c.Derived = &derived{inner: nil}
	c.Cond = "x"
	return c
}

func checker[T any](t testing.TB, options ...validate.Option) *validation.Checker[T] {
	t.Helper()
	c, err := validation.Compile[T](validation.Options(options)...)
	if err != nil {
		t.Fatalf("a good struct has mistakes:\n%v", err)
	}
	return c
}

func TestGood(t *testing.T) {
	t.Parallel()
	c := good()
	if problems := checker[config](t).Check(&c, nil); problems != nil {
		t.Errorf("a good config has problems:\n%v", problems)
	}
}

func TestPathsAndMessages(t *testing.T) {
	t.Parallel()
	c := checker[config](t)
	must := func(s string) url.URL { u, _ := url.Parse(s); return *u }
	for name, test := range map[string]struct {
		spoil func(*config)
		want  string
	}{
		"squashed":          {func(c *config) { c.Region = "canary" }, "region: must be one of: eu, us"},
		"duration":          {func(c *config) { c.Server.Timeout = 1 }, "server.timeout: must be at least 10ms"},
		"duration in days":  {func(c *config) { c.Keep = 31 * 24 * time.Hour }, "keep: must be at most 30d"},
		"other field":       {func(c *config) { c.Server.MinIdle = 5 }, "server.max_idle: must be more than server.min_idle"},
		"secret missing":    {func(c *config) { c.DSN = secret{} }, "dsn: is required"},
		"secret short":      {func(c *config) { c.DSN = secret{"canary"} }, "dsn: must have at least 8 characters"},
		"too many":          {func(c *config) { c.Hosts = []host{{"a", 0}, {"a", 0}, {"a", 0}, {"a", 0}} }, "hosts: must have at most 3 items"},
		"in a list":         {func(c *config) { c.Hosts = []host{{"a", 0}, {}} }, "hosts[1].name: is required"},
		"in a map":          {func(c *config) { c.ByName = map[string]*host{"x": {}, "n": nil} }, "by_name.x.name: is required"},
		"key with dots":     {func(c *config) { c.ByName = map[string]*host{"app.io/x": {"a", 1}} }, `by_name."app.io/x".port: must be at least 1024`},
		"key with brackets": {func(c *config) { c.ByName = map[string]*host{"a].Name[b": {}, "a": {"x", 0}} }, `by_name."a].Name[b".name: is required`},
		"empty key":         {func(c *config) { c.ByName = map[string]*host{"": {}} }, `by_name."".name: is required`},
		"deep":              {func(c *config) { c.Deep = map[string][]map[string]host{"a": {{"b.c": {}}}} }, `deep.a[0]."b.c".name: is required`},
		"pointer to list":   {func(c *config) { c.Pointer = &[]*host{nil, {}} }, "pointer[1].name: is required"},
		"own int":           {func(c *config) { c.Level = 0 }, "level: must be at least mid"},
		"required if":       {func(c *config) { c.Mode = "tls" }, "wait: is required when mode is tls"},
		"url":               {func(c *config) { c.URL = must("http://canary") }, "url: must be a URL with https"},
		"url pointer":       {func(c *config) { u := must("ftp://canary"); c.URLP = &u }, "urlp: must be a URL with http or https"},
		"netip":             {func(c *config) { c.Addr = netip.MustParseAddr("::1") }, "addr: must be an IPv4 address"},
		"net.IP":            {func(c *config) { c.IP = net.IP{1, 2, 3, 4} }, "ip: must be an IPv6 address"},
		"map's key":         {func(c *config) { c.Labels = map[string]string{"a": "x"} }, "labels.a: must have at least 2 characters"},
		"map's value":       {func(c *config) { c.Labels = map[string]string{"ab": ""} }, "labels.ab: is required"},
		"recursive":         {func(c *config) { n := good(); n.Level = 0; c.Tree = &n }, "tree.level: must be at least mid"},
		"remaining keys":    {func(c *config) { c.Rest = map[string]host{"extra": {}} }, "extra.name: is required"},
		"array":             {func(c *config) { c.Peers[1].Port = 3; c.Peers[0].Name = "x"; c.Peers[1].Name = "x" }, "peers[1].port: must be at least 1024"},
		"any":               {func(c *config) { c.Any = host{} }, "any.name: is required"},
		"optional":          {func(c *config) { c.Optional = &host{} }, "optional.name: is required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := good()
			test.spoil(&v)
			problems := c.Check(&v, nil)
			if len(problems) != 1 || problems.Error() != test.want {
				t.Fatalf("got\n%v\nwant\n%s", problems, test.want)
			}
			want := source.Invalid
			if strings.Contains(test.want, "is required") {
				want = source.Missing
			}
			if problems[0].Kind != want {
				t.Errorf("the kind is %v, must be %v", problems[0].Kind, want)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	doc := &tree.Doc{Layer: "nacos", Name: "orders.yaml"}
	root := tree.NewMap(doc, 1, 1, []tree.Entry{{Key: "by_name", Value: tree.NewMap(doc, 2, 3, []tree.Entry{
		{Key: "a.b", Value: tree.NewMap(doc, 3, 5, []tree.Entry{{Key: "port", Value: tree.NewScalar(doc, 7, 12, int64(3))}})},
	})}})
	v := good()
	v.ByName = map[string]*host{"a.b": {Port: 3}}
	problems := checker[config](t).Check(&v, root)
	want := "by_name.\"a.b\".name: is required\norders.yaml:7:12 (nacos) by_name.\"a.b\".port: must be at least 1024"
	if problems.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", problems, want)
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	m := map[string]host{"a.b": {}}
	if got := checker[map[string]host](t).Check(&m, nil); got.Error() != `"a.b".name: is required` {
		t.Errorf("a map as a config gives %v", got)
	}
	plain := map[string]any{"a": 1}
	if got := checker[map[string]any](t).Check(&plain, nil); got != nil {
		t.Errorf("a map of anything gives %v", got)
	}
	anonymous := struct {
		A int `config:"a" validate:"gt=3"`
	}{}
	if err := validate.Struct(anonymous); err == nil || err.Error() != "a: must be more than 3" {
		t.Errorf("a struct without a name gives %v", err)
	}
	generic := holder[map[string]int]{}
	if err := validate.Struct(&generic); err == nil || err.Error() != "v: is required" {
		t.Errorf("a generic struct gives %v", err)
	}
	for _, nothing := range []any{nil, (*host)(nil)} {
		if err := validate.Struct(nothing); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("nothing gives %v", err)
		}
	}
	if err := validate.Struct(3); err != nil {
		t.Errorf("a number without rules gives %v", err)
	}
}

func TestNil(t *testing.T) {
	t.Parallel()
	type config struct {
		Int    *int           `config:"int" validate:"gte=3"`
		Text   *string        `config:"text" validate:"min=3"`
		Lists  *[]*[]host     `config:"lists" validate:"dive,max=1"`
		Struct *host          `config:"struct" validate:"required"`
		Any    any            `config:"any" validate:"eq=1"`
		Plain  []*[]*host     `config:"plain" validate:"max=9"`
		Map    map[string]any `config:"map" validate:"required"`
		Texts  *[]string      `config:"texts" validate:"dive,required"`
	}
	v := config{Plain: []*[]*host{nil, {nil, {}}}}
	want := `int: must be at least 3, but is not set
text: must have at least 3 characters, but is not set
struct: is required
any: must be 1, but is not set
plain[1][1].name: is required
map: is required`
	got := checker[config](t).Check(&v, nil)
	if got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	for _, p := range got {
		if p.Kind != source.Missing {
			t.Errorf("%v has kind %v", p, p.Kind)
		}
	}
	v.Lists = &[]*[]host{nil, {{}}, {{Name: "a"}, {Name: "a"}}}
	if got := checker[config](t).Check(&v, nil).Error(); !strings.Contains(got, "lists[1][0].name: is required\nlists[2]: must have at most 1 items") {
		t.Errorf("got\n%s", got)
	}
}

type holder[T any] struct {
	V T `config:"v" validate:"required"`
}

// TestRulesThatPanic holds that a rule which panics at a value is reported by the key, and hides no
// other problem.
func TestRulesThatPanic(t *testing.T) {
	t.Parallel()
	type inner struct {
		Any any `config:"any" validate:"gte=3"`
	}
	type config struct {
		Any    any            `config:"any" validate:"omitempty,gte=3"`
		Before string         `config:"before" validate:"required"`
		List   []inner        `config:"list"`
		Whole  map[string]any `config:"whole" validate:"dive,max=3"`
		After  int            `config:"after" validate:"gte=3"`
	}
	c := checker[config](t)
	v := config{Any: true, List: []inner{{5}, {false}}, Whole: map[string]any{"a": true}}
	want := `any: cannot be validated by "omitempty,gte=3": a rule panicked: Bad field type bool
list[1].any: cannot be validated by "gte=3": a rule panicked: Bad field type bool
whole: cannot be validated by "dive,max=3": a rule panicked: Bad field type bool
before: is required
after: must be at least 3`
	if got := c.Check(&v, nil); got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	for _, p := range c.Check(&v, nil) {
		if p.Key == "any" && p.Kind != source.Invalid {
			t.Errorf("%v is of kind %v", p, p.Kind)
		}
	}
}
