package nacre_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/memory"
)

// rate accepts a number and a text, as a type with its own conversion does.
type rate struct{ perSecond float64 }

func (r *rate) UnmarshalMapstructure(data any) error {
	switch v := data.(type) {
	case int64:
		r.perSecond = float64(v)
	case string:
		_, err := fmt.Sscanf(v, "%f/s", &r.perSecond)
		return err
	case map[string]any:
		r.perSecond = float64(v["per_second"].(int64))
	}
	return nil
}

type typedConfig struct {
	Timeout time.Duration            `config:"timeout"`
	Pointer *time.Duration           `config:"pointer"`
	Size    binder.Size              `config:"size"`
	Since   time.Time                `config:"since"`
	Ratio   float64                  `config:"ratio"`
	Addr    *netip.Addr              `config:"addr"`
	Token   nacre.Secret             `config:"token"`
	Rate    rate                     `config:"rate"`
	Limits  map[string]time.Duration `config:"limits"`
	Waits   []time.Duration          `config:"waits"`
	Inner   struct {
		Size binder.Size `config:"size"`
	} `config:"inner"`
	Hosts []string        `config:"hosts"`
	Any   any             `config:"any"`
	Raw   json.RawMessage `config:"raw"`
	More  map[string]any  `config:"more"`
}

// spellings are values of each key that its field accepts.
var spellings = map[string][]string{
	"timeout":    {"0", "3s", "'1500ms'", "null", "-0"},
	"pointer":    {"0", "3s", "null"},
	"size":       {"1048576", "1MiB", "'1MiB'", "0"},
	"since":      {"2026-11-29", "2026-11-29T10:00:00Z", "'2026-11-29T10:00:00Z'"},
	"ratio":      {"1", "1.5", "1e3", "0"},
	"addr":       {"10.0.0.1", "'::1'", "null"},
	"token":      {"abc", "'5'", "''"},
	"rate":       {"10", "'10/s'", "{per_second: 10}"},
	"limits":     {"{a: 0}", "{a: 3s, b: 0}", "{}"},
	"waits":      {"[0, 3s]", "[3s]", "[]"},
	"inner.size": {"1024", "1KiB"},
}

// A change that a field accepts is never held for the type that its document writes.
func TestAnEqualOrSameKindValueIsNeverHeldForItsType(t *testing.T) {
	t.Parallel()
	type change struct{ key, old, next string }
	var changes []change
	for key, all := range spellings {
		for _, old := range all {
			for _, next := range all {
				if old != next {
					changes = append(changes, change{key, old, next})
				}
			}
		}
	}
	write := func(values map[string]string) string {
		var b strings.Builder
		b.WriteString("more: {a: 1}\n")
		for key, value := range values {
			for _, part := range strings.SplitAfter(key, ".") {
				b.WriteString(strings.TrimSuffix(part, "."))
				if strings.HasSuffix(part, ".") {
					b.WriteString(": {")
				}
			}
			fmt.Fprintf(&b, ": %s%s\n", value, strings.Repeat("}", strings.Count(key, ".")))
		}
		return b.String()
	}
	check := func(t *testing.T, old, next map[string]string) {
		t.Helper()
		cfg, m := open[typedConfig](t, quiet, write(old))
		text := write(next)
		m.Set([]byte(text))
		settle()
		if h := cfg.Health().Layers[0]; h.Held != nil || h.Rejected != nil || h.Applied != h.Latest {
			t.Errorf("%v → %v: held %q, rejected %q", old, next, h.Held, h.Rejected)
		}
		cfg.Close()
	}
	t.Run("each pair", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for _, c := range changes {
				check(t, map[string]string{c.key: c.old}, map[string]string{c.key: c.next})
			}
		})
	})
	t.Run("documents at random", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			some := func() map[string]string {
				doc := map[string]string{}
				for key, all := range spellings {
					if value := all[rng.IntN(len(all))]; value != "null" && value != "{}" && value != "[]" { // those lose keys
						doc[key] = value
					}
				}
				return doc
			}
			for range testrun.Count(300, 50) {
				old := some()
				next := map[string]string{}
				for key := range old {
					next[key] = spellings[key][rng.IntN(2)]
				}
				check(t, old, next)
			}
		})
	})
}

// Where no field says what a value is, the type of the document is all there is, and a change of it
// is held.
func TestATypeWithoutAFieldIsHeld(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, next, want string }{
		"any":             {"any: 1", "any: '1'", "config.yaml: any was a number and is a string"},
		"any, below":      {"any: {x: 1}", "any: {x: [1]}", "config.yaml: any.x was a number and is a list"},
		"a map of any":    {"more: {x: true}", "more: {x: 'true'}", "config.yaml: more.x was a bool and is a string"},
		"raw":             {"raw: 1", "raw: '1'", "config.yaml: raw was a number and is a string"},
		"an unknown key":  {"other: 1", "other: a", "config.yaml: other was a number and is a string"},
		"one number":      {"any: 1", "any: 1.5", ""},
		"null to a value": {"any: null\ntimeout: 0", "any: 1\ntimeout: 0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := memory.New("config.yaml", []byte(test.old))
				cfg, err := nacre.OpenWith[typedConfig](t.Context(), quiet, nacre.Layer(m, nacre.AllowUnknown()))
				if err != nil {
					t.Fatal(err)
				}
				m.Set([]byte(test.next))
				settle()
				if got := strings.Join(cfg.Health().Layers[0].Held, "; "); got != test.want {
					t.Errorf("held for %q, want %q", got, test.want)
				}
				cfg.Close()
			})
		})
	}
}

// The items of a list count, not the form in which a document writes them.
func TestAListInAnotherFormIsNotALoss(t *testing.T) {
	t.Parallel()
	const list, text = "hosts[0]=a\nhosts[1]=b\nhosts[2]=c\nhosts[3]=d\nhosts[4]=e\nhosts[5]=f\n", "hosts=a,b,c,d,e,f\n"
	for name, test := range map[string]struct {
		old, next string
		held      bool
	}{
		"a list becomes text":         {list, text, false},
		"text becomes a list":         {text, list, false},
		"text loses most of its list": {text, "hosts=a\n", true},
		"a list becomes shorter text": {list, "hosts=a\n", true},
		"longer text becomes shorter": {text, "hosts=a,b,c,d\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := memory.New("config.properties", []byte(test.old))
				cfg, err := nacre.OpenWith[typedConfig](t.Context(), quiet, m)
				if err != nil {
					t.Fatal(err)
				}
				m.Set([]byte(test.next))
				settle()
				if h := cfg.Health().Layers[0]; (h.Held != nil) != test.held || h.Rejected != nil {
					t.Errorf("held for %q, rejected %q; want held: %v", h.Held, h.Rejected, test.held)
				}
				cfg.Close()
			})
		})
	}
}

// With a hook, a field accepts what its type alone does not.
func TestAHookGivesAValueItsType(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type config struct {
			Port  int      `config:"port"`
			Hosts []string `config:"hosts"`
		}
		o := quiet
		o.Binder = []binder.Option{binder.Hook(func(from, to reflect.Type, value any) (any, error) {
			text, ok := value.(string)
			switch {
			case ok && to.Kind() == reflect.Int:
				return strconv.Atoi(text)
			case ok && to.Kind() == reflect.Slice:
				return strings.Split(text, ","), nil
			}
			return value, nil
		})}
		cfg, m := open[config](t, o, "port: 8080\nhosts: [a, b, c, d, e, f]")
		for _, text := range []string{"port: '8080'\nhosts: 'a,b,c,d,e,f'", "port: 8080\nhosts: [a, b, c, d, e, f]"} {
			m.Set([]byte(text))
			settle()
			if h := cfg.Health().Layers[0]; h.Held != nil || h.Rejected != nil || h.Applied != h.Latest {
				t.Errorf("%q: held %q, rejected %q", text, h.Held, h.Rejected)
			}
		}
		cfg.Close()
	})
}
