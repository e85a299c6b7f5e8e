package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// TestModel drives random scripts of put, delete, corrupt, reorder and outages on some layers, and
// compares the live version with a model that is simple enough to verify by reading: each layer has
// a last good content, and the live version is the merge of those, lowest first. Every subscriber,
// however slow, receives increasing versions and ends with the last one.
//
// A failure names its seed: run it alone with that number in the loop.
func TestModel(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) { runModel(t, seed) })
		if t.Failed() {
			return
		}
	}
}

// say is one layer's content in the model; a nil key is not set.
type say struct{ a, b *int }

func (s say) yaml() string {
	text := "# \n"
	if s.a != nil {
		text += fmt.Sprintf("a: %d\n", *s.a)
	}
	if s.b != nil {
		text += fmt.Sprintf("b: %d\n", *s.b)
	}
	return text
}

func runModel(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	layers := 1 + r.IntN(4)
	origins := make([]*origin, layers)
	good := make([]say, layers) // the last good content of each layer
	var sources []source.Source
	for i := range origins {
		origins[i] = newOrigin(fmt.Sprintf("l%d", i), good[i].yaml())
		sources = append(sources, origins[i])
	}
	s := settings(t, sources...)
	s.Sections[0].Validate = checked(func(*config, *tree.Node) source.Problems { return nil }) // bad contents are bad by themselves
	e := start(t, s)

	type seen struct {
		name string
		last int64
		a, b int
	}
	var all []*seen
	subscribe := func(pace time.Duration) {
		me := &seen{name: fmt.Sprintf("subscriber %d (pace %v)", len(all), pace)}
		all = append(all, me)
		e.Subscribe(me.name, true, func(*pipeline.State) engine.Handler {
			return func(ctx context.Context, s *pipeline.State, causes []observe.Cause) (bool, error) {
				if s.Version <= me.last {
					t.Errorf("seed %d: %s saw version %d after %d", seed, me.name, s.Version, me.last)
				}
				me.last, me.a, me.b = s.Version, value(s).A, value(s).B
				time.Sleep(pace)
				if s.Version%7 == 0 {
					panic("now and then")
				}
				return true, nil
			}
		})
	}
	subscribe(0)
	subscribe(70 * time.Millisecond)
	subscribe(2 * time.Second)

	// The newest good content of each layer that has not settled yet, or nil.
	newest := make([]*say, layers)
	// settled waits for all pending work: the last good contents must be live.
	settled := func() {
		for _, o := range origins {
			o.heal()
		}
		time.Sleep(2 * time.Minute) // longer than the back-off of a source that failed
		synctest.Wait()
		for i := range origins {
			if newest[i] != nil {
				good[i], newest[i] = *newest[i], nil
			}
		}
		check(t, seed, e, good)
	}
	for range 5 + r.IntN(40) {
		i := r.IntN(layers)
		o := origins[i]
		switch r.IntN(12) {
		case 0, 1, 2, 3, 4:
			next := say{}
			if r.IntN(3) > 0 {
				n := r.IntN(50)
				next.a = &n
			}
			if r.IntN(3) > 0 {
				n := r.IntN(50)
				next.b = &n
			}
			o.put(next.yaml())
			newest[i] = &next
		case 5, 6, 7:
			// The model cannot tell whether a good content applies before a bad one that follows at
			// once.
			if newest[i] != nil {
				settled()
			}
			switch r.IntN(3) {
			case 0: // corrupt
				o.put([]string{"a: [", "a: x", "s: [x]", "zz: 1", "a: 1\na: 2", "- a", "\x00"}[r.IntN(7)])
			case 1: // a digest that does not match
				o.putDigest("a: 77", fmt.Sprintf("md5:%032x", r.Uint64()))
			case 2: // delete: the last good content stays
				o.remove()
			}
		case 8: // an older content comes again, late
			if newest[i] != nil {
				o.put("a: 1")
				o.put(newest[i].yaml())
			}
		case 9:
			o.fail(fmt.Errorf("outage %d", r.IntN(3)))
		case 10:
			o.heal()
		case 11:
			time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
			continue
		}
		if r.IntN(3) == 0 {
			settled()
		}
	}
	settled()
	live := e.Live()
	for _, s := range all {
		if s.last != live.Version || s.a != value(live).A || s.b != value(live).B {
			t.Errorf("seed %d: %s ended with version %d (a=%d b=%d), live is %d (a=%d b=%d)", seed, s.name, s.last, s.a, s.b,
				live.Version, value(live).A, value(live).B)
		}
	}
	e.Close()
}

func check(t *testing.T, seed uint64, e *engine.Engine, good []say) {
	t.Helper()
	a, b := 1, 1 // the defaults
	for _, s := range good {
		if s.a != nil {
			a = *s.a
		}
		if s.b != nil {
			b = *s.b
		}
	}
	if v := value(e.Live()); v.A != a || v.B != b {
		t.Errorf("seed %d: live is a=%d b=%d, the fold of the latest good contents a=%d b=%d", seed, v.A, v.B, a, b)
	}
}
