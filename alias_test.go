package nacre_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type aliasConfig struct {
	DB struct {
		URL  nacre.Secret `config:"url" alias:"dsn, conn"`
		Pool int          `config:"pool" alias:"size" default:"10" live:"false" validate:"lt=100"`
	} `config:"db" alias:"database"`
}

// Between layers the higher one wins, by whatever name it has the key. Explain names the key as
// each document does, and takes both names.
func TestTheHigherLayerWinsByWhateverName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ low, high, url, from string }{
		{"db: {dsn: canary-1}", "db: {url: canary-2}", "canary-2", "high.yaml:1:11"},
		{"db: {url: canary-1}", "db: {dsn: canary-2}", "canary-2", "high.yaml:1:11 as db.dsn"},
		{"database: {url: canary-1}", "db: {conn: canary-2}", "canary-2", "high.yaml:1:12 as db.conn"},
		{"db: {url: canary-1}", "database: {pool: 3}", "canary-1", "low.yaml:1:11"},
		{"database: {conn: canary-1}", "db: {url: }", "", ""},
	} {
		cfg := layered[aliasConfig](t, quiet, memoryLayer("low.yaml", c.low), memoryLayer("high.yaml", c.high))
		if got := cfg.Get().DB.URL.Reveal(); got != c.url {
			t.Errorf("%s under %s: the URL is %q, want %q", c.low, c.high, got, c.url)
		}
		for _, key := range []string{"db.url", "database.dsn"} {
			x, err := cfg.Explain(key)
			if err != nil || x.Key != "db.url" || !strings.Contains(x.String(), c.from) || strings.Contains(x.String(), "canary") {
				t.Errorf("%s under %s: Explain of %s is %v, %v, want a line with %q", c.low, c.high, key, x, err, c.from)
			}
		}
		if all := fmt.Sprint(cfg.Health(), cfg.ExplainAll(), cfg.History()); strings.Contains(all, "canary") {
			t.Errorf("a secret with an old name is shown: %s", all)
		}
	}
}

// Lists that merge by a key match items whose key has an old name, in a document or in the tag.
func TestListsMergeByAKeyWithAnOldName(t *testing.T) {
	t.Parallel()
	type host struct {
		Name string `config:"name" alias:"host"`
		Port int    `config:"port" alias:"listen"`
	}
	type config struct {
		ByKey     []host `config:"by_key" merge:"key=name"`
		ByOldName []host `config:"by_old_name" merge:"key=host"`
	}
	for key, get := range map[string]func(*config) []host{
		"by_key":      func(c *config) []host { return c.ByKey },
		"by_old_name": func(c *config) []host { return c.ByOldName },
	} {
		cfg := layered[config](t, quiet, memoryLayer("low.yaml", key+": [{host: a, port: 1}, {name: b, port: 2}]"),
			nacre.Under(key, memoryLayer("high.yaml", "[{name: c}, {host: b, listen: 3}]")))
		if got, want := get(cfg.Get()), []host{{"a", 1}, {"b", 3}, {"c", 0}}; !slices.Equal(got, want) {
			t.Errorf("%s merges to %v, want %v", key, got, want)
		}
		x, err := cfg.Explain(key + "[1].listen")
		if want := "high.yaml:1:31 as " + key + "[1].listen"; err != nil || x.Key != key+"[1].port" || !strings.Contains(x.String(), want) {
			t.Errorf("Explain gives %v, %v, want a line with %q", x, err, want)
		}
	}
}

// A secret under an old name stays hidden in a rejected document too.
func TestASecretIsHiddenUnderBothNames(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"db: {dsn: canary-1, url: canary-2}", "db: {dsn: canary-1, pool: x}", "database: {conn: [canary-1]}", "db: {dsn: {a: canary-1}}"} {
		_, err := nacre.OpenWith[aliasConfig](t.Context(), quiet, memoryLayer("c.yaml", text))
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
			t.Errorf("%s gives %v", text, err)
		}
	}
	_, err := nacre.OpenWith[aliasConfig](t.Context(), quiet, memoryLayer("c.yaml", "database: {size: x}"))
	if want := "c.yaml:1:18 db.pool: must be a whole number, not a string (written as database.size)"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a problem does not name the key as it is written: %v, want %s", err, want)
	}
}

// Renaming a key in a document changes nothing: no version, no loss, nothing that waits.
func TestARenamedDocumentIsTheSameVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[aliasConfig](t, quiet, "database: {dsn: a, size: 7}")
		for _, text := range []string{"db: {url: a, pool: 7}", "db: {conn: a, url: a, size: 7}"} {
			m.Set([]byte(text))
			settle()
			if h := cfg.Health(); h.Version != 1 || h.Pending != nil || h.Layers[0].Held != nil || h.Layers[0].Applied != h.Layers[0].Latest {
				t.Errorf("%s: %+v", text, h)
			}
		}
	})
}

// Mistakes in the tags are errors of Open that name the field.
func TestMistakesInAliasTags(t *testing.T) {
	t.Parallel()
	type inner struct {
		A int `config:"a" alias:"b"`
	}
	for want, open := range map[string]func() error{
		`two.URL: has the alias dsn, which is the key of`: func() error {
			type two struct {
				URL int `config:"url" alias:"dsn"`
				DSN int `config:"dsn"`
			}
			return bindNothing[two]()
		},
		`has the alias x, and so has`: func() error {
			type two struct {
				A int `config:"a" alias:"x"`
				B int `config:"b" alias:"x"`
			}
			return bindNothing[two]()
		},
		`squashed.B: has the alias a, which is the key of`: func() error {
			type squashed struct {
				inner `config:",squash"`
				B     int `config:"c" alias:"a"`
			}
			return bindNothing[squashed]()
		},
		`a field without a key of its own cannot have the alias tag`: func() error {
			type squashed struct {
				Inner inner `config:",squash" alias:"x"`
			}
			return bindNothing[squashed]()
		},
		`a field without a key of its own cannot have the deprecated tag`: func() error {
			type rest struct {
				Rest map[string]any `config:",remain" deprecated:"x"`
			}
			return bindNothing[rest]()
		},
		`must have old names of the key`: func() error {
			type empty struct {
				A int `alias:"b,,c"`
			}
			return bindNothing[empty]()
		},
		`has b twice`: func() error {
			type twice struct {
				A int `alias:"b,b"`
			}
			return bindNothing[twice]()
		},
		`has the key itself`: func() error {
			type itself struct {
				A int `alias:"a"`
			}
			return bindNothing[itself]()
		},
		`must say what to use instead`: func() error {
			type silent struct {
				A int `deprecated:""`
			}
			return bindNothing[silent]()
		},
	} {
		if err := open(); !errors.Is(err, source.InvalidArgument) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	type section struct {
		Dsn int `config:"dsn"`
	}
	o := quiet
	o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[section]("db")}
	if _, err := nacre.OpenWith[aliasConfig](t.Context(), o, memoryLayer("c.yaml", "")); !errors.Is(err, source.InvalidArgument) || !strings.Contains(fmt.Sprint(err), "db.dsn is an alias of db.url") {
		t.Errorf("a section has a key that is an old name elsewhere: %v", err)
	}
}

func bindNothing[T any]() error { return binder.Bind(nil, new(T)) }

// Values of a program can have old names too.
func TestBindTakesOldNames(t *testing.T) {
	t.Parallel()
	var c struct {
		URL string `alias:"dsn,conn"`
	}
	if err := binder.Bind(map[string]any{"dsn": "a", "conn": "a"}, &c); err != nil || c.URL != "a" {
		t.Errorf("got %+v, %v", c, err)
	}
	if err := binder.Bind(map[string]any{"dsn": "a", "url": "b"}, &c); !errors.Is(err, source.DuplicateKey) {
		t.Errorf("two values for one key: %v", err)
	}
}

// The kind of the layer, or its option, decides on unknown keys.
func TestWhichLayersAcceptUnknownKeys(t *testing.T) {
	t.Parallel()
	const text = "db: {pool: 1}\nextra: {a: 1}\nx-owner: me"
	local := func() source.Source { return memoryLayer("c.yaml", text) }
	remote := func() source.Source { return &published{memoryLayer("c.yaml", text)} }
	for name, c := range map[string]struct {
		layer  source.Source
		err    bool
		unused int
	}{
		"local":                    {local(), true, 0},
		"remote":                   {remote(), false, 1},
		"a decorated remote one":   {nacre.Layer(&published{remote()}), false, 1},
		"local, shared":            {nacre.Layer(local(), nacre.Shared()), false, 1},
		"remote, strict":           {nacre.Layer(remote(), nacre.Strict()), true, 0},
		"strict, but for a key":    {nacre.Layer(remote(), nacre.Strict(), nacre.AllowUnknown("extra.a")), false, 0},
		"but for another key":      {nacre.Layer(local(), nacre.AllowUnknown("extra.b")), true, 0},
		"remote, allowed":          {nacre.Layer(remote(), nacre.AllowUnknown("extra")), false, 0},
		"all allowed":              {nacre.Layer(local(), nacre.AllowUnknown()), false, 0},
		"all allowed, then strict": {nacre.Layer(local(), nacre.AllowUnknown(), nacre.Strict()), true, 0},
		"strict, then all allowed": {nacre.Layer(local(), nacre.Strict(), nacre.AllowUnknown()), false, 0},
		"not a key":                {nacre.Layer(local(), nacre.AllowUnknown("a..b")), true, 0},
	} {
		warnings, err := nacre.CheckWith[aliasConfig](t.Context(), quiet, c.layer)
		if (err != nil) != c.err || len(warnings) != c.unused {
			t.Errorf("%s: %v, warnings %v; want an error: %v, warnings: %d", name, err, warnings, c.err, c.unused)
		}
	}
	warnings, err := nacre.CheckWith[aliasConfig](t.Context(), quiet, nacre.Layer(memoryLayer("c.yaml", "db: {dsn: a}\npool: 2"), nacre.Shared()))
	if err != nil || len(warnings) != 2 || !errors.Is(warnings[0], source.UnknownKey) || !errors.Is(warnings[1], source.Deprecated) ||
		warnings[0].Error() != "c.yaml:2:1 pool: unused key, did you mean db.pool?" {
		t.Errorf("the warnings are %v, %v", warnings, err)
	}
	_, err = nacre.CheckWith[aliasConfig](t.Context(), quiet, nacre.Layer(memoryLayer("c.yaml", "db: {pol: 2}"), nacre.Shared()))
	if want := `c.yaml:1:6 db.pol: unknown key (AllowUnknown("db.pol") would accept it), did you mean db.pool?`; err == nil || err.Error() != want {
		t.Errorf("a misspelled key gives %v, want %s", err, want)
	}
}

// A version that does not have a key holds no change of it: neither of its type nor its removal.
func TestTheGuardIgnoresUnusedKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.LastKnownGoodDisabled = true
		doc := memory.New("c.yaml", []byte("db: {pool: 1}\nnew: 1\nbig: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7}"))
		cfg := layered[aliasConfig](t, o, &published{doc})
		for _, text := range []string{"db: {pool: 1}\nnew: {a: 1}\nbig: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7}", "db: {pool: 1}\nnew: x"} {
			doc.Set([]byte(text))
			settle()
			if l := cfg.Health().Layers[0]; l.Held != nil || l.Applied != l.Latest {
				t.Errorf("%s is held: %v", text, l.Held)
			}
		}
		doc.Set([]byte("db: {pool: [1]}"))
		settle()
		if l := cfg.Health().Layers[0]; l.Applied == l.Latest {
			t.Error("a key of the struct changed its type, and is not held or rejected")
		}
	})
}

// Keys for people and tools are in no report.
func TestKeysForPeopleAreNotReported(t *testing.T) {
	t.Parallel()
	cfg := layered[aliasConfig](t, quiet, memoryLayer("c.yaml", "$schema: s\nx-a: {b: 1}\ndb: {x-c: [1]}"))
	r := cfg.ExplainAll()
	if slices.ContainsFunc(r.Keys, func(x observe.Explanation) bool { return strings.Contains(x.Key, "x-") || x.Key == "$schema" }) || r.UnusedKeys() != nil {
		t.Errorf("keys for people are reported: %v", r.UnusedKeys())
	}
}
