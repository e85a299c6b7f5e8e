package describe_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/describe"
	"github.com/nacre-go/nacre/validate"
)

type secret struct{ text string }

func (s *secret) UnmarshalText(b []byte) error { s.text = string(b); return nil }
func (s secret) Reveal() string                { return s.text }

type upstream struct {
	Host string `config:"host" validate:"required,max=9"`
	Port uint16 `config:"port" default:"80" validate:"min=1"`
}

type node struct {
	Name string  `config:"name"`
	Next []*node `config:"next"`
}

type config struct {
	Server struct {
		Addr    string        `config:"addr" default:":8080" live:"false" doc:"where it listens"`
		Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms"`
	} `config:"server"`
	DSN    secret              `config:"dsn" default:"canary" validate:"required,min=3"`
	Pool   int                 `config:"pool" validate:"required,gte=1,lt=500"`
	Ratio  *float64            `config:"ratio" validate:"omitempty,gt=0,max=1"`
	Mode   string              `config:"mode" default:"fast" validate:"oneof=fast slow"`
	Quoted string              `config:"quoted" validate:"omitempty,oneof='a b' c"`
	Level  slog.Level          `config:"level" default:"WARN" validate:"gte=0"`
	Limit  binder.Size         `config:"limit" default:"1MiB"`
	On     bool                `config:"on" default:"true"`
	Ups    []upstream          `config:"ups" validate:"max=2,dive"`
	By     map[string]upstream `config:"by"`
	Labels map[string]string   `config:"labels" validate:"max=1"`
	Any    any                 `config:"any"`
	URL    string              `config:"url" alias:"uri,address"`
	Old    int                 `config:"old" default:"1" deprecated:"use pool"`
	Tree   *node               `config:"tree"`
	When   time.Time           `config:"when"`
	Odd    string              "config:\"od`d\" default:\"a|b\" doc:\"<b>bold</b> | and\\nmore\""
}

func of(t *testing.T) *describe.Description {
	t.Helper()
	d, err := describe.Of[config]()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// golden compares with a file of testdata, or with NACRE_UPDATE=1 writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("NACRE_UPDATE") != "" {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("it is not what %s has:\n%s", path, got)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	text := of(t).Markdown()
	golden(t, "config.md", []byte(text))
	if strings.Contains(text, "canary") || strings.Contains(text, "<b>") {
		t.Error("a secret's default, or HTML, is in the table")
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	golden(t, "config.schema.json", of(t).Schema())
	golden(t, "config.whole.schema.json", of(t).WholeSchema())
}

func resolve(t *testing.T, data []byte) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatalf("the schema does not hold together: %v", err)
	}
	return r
}

func TestSchemaRefusesWhatTheConfigRefuses(t *testing.T) {
	t.Parallel()
	layer, whole := resolve(t, of(t).Schema()), resolve(t, of(t).WholeSchema())
	for name, doc := range map[string]string{
		"unknown key": `{"pol": 3}`, "unknown key below": `{"server": {"adr": ":1"}}`, "a string for a number": `{"pool": "3"}`, "a broken number": `{"pool": 1.5}`,
		"too small": `{"pool": 0}`, "too large": `{"pool": 500}`, "no duration": `{"server": {"timeout": "3 s"}}`, "a number as duration": `{"server": {"timeout": 3}}`,
		"not one of": `{"mode": "x"}`, "too long": `{"ups": [{"host": "0123456789"}]}`, "too many": `{"ups": [{}, {}, {}]}`, "negative": `{"ups": [{"port": -1}]}`,
		"in a map": `{"by": {"x": {"hos": "a"}}}`, "too many keys": `{"labels": {"a": "1", "b": "2"}}`, "deep in what contains itself": `{"tree": {"next": [{"next": [{"nam": "x"}]}]}}`,
	} {
		var v any
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			t.Fatal(err)
		}
		if layer.Validate(v) == nil {
			t.Errorf("%s: %s fits the schema", name, doc)
		}
		if binder.Bind(v.(map[string]any), new(config)) == nil && validate.Struct(fill(t, v)) == nil {
			t.Errorf("%s: %s is taken by the config: the case is wrong", name, doc)
		}
	}
	if err := layer.Validate(map[string]any{}); err != nil {
		t.Errorf("an empty layer: %v", err)
	}
	if whole.Validate(map[string]any{}) == nil {
		t.Error("a whole document without a key that is required fits the schema")
	}
	if err := whole.Validate(map[string]any{"pool": 3.0}); err != nil {
		t.Errorf("a whole document: %v", err)
	}
}

func fill(t *testing.T, v any) *config {
	t.Helper()
	c := new(config)
	if err := binder.Bind(v.(map[string]any), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// Property: what the config takes fits its schema, so that an editor never marks what is good.
func TestWhatTheConfigTakesFitsTheSchema(t *testing.T) {
	t.Parallel()
	schema := resolve(t, of(t).Schema())
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...any) any { return of[r.IntN(len(of))] }
	up := func() any {
		m := map[string]any{"host": pick("a", "h", "ten")}
		if r.IntN(2) == 0 {
			m["port"] = pick(1.0, 80.0, 65535.0)
		}
		return m
	}
	taken := 0
	for range 5000 {
		doc := map[string]any{"pool": pick(0.0, 1.0, 499.0, 500.0, "3")}
		add := func(key string, v any) {
			if r.IntN(2) == 0 {
				doc[key] = v
			}
		}
		add("server", map[string]any{"timeout": pick("3s", "1h30m", "-2m", ".5s", "1.s", "0", 0.0, 3.0, "1us", "1µs", "x")})
		add("dsn", pick("abc", "ab"))
		add("ratio", pick(0.5, 1.0, 0.0))
		add("mode", pick("fast", "slow", "fast", "x"))
		add("quoted", pick("a b", "c", ""))
		add("level", pick("ERROR", "info", "WARN+1"))
		add("limit", pick("10MiB", 100.0, "7", 1.5))
		add("on", pick(true, false, "true"))
		add("ups", pick([]any{}, []any{up()}, []any{up(), up()}, []any{up(), up(), up()}))
		add("by", pick(map[string]any{}, map[string]any{"x": up()}))
		add("labels", pick(map[string]any{"a": "b"}, map[string]any{"a": "b", "c": "d"}, map[string]any{"a": 1.0}))
		add("any", pick(1.0, "x", []any{map[string]any{"a": 1.0}}))
		add("tree", pick(map[string]any{"name": "x", "next": []any{map[string]any{"next": []any{}}}}))
		add("when", pick("2026-11-27", "2026-11-27T01:02:03Z"))
		c := new(config)
		if binder.Bind(doc, c) != nil || validate.Struct(c) != nil {
			continue
		}
		taken++
		if err := schema.Validate(doc); err != nil {
			text, _ := json.Marshal(doc)
			t.Fatalf("the config takes %s, and the schema does not: %v", text, err)
		}
	}
	if taken < 100 {
		t.Errorf("only %d documents were good: the property is hardly tested", taken)
	}
}

func TestMistakesInTheStruct(t *testing.T) {
	t.Parallel()
	_, err := describe.Of[struct {
		A int `config:"a" default:"x"`
	}]()
	if err == nil || !strings.Contains(err.Error(), "a") {
		t.Errorf("a default that does not fit: %v", err)
	}
}

func TestARootThatContainsItself(t *testing.T) {
	t.Parallel()
	d, err := describe.Of[node]()
	if err != nil {
		t.Fatal(err)
	}
	if err := resolve(t, d.Schema()).Validate(map[string]any{"next": []any{map[string]any{"nam": "x"}}}); err == nil {
		t.Error("an unknown key deep below fits the schema")
	}
	if n := len(d.Keys()); n != 2 {
		t.Errorf("%d keys, want 2", n)
	}
}

func Example() {
	type Config struct {
		Addr string `config:"addr" default:":8080" live:"false" doc:"where it listens"`
		Pool int    `config:"pool" validate:"gte=1,lte=500"`
	}
	d, err := describe.Of[Config]()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d.Markdown())
	fmt.Print(string(d.Schema()))
	// Output:
	// | Key | Type | Default | Rules | Notes |
	// |---|---|---|---|---|
	// | `addr` | string | `:8080` |  | where it listens; restart-only |
	// | `pool` | int |  | `gte=1,lte=500` |  |
	// {
	//   "type": "object",
	//   "properties": {
	//     "addr": {
	//       "type": "string",
	//       "description": "where it listens; restart-only",
	//       "default": ":8080"
	//     },
	//     "pool": {
	//       "type": "integer",
	//       "description": "validate: gte=1,lte=500",
	//       "minimum": 1,
	//       "maximum": 500
	//     }
	//   },
	//   "$schema": "https://json-schema.org/draft/2020-12/schema",
	//   "patternProperties": {
	//     "^(x-.*|\\$schema)$": true
	//   },
	//   "additionalProperties": false
	// }
}

// A document may have a required key by an old name, which an editor marks as deprecated.
func TestARequiredKeyMayHaveAnOldName(t *testing.T) {
	t.Parallel()
	type aliased struct {
		URL string `config:"url" alias:"dsn,uri" validate:"required" secret:"true"`
		Old int    `config:"old" deprecated:"use url"`
	}
	d, err := describe.Of[aliased]()
	if err != nil {
		t.Fatal(err)
	}
	keys := d.Keys()
	if len(keys) != 2 || fmt.Sprint(keys[0].Aliases) != "[dsn uri]" || keys[1].Deprecated != "use url" {
		t.Errorf("old names and deprecated keys are not described: %+v", keys)
	}
	for document, want := range map[string]bool{
		`{"url": "x"}`: true, `{"dsn": "x"}`: true, `{"uri": "x", "old": 1}`: true, `{"old": 1}`: false, `{"dsm": "x"}`: false,
		`{"url": "x", "x-owner": {"team": 1}, "$schema": "s"}`: true,
	} {
		var whole jsonschema.Schema
		if err := json.Unmarshal(d.WholeSchema(), &whole); err != nil {
			t.Fatal(err)
		}
		resolved, err := whole.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal([]byte(document), &value); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(value); (err == nil) != want {
			t.Errorf("the schema accepts %s: %v, want %v: %v", document, err == nil, want, err)
		}
		if dsn := whole.Properties["dsn"]; dsn == nil || !dsn.Deprecated || !dsn.WriteOnly || !whole.Properties["old"].Deprecated {
			t.Errorf("an old name is not a deprecated secret: %+v", dsn)
		}
	}
}
