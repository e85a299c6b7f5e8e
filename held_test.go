package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// holds are the ways in which a content is held, each with contents that are held for the same
// reasons.
var holds = map[string]struct {
	contents []string
	before   func(t *testing.T, cfg *nacre.Config[guardConfig], layer *memory.Source)
}{
	"the change guard": {contents: []string{body(2), body(2) + "pool: 7\n", lineOf(1) + "\n" + body(2), lineOf(2) + "\n" + body(2)}},
	"a pin": {contents: pools,
		before: func(t *testing.T, cfg *nacre.Config[guardConfig], _ *memory.Source) {
			t.Helper()
			if _, err := cfg.Pin(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}},
	"the breaker": {contents: pools,
		before: func(t *testing.T, _ *nacre.Config[guardConfig], layer *memory.Source) {
			t.Helper()
			for n := range 10 {
				layer.Set(fmt.Appendf(nil, "pool: %d\n%s", 1000+n, body(20)))
				settle()
			}
		}},
	"a quarantine": {contents: []string{bad, lineOf(1) + "\n" + bad, lineOf(2) + "\n" + bad},
		before: func(t *testing.T, cfg *nacre.Config[guardConfig], layer *memory.Source) {
			t.Helper()
			nacre.AutoRollback(cfg, func(_ context.Context, c *guardConfig) error {
				if c.Pool == 13 {
					return errors.New("no")
				}
				return nil
			})
			layer.Set([]byte(bad))
			time.Sleep(5 * time.Second) // until a check has failed
			synctest.Wait()
			layer.Set([]byte("pool: 12\n" + body(20)))
			settle()
		}},
}

var (
	pools = []string{"pool: 2\n" + body(20), "pool: 3\n" + body(20), lineOf(1) + "\npool: 3\n" + body(20), lineOf(2) + "\npool: 3\n" + body(20)}
	bad   = "pool: 13\n" + body(20)
)

// Each content that is held has an event, also where it replaces one that is held for the same
// reasons: an operator must see that another content waits for an approval, and who has published
// it.
func TestEachHeldContentIsReported(t *testing.T) {
	for what, test := range holds {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				cfg, m := open[guardConfig](t, r.options(), body(20))
				if test.before != nil {
					test.before(t, cfg, m)
				}
				r.held = nil
				sum := cfg.Snapshot().Sum
				for n, text := range test.contents {
					m.Set([]byte(text))
					settle()
					l := cfg.Health().Layers[0]
					if len(l.Held) == 0 || cfg.Snapshot().Sum != sum {
						t.Fatalf("content %d is not held", n+1)
					}
					if len(r.held) != n+1 {
						t.Fatalf("after %d contents that are held, there are %d events", n+1, len(r.held))
					}
					e := r.held[n]
					if len(e.Causes) != 1 || e.Causes[0].Revision != l.Latest || len(e.Reasons) == 0 || e.Fix == "" {
						t.Errorf("content %d is reported as %+v, want the revision %s with reasons and a fix", n+1, e, l.Latest)
					}
					if n == len(test.contents)-1 && (e.Causes[0].Release != "r2" || e.Causes[0].TraceParent != parentOf(2)) {
						t.Errorf("the release is %q and the trace %q, want those of the line", e.Causes[0].Release, e.Causes[0].TraceParent)
					}
				}
				// What is decided again for another reason has been reported.
				if _, err := cfg.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				settle()
				if len(r.held) != len(test.contents) {
					t.Errorf("a refresh reports the same content again: %d events", len(r.held))
				}
			})
		})
	}
}

// The same of a document that does not fit its release.
func TestEachHeldContentOfAReleaseIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelease(t)
		for n := 2; n <= 4; n++ {
			r.a.Set(docA(n))
			settle()
			l := r.cfg.Health().Layers[1]
			if len(r.r.held) != n-1 || len(l.Held) == 0 || r.r.held[n-2].Causes[0].Revision != l.Latest {
				t.Errorf("after content %d of a.yaml, there are %d events: %+v", n, len(r.r.held), r.r.held)
			}
		}
	})
}
