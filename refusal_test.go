package nacre_test

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// wide is the config of many layers, each of which has one document with a hundred keys under a key
// of its own.
type wide struct {
	Docs map[string]wideDoc `config:"docs"`
}

type wideDoc struct {
	Name string         `config:"name" validate:"required"`
	N    int            `config:"n" validate:"lte=100"`
	More map[string]int `config:"more"`
}

// evaluations counts how often a wide config was validated as a whole.
var evaluations atomic.Int64

func (w *wide) Validate() error {
	evaluations.Add(1)
	for _, d := range w.Docs {
		if d.N == 66 {
			return errors.New("66 is not allowed anywhere")
		}
	}
	return nil
}

// fleet is a config of many layers, the content of which is changed while it is pinned, and decided
// on by Unpin.
type fleet struct {
	cfg    *nacre.Config[wide]
	layers []*memory.Source
	keys   int // of a document
	round  int
}

func newFleet(tb testing.TB, n, keys int) *fleet {
	tb.Helper()
	f := &fleet{keys: keys}
	var sources []source.Source
	for i := range n {
		m := memory.New(fmt.Sprintf("d%d.yaml", i), f.doc(i, 1, "x"))
		f.layers, sources = append(f.layers, m), append(sources, m)
	}
	o := quiet
	o.History, o.MaxBadChanges = 1, -1
	cfg, err := nacre.OpenWith[wide](tb.Context(), o, sources...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = cfg.Close() })
	f.cfg = cfg
	return f
}

// doc is a document with its keys; without a name it lacks one that is required.
func (f *fleet) doc(i, n int, name string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "docs:\n  d%d:\n    n: %d\n", i, n)
	if name != "" {
		fmt.Fprintf(&b, "    name: %s\n", name)
	}
	b.WriteString("    more:\n")
	for k := range f.keys {
		fmt.Fprintf(&b, "      key%03d: %d\n", k, n*k)
	}
	return []byte(b.String())
}

// decide changes all layers at once, and returns how long it took to decide on them and how often
// the whole was evaluated.
func (f *fleet) decide(tb testing.TB, content func(i int) []byte) (took time.Duration, evaluated int64) {
	tb.Helper()
	if _, err := f.cfg.Pin(tb.Context(), 0); err != nil {
		tb.Fatal(err)
	}
	before := f.cfg.Health().Layers
	f.round++
	for i, m := range f.layers {
		m.Set(fmt.Appendf(content(i), "# %d\n", f.round)) // another content each time
	}
	for arrived := false; !arrived; { // while it is pinned nothing else happens
		arrived = true
		for i, l := range f.cfg.Health().Layers {
			arrived = arrived && l.Latest != before[i].Latest
		}
	}
	evaluations.Store(0)
	began := time.Now()
	if err := f.cfg.Unpin(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return time.Since(began), evaluations.Load()
}

// refusals are changes of all layers of which one or more are bad.
var refusals = []struct {
	name string
	// bad is a bad document of a layer, of n; nil where the layer's is good.
	bad func(f *fleet, i, n int) []byte
	// left is how many layers keep what they had, of n; searched says that nothing tells which.
	left     func(n int) int
	searched bool
}{
	{name: "one lacks a required key", left: one, bad: func(f *fleet, i, n int) []byte {
		if i == n/3 {
			return f.doc(i, 3, "")
		}
		return nil
	}},
	{name: "one is out of range", left: one, bad: func(f *fleet, i, n int) []byte {
		if i == n/3 {
			return f.doc(i, 101, "y")
		}
		return nil
	}},
	{name: "one has an unknown key", left: one, bad: func(f *fleet, i, n int) []byte {
		if i == n/3 {
			return append(f.doc(i, 3, "y"), "    nn: 1\n"...)
		}
		return nil
	}},
	{name: "one cannot be decoded", left: one, bad: func(f *fleet, i, n int) []byte {
		if i == n/3 {
			return []byte("docs: [\n")
		}
		return nil
	}},
	{name: "a method refuses one", left: one, searched: true, bad: func(f *fleet, i, n int) []byte {
		if i == n/3 {
			return f.doc(i, 66, "y")
		}
		return nil
	}},
	{name: "half are out of range", left: func(n int) int { return (n + 1) / 2 }, bad: func(f *fleet, i, n int) []byte {
		if i%2 == 0 {
			return f.doc(i, 101, "y")
		}
		return nil
	}},
	{name: "all are out of range", left: all, bad: func(f *fleet, i, n int) []byte { return f.doc(i, 101, "y") }},
	{name: "all have an unknown key", left: all, bad: func(f *fleet, i, n int) []byte { return append(f.doc(i, 3, "y"), "    nn: 1\n"...) }},
	{name: "all are emptied", left: all, bad: func(*fleet, int, int) []byte { return []byte("# nothing is left\n") }},
	{name: "all lose most", left: all, bad: func(_ *fleet, i, _ int) []byte { return fmt.Appendf(nil, "docs: {d%d: {name: y}}\n", i) }},
	{name: "half are emptied", left: func(n int) int { return (n + 1) / 2 }, bad: func(_ *fleet, i, n int) []byte {
		if i%2 == 0 {
			return []byte("# nothing is left\n")
		}
		return nil
	}},
}

func one(int) int   { return 1 }
func all(n int) int { return n }

// Whatever is wrong with a change of many layers, the good ones become live, each other one is told
// why it does not, and it costs a few evaluations of the whole, however many layers there are.
//
// Each case runs in a bubble: on a busy machine a timer could fire during the decision, and the
// engine would evaluate the change once more.
func TestARefusalCostsAFewEvaluations(t *testing.T) {
	const n = 60
	for k, c := range refusals {
		t.Run(c.name, inBubble(func(t *testing.T) {
			f := newFleet(t, n, 200) // large enough that it is not searched in full
			if _, evaluated := f.decide(t, func(i int) []byte { return f.doc(i, 10+k, "y") }); evaluated != 1 {
				t.Fatalf("a good change is evaluated %d times", evaluated)
			}
			_, evaluated := f.decide(t, func(i int) []byte {
				if bad := c.bad(f, i, n); bad != nil {
					return bad
				}
				return f.doc(i, 4, "z")
			})
			most := int64(4)
			if c.searched {
				most = 2*int64(bits.Len(n)) + 3
			}
			if evaluated > most {
				t.Errorf("it is evaluated %d times, want at most %d", evaluated, most)
			}
			left := 0
			for i, l := range f.cfg.Health().Layers {
				isLeft := l.Rejected != nil || l.Held != nil
				if isLeft != (c.bad(f, i, n) != nil) {
					t.Errorf("layer %d: bad %v; rejected %q, held %q", i, c.bad(f, i, n) != nil, l.Rejected, l.Held)
				}
				if want := map[bool]string{true: "y", false: "z"}[isLeft]; f.cfg.Get().Docs[fmt.Sprintf("d%d", i)].Name != want {
					t.Errorf("layer %d has %+v, want %q", i, f.cfg.Get().Docs[fmt.Sprintf("d%d", i)].Name, want)
				}
				if isLeft {
					left++
				}
			}
			if left != c.left(n) {
				t.Errorf("%d layers keep what they had, want %d", left, c.left(n))
			}
		}))
	}
}

func inBubble(test func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}

// The largest evaluation counts of a large change are those of its search; a small one is searched
// in full, whatever is wrong.
func TestASmallChangeIsSearchedInFull(t *testing.T) {
	const n = 30
	f := newFleet(t, n, 1)
	bad := []int{2, 3, 11, 17, 29}
	f.decide(t, func(i int) []byte { return f.doc(i, 2, "y") })
	f.decide(t, func(i int) []byte {
		if slices.Contains(bad, i) {
			return f.doc(i, 66, "z")
		}
		return f.doc(i, 4, "z")
	})
	for i, l := range f.cfg.Health().Layers {
		if isBad := slices.Contains(bad, i); isBad != (l.Rejected != nil) || isBad == (f.cfg.Get().Docs[fmt.Sprintf("d%d", i)].Name == "z") {
			t.Errorf("layer %d: bad %v, rejected %q", i, isBad, l.Rejected)
		}
	}
}

// A search that is too long ends, and the layers that it has not got to are told so; nothing bad is
// live.
func TestASearchThatIsTooLongEnds(t *testing.T) {
	const n = 60
	f := newFleet(t, n, 200)
	f.decide(t, func(i int) []byte { return f.doc(i, 2, "y") })
	_, evaluated := f.decide(t, func(i int) []byte {
		if i%2 == 0 {
			return f.doc(i, 66, "z") // which the method does not say
		}
		return f.doc(i, 4, "z")
	})
	if evaluated > 2*int64(bits.Len(n))+3 {
		t.Errorf("it is evaluated %d times", evaluated)
	}
	told := 0
	for i, l := range f.cfg.Health().Layers {
		live := f.cfg.Get().Docs[fmt.Sprintf("d%d", i)]
		if live.N == 66 || live.Name == "z" && l.Rejected != nil || live.Name == "y" && l.Rejected == nil {
			t.Errorf("layer %d has %s %d, rejected %q", i, live.Name, live.N, l.Rejected)
		}
		if strings.Contains(strings.Join(l.Rejected, " "), "too large to try its layers one by one") {
			told++
		}
	}
	if told == 0 {
		t.Error("no layer is told that the search has ended")
	}
	// What is good by itself comes with the next change.
	f.decide(t, func(i int) []byte { return f.doc(i, 5, "z") })
	if live := f.cfg.Get().Docs["d1"]; live.Name != "z" {
		t.Errorf("the next change is not live: %s", live.Name)
	}
}

// BenchmarkRefusal measures what deciding on a change of n layers with a hundred keys each costs
// where it is refused, beside what it costs where it is accepted. It reports the ratio, and on the
// largest n the exponent with which the time of a refusal grows.
func BenchmarkRefusal(b *testing.B) {
	sizes := []int{10, 25, 50, 100, 200}
	for _, c := range refusals {
		var logs [2][]float64
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/layers=%d", strings.ReplaceAll(c.name, " ", "_"), n), func(b *testing.B) {
				f := newFleet(b, n, 98)
				var accepted, refused time.Duration
				for i := 0; b.Loop(); i++ {
					took, _ := f.decide(b, func(l int) []byte { return f.doc(l, 2+i%2, "y") })
					accepted += took
					took, _ = f.decide(b, func(l int) []byte {
						if bad := c.bad(f, l, n); bad != nil {
							return bad
						}
						return f.doc(l, 4+i%2, "z")
					})
					refused += took
				}
				b.ReportMetric(float64(accepted.Microseconds())/float64(b.N)/1000, "accept-ms")
				b.ReportMetric(float64(refused.Microseconds())/float64(b.N)/1000, "refuse-ms")
				b.ReportMetric(float64(refused)/float64(accepted), "ratio")
				logs[0], logs[1] = append(logs[0], math.Log(float64(n))), append(logs[1], math.Log(refused.Seconds()/float64(b.N)))
				if len(logs[0]) == len(sizes) {
					b.ReportMetric(slope(logs[0], logs[1]), "exponent")
				}
			})
		}
	}
}

// BenchmarkManyProblems is BenchmarkRefusal where each of many layers has many problems.
func BenchmarkManyProblems(b *testing.B) {
	for _, what := range []string{"missing keys", "values out of range"} {
		b.Run(strings.ReplaceAll(what, " ", "_"), func(b *testing.B) {
			doc := func(i, n int, named bool) []byte {
				text := "docs:\n"
				for k := range 50 {
					text += fmt.Sprintf("  d%d-%d: {n: %d", i, k, n)
					if named {
						text += ", name: x"
					}
					text += "}\n"
				}
				return []byte(text)
			}
			f := &fleet{}
			var sources []source.Source
			for i := range 150 {
				m := memory.New(fmt.Sprintf("d%d.yaml", i), doc(i, 1, true))
				f.layers, sources = append(f.layers, m), append(sources, m)
			}
			o := quiet
			o.History, o.MaxBadChanges = 1, -1
			cfg, err := nacre.OpenWith[wide](b.Context(), o, sources...)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = cfg.Close() }()
			f.cfg = cfg
			var accepted, refused time.Duration
			for round := 0; b.Loop(); round++ {
				took, _ := f.decide(b, func(i int) []byte { return doc(i, 2+round%2, true) })
				accepted += took
				took, _ = f.decide(b, func(i int) []byte {
					if what == "missing keys" {
						return doc(i, 10+round%2, false)
					}
					return doc(i, 101+round%2, true)
				})
				refused += took
			}
			b.ReportMetric(float64(accepted.Microseconds())/float64(b.N)/1000, "accept-ms")
			b.ReportMetric(float64(refused.Microseconds())/float64(b.N)/1000, "refuse-ms")
			b.ReportMetric(float64(refused)/float64(accepted), "ratio")
		})
	}
}

// slope is that of the line which fits points best.
func slope(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
