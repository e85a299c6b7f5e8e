package nacre_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// folder is a layer of several documents, by their names.
type folder struct {
	mu      sync.Mutex
	n       int
	docs    map[string]string
	gone    []string // documents that are absent
	down    bool
	changed chan struct{}
}

func newFolder(docs map[string]string) *folder {
	return &folder{docs: docs, changed: make(chan struct{})}
}

func (*folder) Name() string { return "folder" }

func (*folder) Describe() source.Description { return source.Description{Local: true} }

func (f *folder) set(docs map[string]string, gone ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.docs, f.gone, f.down = docs, gone, false
	f.n++
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *folder) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		f.mu.Lock()
		c := source.Content{Revision: source.Revision(fmt.Sprint("r", f.n))}
		for _, name := range slices.Sorted(maps.Keys(f.docs)) {
			c.Documents = append(c.Documents, source.Document{Name: name, Format: source.FormatYAML, Data: []byte(f.docs[name])})
		}
		for _, name := range f.gone {
			c.Documents = append(c.Documents, source.Document{Name: name, Absent: true})
		}
		changed, down := f.changed, f.down
		f.mu.Unlock()
		if down {
			return source.Content{}, &source.Error{Kind: source.PermissionDenied, Op: "read", Document: "folder"}
		}
		if c.Revision != prev {
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

type lossConfig struct {
	DB    map[string]int            `config:"db"`
	Cache map[string]int            `config:"cache"`
	Hosts []string                  `config:"hosts"`
	Rest  map[string]int            `config:"rest"`
	Tree  map[string]map[string]int `config:"tree"`
	Pool  int                       `config:"pool"`
}

// block is a map of n keys under a key.
func block(key string, n int) string {
	text := key + ":\n"
	for i := range n {
		text += fmt.Sprintf("  k%03d: %d\n", i, i)
	}
	return text
}

func list(n int) string {
	text := "hosts:\n"
	for i := range n {
		text += fmt.Sprintf("  - h%d\n", i)
	}
	return text
}

func files(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("f%02d.yaml", i)] = fmt.Sprintf("tree: {t%02d: {a: 1, b: 2, c: 3}}", i)
	}
	return all
}

// What the running service would lose counts, whatever takes it away; and what it would not lose
// does not.
func TestWhatTheMergedConfigurationLosesIsHeld(t *testing.T) {
	t.Parallel()
	type layers struct{ low, high map[string]string }
	one := func(text string) map[string]string { return map[string]string{"a.yaml": text} }
	for name, c := range map[string]struct {
		before, after layers
		gone          []string // documents of the higher layer that are absent afterwards
		drop          bool     // the higher layer drops what is absent
		held          string   // a part of the reason, of the layer that changes; "" if the change is live
	}{
		"a null over a map": {
			before: layers{one(block("db", 8) + "pool: 1"), one("pool: 1")}, after: layers{high: one("db:\npool: 2")}, held: "null at db removes 8 keys"},
		"a null over a small part of much": {
			before: layers{one(block("db", 8) + block("rest", 100)), one("pool: 1")}, after: layers{high: one("pool: 2\ndb:\n")}, held: "a.yaml:2:"},
		"a null over a small map": {
			before: layers{one(block("db", 4) + block("rest", 4)), one("pool: 1")}, after: layers{high: one("pool: 2\ndb:\n")}},
		"a null over nothing": {
			before: layers{one(block("rest", 8)), one("pool: 1")}, after: layers{high: one("pool: 2\ndb:\n")}},
		"a null that was there": {
			before: layers{one(block("db", 8) + block("rest", 8)), one("pool: 1\ndb:\n")}, after: layers{high: one("pool: 2\ndb:\n")}},
		"a null over an entry of a map": {
			before: layers{one(block("rest", 100) + "tree: {x: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7}}"), one("pool: 1")}, after: layers{high: one("pool: 2\ntree: {x: null}")}, held: "null at tree.x removes 7 keys"},
		"a list of another layer is replaced by a short one": {
			before: layers{one(list(20)), one("pool: 1")}, after: layers{high: one("pool: 2\nhosts: [x]")}, held: "loses 19 of 22 keys"},
		"a list shrinks": {
			before: layers{high: one(list(20))}, after: layers{high: one(list(3))}, held: "loses 17 of 20 keys"},
		"a list shrinks by half": {
			before: layers{high: one(list(20))}, after: layers{high: one(list(10))}},
		"a list is replaced by one of the same length": {
			before: layers{one(list(20)), one("pool: 1")}, after: layers{high: one("pool: 2\n" + list(20))}},
		"a folder loses all but one of its files": {
			before: layers{one(block("rest", 100)), files(20)}, after: layers{high: files(1)}, held: "loses 19 of its 20 documents with 57 of 60 keys"},
		"a folder loses all of its files": {
			before: layers{one(block("rest", 100)), files(1)}, after: layers{high: nil}, held: "1 of its 1 documents"},
		"a folder loses one of its files": {
			before: layers{one(block("rest", 100)), files(20)}, after: layers{high: files(19)}},
		"a deleted document that is kept": {
			before: layers{one(block("db", 9)), one(block("rest", 60))}, after: layers{high: nil}, gone: []string{"a.yaml"}},
		"a deleted document that is dropped": {
			before: layers{one(block("db", 9)), one(block("rest", 60))}, after: layers{high: nil}, gone: []string{"a.yaml"}, drop: true, held: "loses 60 of 70 keys"},
		"a deleted document that only overrides": {
			before: layers{one(block("rest", 60)), one(block("rest", 60))}, after: layers{high: nil}, gone: []string{"a.yaml"}, drop: true},
		"keys that move to another layer": {
			before: layers{one(block("db", 9) + block("rest", 3)), one(block("cache", 3))}, after: layers{one(block("db", 9)), one(block("cache", 3) + block("rest", 3))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, guarded := range []string{"guarded", "unguarded", "no guard"} {
					low, high := newFolder(c.before.low), newFolder(c.before.high)
					var options []nacre.LayerOption
					if c.drop {
						options = append(options, nacre.DropWhenAbsent())
					}
					o := quiet
					switch guarded {
					case "unguarded":
						options = append(options, nacre.WithoutChangeGuard())
					case "no guard":
						o = unguarded(o)
					}
					other := memoryLayer("other.yaml", "cache: {x: 1}")
					cfg := layered[lossConfig](t, o, low, nacre.Layer(high, options...), other)
					before := *cfg.Get()
					if c.after.low != nil {
						low.set(c.after.low)
					}
					high.set(c.after.high, c.gone...)
					other.Set([]byte("cache: {x: 2}"))
					settle()
					held := cfg.Health().Layers[1].Held
					if cfg.Get().Cache["x"] != 2 {
						t.Errorf("%s: the change of another layer is not live", guarded)
					}
					if c.held == "" || guarded != "guarded" {
						if held != nil || cfg.Health().Layers[1].Rejected != nil {
							t.Errorf("%s: it is held for %q, rejected %q; it should be live", guarded, held, cfg.Health().Layers[1].Rejected)
						}
						continue
					}
					if !strings.Contains(strings.Join(held, "; "), c.held) {
						t.Errorf("held for %q, want %q", held, c.held)
					}
					if now := *cfg.Get(); fmt.Sprint(now.DB, now.Hosts, now.Rest, now.Tree, now.Pool) != fmt.Sprint(before.DB, before.Hosts, before.Rest, before.Tree, before.Pool) {
						t.Errorf("it is held, and live is %+v", now)
					}
					if _, err := approve(cfg, 1); err != nil {
						t.Fatal(err)
					}
					now := *cfg.Get()
					if h := cfg.Health().Layers[1]; h.Held != nil || h.Rejected != nil || fmt.Sprint(now.DB, now.Hosts, now.Rest, now.Tree, now.Pool) == fmt.Sprint(before.DB, before.Hosts, before.Rest, before.Tree, before.Pool) {
						t.Errorf("approved, and held for %q, rejected %q", h.Held, h.Rejected)
					}
				}
			})
		})
	}
}

// An optional layer that comes after the start is judged as any other.
func TestALateLayerThatTakesAwayIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low := newFolder(map[string]string{"a.yaml": block("db", 8) + block("rest", 20)})
		high := newFolder(nil)
		high.down = true
		cfg := layered[lossConfig](t, quiet, low, nacre.Layer(high, nacre.MayBeDown()))
		high.set(map[string]string{"b.yaml": "pool: 2\ndb:\n"})
		time.Sleep(time.Minute) // longer than the back-off of a source that failed
		synctest.Wait()
		if h := cfg.Health().Layers[1]; len(h.Held) != 1 || len(cfg.Get().DB) != 8 || cfg.Get().Pool != 0 {
			t.Errorf("held for %q, live is %+v", h.Held, cfg.Get())
		}
	})
}
