package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Each excluded layer gets its own problems, not those of another layer.
func TestEachLayerGetsItsOwnProblems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y, z, w := newOrigin("x", "a: 1"), newOrigin("y", "b: 60"), newOrigin("z", "s: a"), newOrigin("w", "s: b")
		e := start(t, settings(t, x, y, z, w))
		settle()
		x.put("a: [")      // cannot be decoded
		y.put("bb: 2")     // cannot be bound
		z.put("a: 101")    // cannot be validated
		w.put("s: good\n") // is good
		settle()
		if value(e.Live()).S != "good" {
			t.Errorf("the good one was held back: %+v", value(e.Live()))
		}
		h := e.Health()
		for i, want := range []string{"x.yaml:1", "unknown key", "must be at most 100"} {
			if got := strings.Join(h.Layers[i].Rejected, "\n"); !strings.Contains(got, want) || strings.Count(got, "\n") != 0 {
				t.Errorf("layer %s is said to be refused for %q, want its own fault alone: %q", h.Layers[i].Name, got, want)
			}
		}
		history := e.History()
		var reported source.Problems
		for _, entry := range history {
			if entry.Problems != nil {
				reported = entry.Problems
			}
		}
		if len(reported) != 3 {
			t.Errorf("the rejection has %d problems, want all 3 at once:\n%v", len(reported), reported)
		}
		e.Close()
	})
}

// Of two contents that conflict, exactly one applies, whichever arrives first, and the live version
// stays consistent.
func TestLargestGoodSubsetApplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
		s := settings(t, x, y)
		s.Sections[0].Validate = checked(func(c *config, n *tree.Node) (ps source.Problems) {
			if c.A+c.B > 10 {
				for _, key := range []string{"a", "b"} {
					ps = append(ps, &source.Problem{Kind: source.Invalid, Key: key, Message: "are too much", Position: n.Lookup(tree.Path{key}).Position()})
				}
			}
			return ps
		})
		e := start(t, s)
		settle()
		x.put("a: 8")
		y.put("b: 8")
		settle()
		if v := value(e.Live()); v.A != 8 || v.B != 1 {
			t.Errorf("a=%d b=%d is live; a=8 b=1 would have been good", v.A, v.B)
		}
		if h := e.Health(); len(h.Layers[0].Rejected) != 0 || len(h.Layers[1].Rejected) == 0 {
			t.Errorf("Health shows %q and %q", h.Layers[0].Rejected, h.Layers[1].Rejected)
		}
		e.Close()
	})
}

// A boot from the copy, since one layer is bad, still applies the newest contents of the others.
func TestBootWithOneBadLayerAppliesTheOthersNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		s := settings(t, newOrigin("x", "a: 7"), newOrigin("y", "b: 7"))
		s.LastKnownGoodPath = path
		start(t, s).Close()

		x, y := newOrigin("x", "a: ["), newOrigin("y", "b: 8")
		s = settings(t, x, y)
		s.LastKnownGoodPath = path
		e := start(t, s)
		if v := value(e.Live()); v.A != 7 || v.B != 8 {
			t.Errorf("booted with a=%d b=%d, want the copy's a=7 and the good new b=8", v.A, v.B)
		}
		h := e.Health()
		if len(h.Layers[0].Rejected) == 0 || len(h.Layers[1].Rejected) != 0 || h.Layers[1].FromLastKnownGood {
			t.Errorf("Health shows %+v", h.Layers)
		}
		e.Close()
	})
}

// A content that is accepted without a new version, since another layer hides it, is in the copy
// too.
func TestCopyIncludesHiddenContents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		x, top := newOrigin("x", "a: 7"), localOrigin{newOrigin("top", "a: 9")}
		s := settings(t, x, top)
		s.LastKnownGoodPath = path
		e := start(t, s)
		settle()
		before := e.Health().LastKnownGood.SavedAt
		x.put("a: 8")
		settle()
		if h := e.Health(); h.Version != 1 || !h.LastKnownGood.SavedAt.After(before) {
			t.Errorf("version %d, the copy is of %v and was of %v: a crash now would bring back what is old", h.Version, h.LastKnownGood.SavedAt, before)
		}
		e.Close()
	})
}

// Health shows a consistent state: the version, and the contents that made it.
func TestConcurrentSafeHealthIsConsistent(t *testing.T) {
	x := newOrigin("x", "a: 1")
	s := settings(t, x)
	s.Window = 0
	e, err := engine.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	sums := map[string]source.Revision{}
	for i := range 3000 {
		if i%3 == 0 {
			x.put([]string{"a: 1", "a: 2", "a: 3"}[i/3%3])
		}
		h := e.Health()
		if h.Layers[0].Applied == "" {
			t.Fatal("nothing is applied")
		}
		if before, ok := sums[h.Sum]; ok && before != h.Layers[0].Applied {
			t.Fatalf("Health shows the sum of one version and the revision of another (version %d)", h.Version)
		}
		sums[h.Sum] = h.Layers[0].Applied
	}
}

// A deadline before BootTimeout limits the wait in the same way: the start uses the copy if there
// is one.
func TestBootFromCopyAtDeadline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		ran(t, path, "a: 7")
		x := newOrigin("x", "")
		x.fail(errDown)
		s := settings(t, x)
		s.LastKnownGoodPath = path
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		e, err := engine.Start(ctx, s)
		if err != nil {
			t.Fatalf("there is a copy, and the service does not start: %v", err)
		}
		if value(e.Live()).A != 7 || time.Since(began) != time.Second {
			t.Errorf("a=%d after %v, want the copy's 7 after 1s", value(e.Live()).A, time.Since(began))
		}
		e.Close()

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		s.Layers[0].Source = newOrigin("x", "")
		if _, err := engine.Start(gone, s); !errors.Is(err, context.Canceled) {
			t.Errorf("who cancels Open wants no config; got %v", err)
		}
	})
}

// A content that is held after it was rejected, because its layer has had too many bad changes, is
// shown as held only.
func TestHeldContentIsNotShownAsRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
		s := settings(t, x, y)
		s.MaxBadChanges, s.BreakerWindow = 1, time.Minute
		e := start(t, s)
		settle()
		x.put("a: x")
		settle()
		if h := e.Health().Layers[0]; len(h.Rejected) != 1 || h.Held != nil {
			t.Errorf("a bad content is shown as %+v, want rejected", h)
		}
		y.put("b: 2")
		settle()
		if h := e.Health().Layers[0]; h.Rejected != nil || len(h.Held) != 1 {
			t.Errorf("a content that is held now is shown as %+v, want held only", h)
		}
		e.Close()
	})
}
