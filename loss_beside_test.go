package nacre_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type besideConfig struct {
	DB    besideDB       `config:"db"`
	Cache map[string]int `config:"cache"`
	Rest  map[string]int `config:"rest"`
	Old   map[string]int `config:"old" live:"false"`
	Mode  string         `config:"mode"`
	Cert  string         `config:"cert" validate:"required_if=Mode tls"`
	Pool  int            `config:"pool" validate:"lte=100"`
}

type besideDB struct {
	More map[string]int `config:"more"`
	N    int            `config:"n"`
}

func (d *besideDB) Validate() error {
	if d.N == 66 {
		return errors.New("66 is not allowed")
	}
	return nil
}

// more is a map of n keys at db.more, from the key first on.
func more(first, n int) string {
	text := "db:\n  more:\n"
	for i := range n {
		text += fmt.Sprintf("    k%03d: %d\n", first+i, i)
	}
	return text
}

// What several layers lose in one change is charged to those that take it away, and to nobody else.
func TestWhoTakesNothingAwayIsNotHeld(t *testing.T) {
	t.Parallel()
	type change struct {
		before, after string
		options       []nacre.LayerOption
		held          string // a part of the reason; "" if the change is live
		rejected      string
		approved      bool // before the others change
	}
	for name, layers := range map[string][]change{
		"one key beside a null": {
			{before: block("rest", 60)}, {before: "pool: 1", after: "pool: 2\nrest:\n", held: "null at rest removes 60 keys"},
			{before: "cache: {x: 1, y: 2}", after: "cache: {x: 2}"}},
		"one key beside a layer that is unguarded": {
			{before: block("rest", 60), after: block("rest", 1), options: []nacre.LayerOption{nacre.WithoutChangeGuard()}},
			{before: "cache: {x: 1, y: 2}", after: "cache: {x: 2}"}},
		"one key after restart-only keys are gone": {
			{before: block("old", 10), after: "{}", approved: true},
			{before: "cache: {x: 1, y: 2, z: 3}", after: "cache: {x: 2}"}},
		"a null in the middle": {
			{before: more(0, 9) + block("rest", 60)}, {before: "pool: 1", after: "pool: 2\ndb:\n", held: "null at db removes 8 keys"},
			{before: "db: {more: {k000: 5}}"}},
		"an invalid loss beside one that is good": {
			{before: more(0, 20), after: more(0, 2), held: "loses 18 of 20 keys", rejected: "66 is not allowed"},
			{before: more(20, 20), after: more(20, 2) + "  n: 66", rejected: "66 is not allowed"}},
		"a loss that is good with the other change only": {
			{before: block("rest", 20), after: "mode: tls", held: "loses 20 of 20 keys"},
			{before: "cache: {x: 1}", after: "cache: {x: 2}\ncert: c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var memories []*memory.Source
				var sources []source.Source
				for i, l := range layers {
					m := memoryLayer(fmt.Sprintf("l%d.yaml", i), l.before)
					memories, sources = append(memories, m), append(sources, nacre.Layer(m, l.options...))
				}
				cfg := layered[besideConfig](t, quiet, sources...)
				for i, l := range layers {
					if l.approved {
						memories[i].Set([]byte(l.after))
						settle()
						if _, err := approve(cfg, i); err != nil {
							t.Fatal(err)
						}
					}
				}
				for i, l := range layers {
					if l.after != "" && !l.approved {
						memories[i].Set([]byte(l.after))
					}
				}
				settle()
				for i, l := range layers {
					h := cfg.Health().Layers[i]
					held, rejected := strings.Join(h.Held, "; "), strings.Join(h.Rejected, "; ")
					live := h.Applied == h.Latest
					if live != (l.held == "" && l.rejected == "") {
						t.Errorf("layer %d: live %v, held %q, rejected %q", i, live, held, rejected)
					}
					if !live && !(l.held != "" && strings.Contains(held, l.held) || l.rejected != "" && strings.Contains(rejected, l.rejected)) {
						t.Errorf("layer %d: held %q, rejected %q; want %q or %q", i, held, rejected, l.held, l.rejected)
					}
				}
			})
		})
	}
}

// A file that is renamed, or moves to another folder, takes nothing away, unless what has it now is
// refused.
func TestDocumentsMayMove(t *testing.T) {
	t.Parallel()
	type step struct {
		first, second map[string]string // documents; nil for those before
		moved         bool
	}
	bad := files(20)
	bad["bad.yaml"] = "pool: x"
	changed := files(20)
	changed["f00.yaml"] = "tree: {t00: {a: 9, b: 2, c: 3}}"
	renamed := map[string]string{}
	for name, text := range files(20) {
		renamed["new-"+name] = strings.NewReplacer("a: 1", "a: 2", "b: 2", "b: 3", "c: 3", "c: 4").Replace(text)
	}
	for name, steps := range map[string][]step{
		"renamed":                              {{first: renamed, moved: true}},
		"one file for all":                     {{first: map[string]string{"all.yaml": "tree: {" + strings.NewReplacer("tree: {", "", "}}", "}").Replace(strings.Join(texts(files(20)), ", ")) + "}"}, moved: true}},
		"to another layer at once":             {{first: map[string]string{}, second: files(20), moved: true}},
		"to another layer, one after another":  {{second: files(20)}, {first: map[string]string{}, moved: true}},
		"to a layer that is refused":           {{first: map[string]string{}, second: bad}, {second: files(20), moved: true}},
		"to nowhere":                           {{first: map[string]string{}}},
		"to nowhere, over other values":        {{second: map[string]string{}}},
		"to another layer, with another value": {{first: map[string]string{}, second: changed, moved: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first, second := newFolder(files(20)), newFolder(nil)
				if name == "to nowhere, over other values" {
					second = newFolder(renamed)
				}
				cfg := layered[lossConfig](t, quiet, first, second, memoryLayer("rest.yaml", block("rest", 100)))
				for i, s := range steps {
					if s.first != nil {
						first.set(s.first)
					}
					if s.second != nil {
						second.set(s.second)
					}
					settle()
					if len(cfg.Get().Tree) != 20 {
						t.Fatalf("step %d: %d of 20 are live", i, len(cfg.Get().Tree))
					}
				}
				h := cfg.Health().Layers
				if moved := h[0].Applied == h[0].Latest && h[1].Applied == h[1].Latest; moved != steps[len(steps)-1].moved {
					t.Errorf("moved: %v; held %q, %q, rejected %q, %q", moved, h[0].Held, h[1].Held, h[0].Rejected, h[1].Rejected)
				}
			})
		})
	}
}

func texts(docs map[string]string) []string { return slices.Sorted(maps.Values(docs)) }

// A layer that is held for what another one has is free when that one has it no more.
func TestWhatTakesNothingAwayAnyMoreIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := memoryLayer("low.yaml", block("db", 10)+block("rest", 100)), memoryLayer("high.yaml", "pool: 1")
		cfg := layered[lossConfig](t, quiet, low, high)
		high.Set([]byte("pool: 2\ndb:\n"))
		settle()
		if cfg.Health().Layers[1].Held == nil {
			t.Error("a null over ten keys is not held")
		}
		low.Set([]byte(block("rest", 100)))
		settle()
		if h := cfg.Health().Layers[1]; h.Held != nil || cfg.Get().Pool != 2 {
			t.Errorf("there is nothing left to take away, and it is held: %q", h.Held)
		}
	})
}
