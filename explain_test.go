package nacre_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/explain"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type explainHost struct {
	Name string `config:"name"`
	Port int    `config:"port" default:"80"`
}

// ExplainEmbedded is squashed by a pointer, which is nil where no layer has one of its keys.
type ExplainEmbedded struct {
	Zone string `config:"zone" default:"a"`
	Rack int    `config:"rack"`
}

type explainConfig struct {
	S struct {
		X    int `config:"x" default:"3"`
		Y    int `config:"y"`
		Deep struct {
			Z int `config:"z" default:"9"`
		} `config:"deep"`
	} `config:"s"`
	N      int                    `config:"n" default:"7"`
	List   []string               `config:"list"`
	Colors []string               `config:"colors" default:"red,blue"`
	Hosts  []explainHost          `config:"hosts"`
	By     map[string]explainHost `config:"by"`
	Labels map[string]string      `config:"labels"`
	Limits map[string]int         `config:"limits" default:"a=1"`
	Pair   [2]explainHost         `config:"pair"`
	P      *explainHost           `config:"p"`
	Free   map[string]any         `config:"free_form"`
	Token  nacre.Secret           `config:"token"`
	Tokens []nacre.Secret         `config:"tokens"`
	Keys   []nacre.Secret         `config:"keys" default:"s3cret-8,s3cret-9"`
	*ExplainEmbedded
}

// openLayers opens a config of YAML documents a.yaml, b.yaml, …, lowest first, and variables above
// them.
func openLayers[T any](t testing.TB, yaml []string, variables ...string) *nacre.Config[T] {
	t.Helper()
	var layers []source.Source
	for i, text := range yaml {
		layers = append(layers, nacre.Layer(memory.New(string(rune('a'+i))+".yaml", []byte(text)), nacre.AllowUnknown()))
	}
	if variables != nil {
		layers = append(layers, env.New("APP", env.Environ(func() []string { return variables })))
	}
	cfg, err := nacre.OpenWith[T](context.Background(), nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true, Window: nacre.Off}, layers...)
	if err != nil {
		t.Fatalf("%q: %v", yaml, err)
	}
	t.Cleanup(func() {
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	})
	return cfg
}

func TestExplainShowsWhatIsLive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yaml  []string
		env   []string
		key   string
		value string
		text  string
	}{
		"null over a map": {[]string{"s: {x: 5, y: 6}", "s: null"}, nil, "s.x", "3",
			"s.x = 3   default\n  since s = null   b.yaml:1:4\n  over 5   a.yaml:1:8\n"},
		"null over a map, without a default": {[]string{"s: {x: 5, y: 6}", "s: null"}, nil, "s.y", "",
			"s.y: not set\n  since s = null   b.yaml:1:4\n  over 6   a.yaml:1:14\n"},
		"null over a map, the map": {[]string{"s: {x: 5, y: 6}", "s: null"}, nil, "s", "",
			"s: not set\n  since s = null   b.yaml:1:4\n  over {2 keys}   a.yaml:1:4\n"},
		"null in the middle": {[]string{"s: {x: 5, y: 6}", "s: null", "s: {y: 7}"}, nil, "s.x", "3",
			"s.x = 3   default\n  since s = null   b.yaml:1:4\n  over 5   a.yaml:1:8\n"},
		"null in the middle, set again above": {[]string{"s: {x: 5, y: 6}", "s: null", "s: {y: 7}"}, nil, "s.y", "7",
			"s.y = 7   c.yaml:1:8\n  over 6   a.yaml:1:14\n"},
		"null in the middle, the map": {[]string{"s: {x: 5, y: 6}", "s: null", "s: {y: 7}"}, nil, "s", "{1 keys}",
			"s = {1 keys}   c.yaml:1:4\n  over null   b.yaml:1:4\n  over {2 keys}   a.yaml:1:4\n"},
		"null over a scalar": {[]string{"n: 5", "n: null"}, nil, "n", "7",
			"n = 7   default\n  since n = null   b.yaml:1:4\n  over 5   a.yaml:1:4\n"},
		"null over a scalar, without a default": {[]string{"s: {y: 5}", "s: {y: ~}"}, nil, "s.y", "",
			"s.y: not set\n  since s.y = null   b.yaml:1:8\n  over 5   a.yaml:1:8\n"},
		"null under null": {[]string{"s: {x: 5}", "s: {x: null}", "s: null"}, nil, "s.x", "3",
			"s.x = 3   default\n  since s = null   c.yaml:1:4\n  over null   b.yaml:1:8\n  over 5   a.yaml:1:8\n"},
		"a map of two layers": {[]string{"s: {x: 5, y: 6}", "s: {y: 7}"}, nil, "s", "{2 keys}",
			"s = {2 keys}\n  with {1 keys}   b.yaml:1:4\n  with {2 keys}   a.yaml:1:4\n"},
		"a map with a null in it": {[]string{"by: {u: {port: 1}, v: {port: 2}}", "by: {v: null}"}, nil, "by", "{1 keys}",
			"by = {1 keys}\n  with {1 keys}   b.yaml:1:5\n  with {2 keys}   a.yaml:1:5\n"},
		"a list replaced by a file": {[]string{"list: [a, b, c]", "list: [x, y]"}, nil, "list[0]", `"x"`,
			"list[0] = \"x\"   b.yaml:1:8\n  over \"a\"   a.yaml:1:8\n"},
		"a list shortened": {[]string{"list: [a, b, c]", "list: [x, y]"}, nil, "list[2]", "",
			"list[2]: not set\n  since list = [2 items]   b.yaml:1:7\n  over \"c\"   a.yaml:1:14\n"},
		"a list of structs shortened": {[]string{"hosts: [{name: a}, {name: b, port: 1}]", "hosts: [{name: x}]"}, nil, "hosts[1].port", "",
			"hosts[1].port: not set\n  since hosts = [1 items]   b.yaml:1:8\n  over 1   a.yaml:1:36\n"},
		"a default in an item that is there": {[]string{"hosts: [{name: a, port: 1}]", "hosts: [{name: x}]"}, nil, "hosts[0].port", "80",
			"hosts[0].port = 80   default\n  since hosts = [1 items]   b.yaml:1:8\n  over 1   a.yaml:1:25\n"},
		"a default in an item that was never there":  {[]string{"hosts: [{name: a}]"}, nil, "hosts[4].port", "", "hosts[4].port: not set\n"},
		"a default in an entry that was never there": {[]string{"by: {u: {name: a}}"}, nil, "by.v.port", "", "by.v.port: not set\n"},
		"a default in an entry that is there":        {[]string{"by: {u: {name: a}}"}, nil, "by.u.port", "80", "by.u.port = 80   default\n"},
		"a default in an item of an array":           {[]string{"n: 1"}, nil, "pair[1].port", "80", "pair[1].port = 80   default\n"},
		"a default beyond an array":                  {[]string{"n: 1"}, nil, "pair[2].port", "", "pair[2].port: not set\n"},
		"a default in a pointer that is nil":         {[]string{"n: 1"}, nil, "p.port", "", "p.port: not set\n"},
		"a default in a pointer that is not":         {[]string{"p: {}"}, nil, "p.port", "80", "p.port = 80   default\n"},
		"a default in a pointer that null takes away": {[]string{"p: {port: 1}", "p: null"}, nil, "p.port", "",
			"p.port: not set\n  since p = null   b.yaml:1:4\n  over 1   a.yaml:1:11\n"},
		"a default in an embedded pointer that is nil": {[]string{"n: 1"}, nil, "zone", "", "zone: not set\n"},
		"a default in an embedded pointer that is not": {[]string{"rack: 1"}, nil, "zone", "a", "zone = a   default\n"},
		"a list replaced by a variable": {[]string{"list: [a, b, c]"}, []string{"APP_LIST=x,y"}, "list", "x,y",
			"list = x,y   $APP_LIST\n  over [3 items]   a.yaml:1:7\n"},
		"an item of a list replaced by a variable": {[]string{"list: [a, b, c]"}, []string{"APP_LIST=x,y"}, "list[0]", "",
			"list[0]: part of list = x,y   $APP_LIST\n  over \"a\"   a.yaml:1:8\n"},
		"an entry of a map's default": {[]string{"n: 1"}, nil, "limits.a", "", "limits.a: part of limits = a=1   default\n"},
		"an item of a list's default": {[]string{"n: 1"}, nil, "colors[1]", "", "colors[1]: part of colors = red,blue   default\n"},
		"null over an item": {[]string{"hosts: [{port: 1}]", "hosts: [null]"}, nil, "hosts[0].port", "80",
			"hosts[0].port = 80   default\n  since hosts = [1 items]   b.yaml:1:8\n  over 1   a.yaml:1:16\n"},
		"an item that is null": {[]string{"hosts: [{port: 1}]", "hosts: [null]"}, nil, "hosts[0]", "null",
			"hosts[0] = null   b.yaml:1:9\n  over {1 keys}   a.yaml:1:9\n"},
		"null over a list": {[]string{"list: [a]", "list: null"}, nil, "list[0]", "",
			"list[0]: not set\n  since list = null   b.yaml:1:7\n  over \"a\"   a.yaml:1:8\n"},
		"null over a list with a default": {[]string{"colors: [a]", "colors: null"}, nil, "colors", "red,blue",
			"colors = red,blue   default\n  since colors = null   b.yaml:1:9\n  over [1 items]   a.yaml:1:9\n"},
		"a map replaced by a scalar and back": {[]string{"free: {a: 1, b: 2}", "free: 5", "free: {b: 3}"}, nil, "free.a", "",
			"free.a: not set\n  since free = ******   b.yaml:1:7\n  over ******   a.yaml:1:11\n  no field of the struct has this key\n"},
		"a secret": {[]string{"token: s3cret-1", "token: null"}, nil, "token", "",
			"token: not set\n  since token = null   b.yaml:1:8\n  over ******   a.yaml:1:8\n"},
		"secrets replaced by a variable": {[]string{"tokens: [s3cret-1]"}, []string{"APP_TOKENS=s3cret-2,s3cret-3"}, "tokens[0]", "",
			"tokens[0]: part of tokens = ******   $APP_TOKENS\n  over ******   a.yaml:1:10\n"},
		"the variable that replaced secrets": {[]string{"tokens: [s3cret-1]"}, []string{"APP_TOKENS=s3cret-2,s3cret-3"}, "tokens", "******",
			"tokens = ******   $APP_TOKENS\n  over [1 items]   a.yaml:1:9\n"},
		"the default of a list of secrets": {[]string{"n: 1"}, nil, "keys", "******", "keys = ******   default\n"},
		"an item of that":                  {[]string{"n: 1"}, nil, "keys[0]", "", "keys[0]: part of keys = ******   default\n"},
		"nothing":                          {[]string{"n: 1"}, nil, "s.y", "", "s.y: no layer sets it\n"},
		"no such key":                      {[]string{"n: 1"}, nil, "nowhere.x", "", "nowhere.x: no such key\n"},
		"a key of a scalar":                {[]string{"n: 1"}, nil, "n.x", "", "n.x: no such key\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := openLayers[explainConfig](t, test.yaml, test.env...)
			x, err := cfg.Explain(test.key)
			if err != nil {
				t.Fatal(err)
			}
			if x.Value != test.value {
				t.Errorf("Value is %q, and %q is live", x.Value, test.value)
			}
			if got := x.String(); got != test.text {
				t.Errorf("Explain says\n%swant\n%s", got, test.text)
			}
		})
	}
}

// What the text names first is what Get returns, for every key of a report, whatever the layers
// are.
func TestReportShowsWhatIsLive(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 14))
		var yaml []string
		for range 1 + r.IntN(4) {
			yaml = append(yaml, randomExplainable(r))
		}
		var variables []string
		for _, v := range []string{"APP_LIST=x,y", "APP_N=4", "APP_S_X=8", "APP_COLORS=", "APP_P_PORT=3"} {
			if r.IntN(6) == 0 {
				variables = append(variables, v)
			}
		}
		cfg := openLayers[explainConfig](t, yaml, variables...)
		at := func() string { return fmt.Sprintf("seed %d, layers %q, variables %q", seed, yaml, variables) }
		all := cfg.ExplainAll().Keys
		seen := map[string]bool{}
		for _, x := range all {
			seen[x.Key] = true
			compareWithLive(t, at, *cfg.Get(), x)
			if again, err := cfg.Explain(x.Key); err != nil || !reflect.DeepEqual(again, x) {
				t.Fatalf("%s: Explain of %s is %+v, %v, and the report has %+v", at(), x.Key, again, err, x)
			}
			for p, _ := tree.ParsePath(x.Key); len(p) > 1; p = p[:len(p)-1] { // the maps around it
				around, _ := cfg.Explain(p[:len(p)-1].String())
				compareWithLive(t, at, *cfg.Get(), around)
			}
		}
		for _, key := range []string{"list[0]", "list[2]", "hosts[0]", "hosts[1].port", "by.u.port", "by.w.port", "p.port", "labels.a", "colors[1]", "zone", "pair[0].port"} {
			x, err := cfg.Explain(key)
			if err != nil {
				t.Fatal(err)
			}
			compareWithLive(t, at, *cfg.Get(), x)
		}
		for _, key := range []string{"s.x", "n", "colors", "s.deep.z"} {
			if !seen[key] {
				t.Fatalf("%s: the report has no key %s, which has a default", at(), key)
			}
		}
	}
}

// compareWithLive compares what an explanation shows as live, in each of its forms, with what the
// service has.
func compareWithLive(t *testing.T, at func() string, live explainConfig, x observe.Explanation) {
	t.Helper()
	p, ok := tree.ParsePath(x.Key)
	if !ok {
		t.Fatalf("%s: %s is not a key", at(), x.Key)
	}
	headline, _, _ := strings.Cut(x.String(), "\n")
	first := firstLine(x)
	if shown := x.Key + " = " + x.Value; x.Value != "" && headline != shown && !strings.HasPrefix(headline, shown+"   ") {
		t.Fatalf("%s: Value of %s is %q, and the text says %q", at(), x.Key, x.Value, headline)
	}
	if first.Value != x.Value {
		t.Fatalf("%s: Value of %s is %q, and the first line %+v", at(), x.Key, x.Value, first)
	}
	for _, c := range x.LayerValues {
		if c.Effective && c.Value != x.Value && !strings.HasPrefix(c.Value, "{") {
			t.Fatalf("%s: %+v is said to win %s, which is %q", at(), c, x.Key, x.Value)
		}
	}
	if !x.Known {
		return
	}
	v, there := lookInto(reflect.ValueOf(live), p)
	switch {
	case !there:
		if x.Value != "" {
			t.Fatalf("%s: there is no %s, and Explain says %s", at(), x.Key, x)
		}
	case x.Value == "":
		if kind := v.Kind(); x.PartOf == nil && kind != reflect.Struct && kind != reflect.Array && !v.IsZero() && (kind != reflect.Slice || v.Len() > 0) {
			t.Fatalf("%s: %s is %v, and Explain says %s", at(), x.Key, v, x)
		}
	case x.Value == wording.Redacted:
	case v.Kind() == reflect.Slice && strings.HasSuffix(x.Value, " items]"):
		if x.Value != fmt.Sprintf("[%d items]", v.Len()) {
			t.Fatalf("%s: %s has %d items, and Explain says %s", at(), x.Key, v.Len(), x)
		}
	case v.Kind() == reflect.Slice:
		if got, _ := reflect.TypeAssert[[]string](v); strings.Join(got, ",") != x.Value {
			t.Fatalf("%s: %s is %q, and Explain says %s", at(), x.Key, got, x)
		}
	case v.Kind() == reflect.Int, v.Kind() == reflect.String:
		if got := fmt.Sprint(v); got != strings.Trim(x.Value, `"`) {
			t.Fatalf("%s: %s is %s, and Explain says %s", at(), x.Key, got, x)
		}
	}
}

// lookInto returns what stands at a path in a value, and whether there is such a place.
func lookInto(v reflect.Value, p tree.Path) (reflect.Value, bool) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return v, len(p) == 0
		}
		v = v.Elem()
	}
	if len(p) == 0 {
		return v, true
	}
	switch v.Kind() {
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.Tag.Get("config") == p[0] {
				return lookInto(field, p[1:])
			}
		}
		if e := v.FieldByName("ExplainEmbedded"); e.IsValid() {
			return lookInto(e, p)
		}
	case reflect.Map:
		if e := v.MapIndex(reflect.ValueOf(p[0])); e.IsValid() {
			return lookInto(e, p[1:])
		}
	case reflect.Slice, reflect.Array:
		var i int
		if _, err := fmt.Sscanf(p[0], "[%d]", &i); err == nil && i < v.Len() {
			return lookInto(v.Index(i), p[1:])
		}
	}
	return reflect.Value{}, false
}

// randomExplainable is a document in which each key may be set, null, or not there.
func randomExplainable(r *rand.Rand) string {
	pick := func(forms ...string) string { return forms[r.IntN(len(forms))] }
	var b strings.Builder
	for _, form := range []string{
		pick("", "", "s: null", "s: {}", "s: {x: 1}", "s: {x: null, y: 2}", "s: {y: 3, deep: null}", "s: {deep: {z: 4}}", "s: {deep: {z: ~}}"),
		pick("", "", "n: null", "n: 5"),
		pick("", "", "list: null", "list: []", "list: [a]", "list: [b, c, d]"),
		pick("", "", "colors: null", "colors: [green]"),
		pick("", "", "hosts: null", "hosts: [{name: a}, {port: 2}]", "hosts: [null, {name: b}]", "hosts: [{name: c, port: null}]"),
		pick("", "", "by: null", "by: {u: {port: 1}}", "by: {u: null, v: {}}", "by: {w: {name: x, port: ~}}"),
		pick("", "", "labels: null", "labels: {a: x, b: ~}", "labels: {a: ~, c: z}"),
		pick("", "", "p: null", "p: {}", "p: {port: 5}", "p: {name: q}"),
		pick("", "", "zone: null", "zone: b", "rack: 3", "rack: ~"),
		pick("", "", "extra: {a: 1}", "extra: 5", "extra: null", "extra: [1]"),
	} {
		b.WriteString(form)
		b.WriteByte('\n')
	}
	return b.String()
}

type frozenConfig struct {
	Addr   string `config:"addr" default:":80" live:"false"`
	Name   string `config:"name" live:"false"`
	Server struct {
		Host string `config:"host"`
		Port int    `config:"port" default:"1"`
	} `config:"server" live:"false"`
	Pool int `config:"pool"`
}

// A field that waits for a restart shows first what is live, then what waits.
func TestExplainShowsWhatWaits(t *testing.T) {
	for name, test := range map[string]struct {
		before, after string
		key           string
		value, text   string
		get           func(*frozenConfig) any
	}{
		"changed": {"addr: ':1'", "addr: ':2'", "addr", `":1"`,
			"addr = \":1\"   until a restart\n  waits for a restart: \":2\"   config.yaml:1:7\n  over :80   default\n", func(c *frozenConfig) any { return c.Addr }},
		"set": {"pool: 1", "addr: ':2'", "addr", ":80",
			"addr = :80   until a restart\n  waits for a restart: \":2\"   config.yaml:1:7\n  over :80   default\n", func(c *frozenConfig) any { return c.Addr }},
		"removed": {"addr: ':1'", "pool: 1", "addr", `":1"`,
			"addr = \":1\"   until a restart\n  waits for a restart: :80   default\n", func(c *frozenConfig) any { return c.Addr }},
		"set, without a default": {"pool: 1", "name: b", "name", "",
			"name: not set   until a restart\n  waits for a restart: \"b\"   config.yaml:1:7\n", func(c *frozenConfig) any { return c.Name }},
		"removed, without a default": {"name: a", "pool: 1", "name", `"a"`,
			"name = \"a\"   until a restart\n  waits for a restart: not set\n", func(c *frozenConfig) any { return c.Name }},
		"removed by null": {"name: a", "name: null", "name", `"a"`,
			"name = \"a\"   until a restart\n  waits for a restart: not set\n  since name = null   config.yaml:1:7\n", func(c *frozenConfig) any { return c.Name }},
		"below": {"server: {host: a, port: 2}", "server: {host: b, port: 2}", "server.host", `"a"`,
			"server.host = \"a\"   until a restart\n  waits for a restart: \"b\"   config.yaml:1:16\n", func(c *frozenConfig) any { return c.Server.Host }},
		"below, and the same": {"server: {host: a, port: 2}", "server: {host: b, port: 2}", "server.port", "2",
			"server.port = 2   config.yaml:1:25\n  over 1   default\n", func(c *frozenConfig) any { return c.Server.Port }},
		"below, removed": {"server: {host: a, port: 2}", "pool: 3", "server.port", "2",
			"server.port = 2   until a restart\n  waits for a restart: 1   default\n", func(c *frozenConfig) any { return c.Server.Port }},
		"the map": {"server: {host: a, port: 2}", "server: {host: b}", "server", "{2 keys}",
			"server = {2 keys}   until a restart\n  waits for a restart: {1 keys}   config.yaml:1:9\n", func(c *frozenConfig) any { return c.Server.Port }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := quiet
				o.MaxKeyLoss = -1
				cfg, m := open[frozenConfig](t, o, test.before)
				before := test.get(cfg.Get())
				m.Set([]byte(test.after))
				settle()
				if got := test.get(cfg.Get()); got != before {
					t.Fatalf("a restart-only field became %v", got)
				}
				x, err := cfg.Explain(test.key)
				if err != nil {
					t.Fatal(err)
				}
				text := x.String()
				if x.Value != test.value || text != test.text {
					t.Errorf("Value is %q, want %q; Explain says\n%swant\n%s", x.Value, test.value, text, test.text)
				}
				if !strings.HasPrefix(test.key, "server.p") || name == "below, removed" {
					found := false
					for _, k := range cfg.ExplainAll().Keys {
						found = found || k.Key == test.key || strings.HasPrefix(k.Key, test.key+".")
					}
					if !found {
						t.Errorf("the report has no key %s, which is live", test.key)
					}
				}
			})
		})
	}
}

// The difference in the history is that between what Explain showed before and after.
func TestHistoryDiffShowsWhatWasLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 15))
			texts := []string{randomExplainable(r), randomExplainable(r), randomExplainable(r)}
			low, high := memory.New("low.yaml", []byte(texts[0])), memory.New("high.yaml", []byte(texts[1]))
			o := quiet
			o.MaxKeyLoss = -1
			cfg, err := nacre.OpenWith[explainConfig](t.Context(), o, nacre.Layer(low, nacre.AllowUnknown()), nacre.Layer(high, nacre.AllowUnknown()))
			if err != nil {
				t.Fatal(err)
			}
			before, version := values(cfg), cfg.Snapshot().Version
			low.Set([]byte(texts[2]))
			settle()
			after := values(cfg)
			if cfg.Snapshot().Version == version {
				before, after = nil, nil
			}
			history := cfg.History()
			for _, d := range history[len(history)-1].Diff {
				for what, pair := range map[string][2]string{"old": {d.Old, before[d.Key]}, "new": {d.New, after[d.Key]}} {
					if shown, live := pair[0], pair[1]; shown != live && (shown != "" || !strings.HasSuffix(live, " by default")) && !strings.HasPrefix(shown, "{") {
						t.Errorf("seed %d, %q: the %s value of %s is %q in the history, and was %q", seed, texts, what, d.Key, shown, live)
					}
				}
			}
			for key, now := range after { // a default that comes with the map that it stands in is no difference of its own
				told := slices.ContainsFunc(history[len(history)-1].Diff, func(d observe.KeyChange) bool { return d.Key == key || strings.HasPrefix(key, d.Key+".") })
				if before[key] != now && !told && !strings.HasSuffix(now, " by default") {
					t.Errorf("seed %d, %q: %s was %q and is %q, and the history does not say so", seed, texts, key, before[key], now)
				}
			}
			if err := cfg.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// firstLine is the line of an explanation that the page of confighttp shows first.
func firstLine(x observe.Explanation) explain.Line {
	k := explain.Key{Key: x.Key, Known: x.Known, Default: x.Default, HasDefault: x.HasDefault, Value: x.Value, ParentMissing: x.ParentMissing,
		Pending: x.Pending, PartOf: (*explain.Value)(x.PartOf), RemovedBy: (*explain.Value)(x.RemovedBy)}
	for _, v := range x.LayerValues {
		k.Values = append(k.Values, explain.Value(v))
	}
	return explain.Lines(k)[0]
}

// values are those of all keys that a layer or a default sets.
func values(cfg *nacre.Config[explainConfig]) map[string]string {
	all := map[string]string{}
	for _, x := range cfg.ExplainAll().Keys {
		if x.Value == "" || strings.HasPrefix(x.Value, "{") { // a map differs by its keys
			continue
		}
		all[x.Key] = x.Value
		if firstLine(x).From == "default" {
			all[x.Key] += " by default"
		}
	}
	return all
}

// A document that is gone and whose last content stays in use, and the keys of a section, are shown
// as what they are: live.
func TestExplainShowsWhatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := memory.New("low.yaml", []byte("s: {x: 5}\nn: 1")), memory.New("high.yaml", []byte("s: null\nextra: {port: 2}"))
		o := quiet
		o.Sections = []nacre.SectionDeclaration{nacre.ReserveSection("extra")}
		cfg, err := nacre.OpenWith[explainConfig](t.Context(), o, low, high)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		extra, err := nacre.Section[explainHost](t.Context(), cfg, "extra")
		if err != nil {
			t.Fatal(err)
		}
		high.Remove()
		settle()
		if absent := cfg.Health().Layers[1].Absent; len(absent) != 1 {
			t.Fatalf("the removed document is not absent: %v", absent)
		}
		for key, want := range map[string]string{
			"s.x":        "s.x = 3   default\n  since s = null   high.yaml:1:4\n  over 5   low.yaml:1:8\n",
			"extra.port": "extra.port = 2   high.yaml:2:15\n  over 80   default\n",
		} {
			if x, err := cfg.Explain(key); err != nil || x.String() != want {
				t.Errorf("Explain says, %v,\n%swant\n%s", err, x, want)
			}
		}
		high.Set([]byte("s: {y: 1}\nextra: null"))
		settle()
		for key, want := range map[string]string{
			"port": "extra.port = 80   default\n  since extra = null   high.yaml:2:8\n",
			"name": "extra.name: not set\n  since extra = null   high.yaml:2:8\n",
		} {
			if x, err := extra.Explain(key); err != nil || x.String() != want {
				t.Errorf("Explain of a section says, %v,\n%swant\n%s", err, x, want)
			}
		}
		var keys []string
		for _, x := range extra.ExplainAll().Keys {
			keys = append(keys, x.Key+"="+x.Value)
		}
		if got := strings.Join(keys, " "); got != "extra= extra.port=80" {
			t.Errorf("the report of a section has %s", got)
		}
		if x, _ := cfg.Explain("s.x"); x.Value != "5" || cfg.Get().S.X != 5 || extra.Get().Port != 80 {
			t.Errorf("with the document back, s.x is %d and Explain says %s", cfg.Get().S.X, x)
		}
	})
}

// Who asks while a version is being told of sees it whole: its values, and what waits.
func TestExplainIsOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cfg *nacre.Config[frozenConfig]
		var said []string
		o := quiet
		o.Observers = on(handlers{observe.Applied: func(e observe.Event) {
			if e.Version > 1 {
				x, _ := cfg.Explain("addr")
				said = append(said, strings.Split(x.String(), "\n")[0])
			}
		}})
		var m *memory.Source
		cfg, m = open[frozenConfig](t, o, "addr: ':1'\npool: 1")
		m.Set([]byte("addr: ':2'\npool: 2"))
		settle()
		m.Set([]byte("addr: ':1'\npool: 3"))
		settle()
		if want := []string{`addr = ":1"   until a restart`, `addr = ":1"   config.yaml:1:7`}; !slices.Equal(said, want) {
			t.Errorf("while a version was told, Explain said %q, want %q", said, want)
		}
	})
}
