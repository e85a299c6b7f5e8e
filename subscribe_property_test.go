package nacre_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
)

// partsConfig has parts of each kind that a subscriber may select.
type partsConfig struct {
	Count  int                       `config:"count"`
	Ratio  float64                   `config:"ratio"`
	Name   string                    `config:"name"`
	Hosts  []string                  `config:"hosts"`
	Limits map[string]int            `config:"limits"`
	Pool   partsPool                 `config:"pool"`
	Pools  map[string]partsPool      `config:"pools"`
	Next   *partsPool                `config:"next"`
	Wait   time.Duration             `config:"wait"`
	Deep   map[string]map[string]int `config:"deep"`
}

type partsPool struct {
	Size int      `config:"size"`
	Name string   `config:"name"`
	Tags []string `config:"tags"`
}

// A subscriber is called exactly when the parts of two versions that follow one another differ by
// reflect.DeepEqual, whatever it selects, and whatever of the config stays in memory as it was.
func TestASubscriberHearsWhatAComparisonOfEverythingFinds(t *testing.T) {
	t.Parallel()
	seeds := uint64(20)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { compareParts(t, seed) })
	}
}

// heardPart checks the calls of a subscriber.
type heardPart struct {
	name  string
	calls func() int                        // so far
	check func(old, live *partsConfig) bool // whether it should have been called, and with what
}

func compareParts(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	text := map[string]string{}
	mutate := func() {
		if random.IntN(5) == 0 {
			delete(text, slices.Sorted(maps.Keys(partTexts))[random.IntN(len(partTexts))])
		}
		for range random.IntN(3) {
			key := slices.Sorted(maps.Keys(partTexts))[random.IntN(len(partTexts))]
			all := partTexts[key]
			text[key] = all[random.IntN(len(all))]
		}
	}
	document := func(n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "# %d\n", n)
		keys := slices.Sorted(maps.Keys(text))
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			b.WriteString(text[key] + "\n")
		}
		return b.String()
	}
	cfg, m := open[partsConfig](t, quiet, document(0))
	parts := []heardPart{
		part(t, cfg, "int", func(c *partsConfig) int { return c.Count }),
		part(t, cfg, "float", func(c *partsConfig) float64 { return c.Ratio }),
		part(t, cfg, "string", func(c *partsConfig) string { return c.Name }),
		part(t, cfg, "list", func(c *partsConfig) []string { return c.Hosts }),
		part(t, cfg, "part of a list", func(c *partsConfig) []string { return c.Hosts[:min(1, len(c.Hosts))] }),
		part(t, cfg, "map", func(c *partsConfig) map[string]int { return c.Limits }),
		part(t, cfg, "struct with a list", func(c *partsConfig) partsPool { return c.Pool }),
		part(t, cfg, "map of structs", func(c *partsConfig) map[string]partsPool { return c.Pools }),
		part(t, cfg, "entry of a map", func(c *partsConfig) partsPool { return c.Pools["a"] }),
		part(t, cfg, "pointer", func(c *partsConfig) *partsPool { return c.Next }),
		part(t, cfg, "pointer into the config", func(c *partsConfig) *partsPool { return &c.Pool }),
		part(t, cfg, "duration", func(c *partsConfig) time.Duration { return c.Wait }),
		part(t, cfg, "map of maps", func(c *partsConfig) map[string]map[string]int { return c.Deep }),
		part(t, cfg, "everything", func(c *partsConfig) partsConfig { return *c }),
		part(t, cfg, "pointer to everything", func(c *partsConfig) *partsConfig { return c }),
		part(t, cfg, "interface", func(c *partsConfig) any { return c.Hosts }),
		part(t, cfg, "struct of scalars", func(c *partsConfig) [2]struct {
			A int
			B string
			C float64
		} {
			return [2]struct {
				A int
				B string
				C float64
			}{{c.Count, c.Name, 1}, {c.Pool.Size, c.Pool.Name, c.Ratio}}
		}),
		part(t, cfg, "either", func(c *partsConfig) string {
			if c.Count > 1 {
				return c.Pool.Name
			}
			return c.Name
		}),
		part(t, cfg, "copy of a map", func(c *partsConfig) map[string]int { return maps.Clone(c.Limits) }),
		part(t, cfg, "nothing", func(*partsConfig) struct{} { return struct{}{} }),
		part(t, cfg, "function", func(c *partsConfig) func() int { return func() int { return c.Count } }),
	}
	for n := 1; n <= 60; n++ {
		mutate()
		old := cfg.Get()
		before := make([]int, len(parts))
		for i, p := range parts {
			before[i] = p.calls()
		}
		m.Set([]byte(document(n)))
		settle()
		live := cfg.Get()
		for i, p := range parts {
			want := 0
			if live != old && p.check(old, live) {
				want = 1
			}
			if got := p.calls() - before[i]; got != want {
				t.Fatalf("seed %d, change %d: the subscriber of %s was called %d times, want %d; from %+v to %+v", seed, n, p.name, got, want, old, live)
			}
		}
	}
}

// part subscribes to a part, and checks what each call has.
func part[V any](t *testing.T, cfg *nacre.Config[partsConfig], name string, from func(*partsConfig) V) heardPart {
	var calls []nacre.Change[V]
	if _, err := nacre.Subscribe(cfg, from, keep(&calls), nacre.WithName(name)); err != nil {
		t.Fatal(err)
	}
	return heardPart{name, func() int { return len(calls) }, func(old, live *partsConfig) bool {
		differs := !reflect.DeepEqual(from(old), from(live))
		if n := len(calls); differs && n > 0 && reflect.TypeFor[V]().Kind() != reflect.Func && !math.IsNaN(live.Ratio) && !reflect.DeepEqual(calls[n-1].New, from(live)) {
			t.Fatalf("the subscriber of %s was called with %+v, want %+v", name, calls[n-1].New, from(live))
		}
		return differs
	}}
}

// partTexts are the texts that a key of the document may have.
var partTexts = map[string][]string{
	"count":  {"count: 1", "count: 2", "count: 3"},
	"ratio":  {"ratio: 0.5", "ratio: 1.5", "ratio: -0.0", "ratio: 0.0"},
	"name":   {"name: a", "name: b", "name: \"\"", "name: 'a'"},
	"hosts":  {"hosts: [a, b]", "hosts: [a]", "hosts: []", "hosts: [b, a]", "hosts:\n  - a\n  - b"},
	"limits": {"limits: {a: 1, b: 2}", "limits: {a: 1}", "limits: {}", "limits: {b: 2, a: 1}"},
	"pool":   {"pool: {size: 1, name: x, tags: [p]}", "pool: {size: 1, name: x, tags: [q]}", "pool: {size: 2}", "pool: {name: a}"},
	"pools":  {"pools: {a: {size: 1}, b: {size: 2}}", "pools: {a: {size: 1}, b: {size: 3}}", "pools: {a: {tags: [x]}}", "pools: {}"},
	"next":   {"next: {size: 1}", "next: {size: 2}", "next: null", "next: {}"},
	"wait":   {"wait: 1s", "wait: 1000ms", "wait: 2s"},
	"deep":   {"deep: {a: {x: 1}, b: {y: 2}}", "deep: {a: {x: 1}, b: {y: 3}}", "deep: {a: {}}"},
}
