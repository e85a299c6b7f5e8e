package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type guardConfig struct {
	Server struct {
		Addr    string `config:"addr" default:":80" live:"false" validate:"required"`
		Timeout int    `config:"timeout"`
	} `config:"server"`
	Pool int            `config:"pool" validate:"lte=100"`
	More map[string]any `config:"more"`
}

// recorder hears of what guards do.
type recorder struct {
	held     []observe.Event
	tripped  []observe.Event
	pending  []observe.Event
	reverted []observe.Event
}

func (r *recorder) options() nacre.Options {
	o := quiet
	o.Observers = on(handlers{
		observe.Held:           func(e observe.Event) { r.held = append(r.held, e) },
		observe.BreakerOpened:  func(e observe.Event) { r.tripped = append(r.tripped, e) },
		observe.PendingRestart: func(e observe.Event) { r.pending = append(r.pending, e) },
		observe.RolledBack:     func(e observe.Event) { r.reverted = append(r.reverted, e) },
	})
	return o
}

func TestARestartOnlyFieldStaysAndTheRestComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		cfg, m := open[guardConfig](t, r.options(), "server: {addr: ':1', timeout: 1}\npool: 1")
		sum := cfg.Snapshot().Sum
		m.Set([]byte("server:\n  addr: ':2'\n  timeout: 2\npool: 2"))
		settle()
		if c := cfg.Get(); c.Server.Addr != ":1" || c.Server.Timeout != 2 || c.Pool != 2 {
			t.Errorf("live is %+v, want the old address and all else new", *c)
		}
		h := cfg.Health()
		if len(h.Pending) != 1 || h.Pending[0] != "server.addr config.yaml:2:9" || len(r.pending) != 1 || h.Ready() != nil {
			t.Errorf("pending %v, told %d times, ready: %v", h.Pending, len(r.pending), h.Ready())
		}
		x, err := cfg.Explain("server.addr")
		if err != nil || !x.Pending || !strings.Contains(x.String(), "waits for a restart") {
			t.Errorf("Explain says %s, %v", x, err)
		}
		m.Set([]byte("server:\n  addr: ':2'\n  timeout: 3\npool: 2"))
		settle()
		if len(r.pending) != 1 || cfg.Get().Server.Timeout != 3 || cfg.Get().Server.Addr != ":1" {
			t.Errorf("the same key waits, and it is told %d times; live is %+v", len(r.pending), *cfg.Get())
		}

		// What waits must be good too: the next start goes by it.
		m.Set([]byte("server: {addr: '', timeout: 4}"))
		settle()
		if rejected := cfg.Health().Layers[0].Rejected; len(rejected) != 1 || !strings.Contains(rejected[0], "server.addr") || cfg.Get().Server.Timeout != 3 {
			t.Errorf("a value that the next start would refuse: %q", rejected)
		}

		m.Set([]byte("server: {addr: ':1', timeout: 1}\npool: 1"))
		settle()
		if h := cfg.Health(); len(h.Pending) != 0 || cfg.Snapshot().Sum != sum {
			t.Errorf("all is as it was, and pending is %v", h.Pending)
		}
	})
}

// approve approves what Health shows as the newest content of a layer.
func approve[T any](cfg *nacre.Config[T], layer int) (int64, error) {
	l := cfg.Health().Layers[layer]
	return cfg.Approve(context.Background(), l.Name, l.Latest)
}

// body is a document with n keys.
func body(n int) string {
	text := "more:\n"
	for i := range n {
		text += fmt.Sprintf("  k%02d: %d\n", i, i)
	}
	return text
}

func TestALargeLossIsHeld(t *testing.T) {
	for what, bad := range map[string]string{"it empties": "", "a comment is left": "# nothing", "most is gone": body(4), "a type changes": body(20) + "  x: 1\n"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				low, high := memoryLayer("low.yaml", body(20)+"  x: [1]\n"), memoryLayer("high.yaml", "pool: 1")
				cfg, err := nacre.OpenWith[guardConfig](t.Context(), r.options(), low, high)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = cfg.Close() }()
				low.Set([]byte(bad))
				high.Set([]byte("pool: 2"))
				settle()
				if c := cfg.Get(); len(c.More) != 21 || c.Pool != 2 {
					t.Errorf("live are %d keys and pool %d, want all, and the other layer's change", len(c.More), c.Pool)
				}
				h := cfg.Health()
				if len(h.Layers[0].Held) != 1 || len(r.held) != 1 || h.Layers[1].Held != nil {
					t.Fatalf("held %q, told %+v", h.Layers[0].Held, r.held)
				}
				version, err := approve(cfg, 0)
				if err != nil || version != 3 || fmt.Sprint(cfg.Get().More["x"]) == "[1]" || cfg.Health().Layers[0].Held != nil {
					t.Errorf("Release: version %d, %v, %d keys, held %q", version, err, len(cfg.Get().More), cfg.Health().Layers[0].Held)
				}
			})
		})
	}
}

func TestHeldIsNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		cfg, m := open[guardConfig](t, r.options(), body(20))
		m.Set(nil)
		settle()
		m.Set([]byte(body(21)))
		settle()
		if len(cfg.Get().More) != 21 || cfg.Health().Layers[0].Held != nil {
			t.Errorf("a change that loses nothing is held: %q", cfg.Health().Layers[0].Held)
		}
		if _, err := cfg.Approve(t.Context(), "nobody", "r1"); !errors.Is(err, source.NotFound) {
			t.Errorf("Release of a layer that is not there: %v", err)
		}
	})
}

func TestUnguarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memoryLayer("overrides.yaml", body(20))
		cfg, err := nacre.OpenWith[guardConfig](t.Context(), quiet, nacre.Layer(m, nacre.WithoutChangeGuard()))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cfg.Close() }()
		m.Set(nil)
		settle()
		if len(cfg.Get().More) != 0 {
			t.Error("a layer that is not guarded is held")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.MaxKeyLoss = -1
		cfg, m := open[guardConfig](t, o, body(20))
		m.Set(nil)
		settle()
		if len(cfg.Get().More) != 0 {
			t.Error("without a guard a change is held")
		}
	})
}

func TestTooManyBadChangesOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		o := r.options()
		o.MaxBadChanges = 3
		cfg, m := open[guardConfig](t, o, "pool: 1")
		for i := range 3 {
			m.Set(fmt.Appendf(nil, "pool: %d", 101+i))
			settle()
		}
		if len(r.tripped) != 1 || r.tripped[0].Count != 3 {
			t.Fatalf("told of %+v", r.tripped)
		}
		m.Set([]byte("pool: 2"))
		settle()
		if held := cfg.Health().Layers[0].Held; cfg.Get().Pool != 1 || len(held) != 1 || !strings.Contains(held[0], "3 bad changes") {
			t.Errorf("after three bad changes the next one: pool %d, held %q", cfg.Get().Pool, held)
		}
		// What was live before is known to be good.
		m.Set([]byte("# with a comment\npool: 1"))
		settle()
		if cfg.Health().Layers[0].Held == nil {
			t.Error("what was never live passes for good")
		}
		m.Set([]byte("pool: 1"))
		settle()
		if h := cfg.Health().Layers[0]; h.Held != nil {
			t.Errorf("what is live is held: %q", h.Held)
		}
		m.Set([]byte("pool: 3"))
		settle()
		if cfg.Get().Pool != 3 {
			t.Error("the layer said what was good, and the next change is held")
		}
	})
}

func TestReleaseClosesTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.MaxBadChanges = 1
		cfg, m := open[guardConfig](t, o, "pool: 1")
		m.Set([]byte("pool: 101"))
		settle()
		m.Set([]byte("pool: 2"))
		settle()
		if cfg.Get().Pool != 1 {
			t.Fatal("the breaker is not open")
		}
		if _, err := approve(cfg, 0); err != nil || cfg.Get().Pool != 2 {
			t.Errorf("after Release: pool %d, %v", cfg.Get().Pool, err)
		}
		m.Set([]byte("pool: 3"))
		settle()
		if cfg.Get().Pool != 3 {
			t.Error("after Release the breaker is open")
		}
	})
}

// watched is a config with a probe that fails while the pool is bad.
func watched(t *testing.T, r *recorder, bad func(pool int) error) (*nacre.Config[guardConfig], func(text string)) {
	t.Helper()
	cfg, m := open[guardConfig](t, r.options(), "pool: 1")
	nacre.AutoRollback(cfg, func(_ context.Context, c *guardConfig) error { return bad(c.Pool) }, nacre.WithName("self test"))
	return cfg, func(text string) { m.Set([]byte(text)) }
}

func TestAFailingProbeTakesTheVersionBack(t *testing.T) {
	for what, bad := range map[string]func(int) error{
		"error": func(pool int) error {
			if pool == 13 {
				return errors.New("no requests get through")
			}
			return nil
		},
		"panic": func(pool int) error {
			if pool == 13 {
				panic("boom")
			}
			return nil
		},
		"hang": func(pool int) error {
			if pool == 13 {
				time.Sleep(time.Minute)
			}
			return nil
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				cfg, set := watched(t, &r, bad)
				set("pool: 13")
				time.Sleep(500 * time.Millisecond)
				synctest.Wait()
				if h := cfg.Health(); cfg.Get().Pool != 13 || !h.OnProbation {
					t.Fatalf("the change is not live, or not on trial: %d, %v", cfg.Get().Pool, h.OnProbation)
				}
				time.Sleep(8 * time.Second)
				synctest.Wait()
				h := cfg.Health()
				if cfg.Get().Pool != 1 || h.Version != 3 || h.OnProbation {
					t.Fatalf("the probe fails, and live is pool %d, version %d", cfg.Get().Pool, h.Version)
				}
				if len(r.reverted) != 1 || r.reverted[0].From != 2 || r.reverted[0].To != 1 || r.reverted[0].Version != 3 || len(r.reverted[0].Causes) != 1 ||
					!strings.Contains(r.reverted[0].Err.Error(), "self test") {
					t.Errorf("told of %+v", r.reverted)
				}
				if held := h.Layers[0].Held; len(held) != 1 || !strings.Contains(held[0], "version 2 was rolled back: check self test") {
					t.Errorf("held: %q", held)
				}
				history := cfg.History()
				if last := history[len(history)-1]; last.Kind != observe.RolledBack || last.Version != 3 {
					t.Errorf("the history ends with %+v", last)
				}
				// It is not tried again, neither by itself nor when something else changes.
				set("pool: 2")
				settle()
				set("pool: 13")
				time.Sleep(time.Minute)
				synctest.Wait()
				if cfg.Get().Pool != 2 || len(r.reverted) != 1 {
					t.Errorf("what was taken back is live again, or was: pool %d, taken back %d times", cfg.Get().Pool, len(r.reverted))
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestAGoodVersionPassesItsTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		calls := 0
		cfg, set := watched(t, &r, func(int) error { calls++; return nil })
		set("pool: 2")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if cfg.Get().Pool != 2 || cfg.Health().OnProbation || calls < 28 || calls > 31 {
			t.Errorf("after half a minute: pool %d, on trial %v, %d calls", cfg.Get().Pool, cfg.Health().OnProbation, calls)
		}
		before := calls
		time.Sleep(time.Minute)
		if calls != before {
			t.Error("a version that has passed is still watched")
		}
	})
}

// Anomaly: going back to a version that was on trial itself.
func TestOneGoesBackBehindAllThatDidNotPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		cfg, set := watched(t, &r, func(pool int) error {
			if pool == 13 {
				return errors.New("bad")
			}
			return nil
		})
		set("pool: 2")
		time.Sleep(10 * time.Second) // not to the end of its trial
		set("pool: 13")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if cfg.Get().Pool != 1 || r.reverted[0].To != 1 {
			t.Errorf("live is pool %d", cfg.Get().Pool)
		}
	})
}

func TestPinEndsATrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		cfg, set := watched(t, &r, func(pool int) error { return errors.New("bad") })
		set("pool: 2")
		time.Sleep(500 * time.Millisecond)
		if _, err := cfg.Pin(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if cfg.Get().Pool != 2 || len(r.reverted) != 0 {
			t.Errorf("somebody has pinned version 2, and live is pool %d", cfg.Get().Pool)
		}
	})
}

// The resources of the version to go back to stay open while the new one is on trial, so that there
// is something to go back to.
func TestResourcesAreKeptForTheWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one")
		f := &factory{}
		db := derive(t, cfg, f, nacre.CloseGrace(0))
		check := nacre.AutoRollback(cfg, func(_ context.Context, c *deriveConfig) error {
			if c.DB == "two" {
				return errors.New("bad")
			}
			return nil
		})
		one, release := db.Acquire()
		release()
		f.took()
		m.Set([]byte("db: two"))
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if one.closed.Load() || db.Get().dsn != "two" {
			t.Errorf("on trial: the old one is closed: %v, live is %s", one.closed.Load(), db.Get().dsn)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if log := f.took(); log != "open two, close two" || db.Get() != one || one.closed.Load() {
			t.Errorf("taken back: %q, live is %s, closed %v", log, db.Get().dsn, db.Get().closed.Load())
		}
		m.Set([]byte("db: three"))
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if log := f.took(); log != "open three, close one" {
			t.Errorf("a good version: %q", log)
		}
		check.Stop()
		<-check.Done()
		m.Set([]byte("db: four"))
		settle()
		if log := f.took(); log != "open four, close three" {
			t.Errorf("without a probe: %q", log)
		}

		// Closed in the middle of a trial: all is closed.
		nacre.AutoRollback(cfg, func(context.Context, *deriveConfig) error { return nil })
		m.Set([]byte("db: five"))
		settle()
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		if log := f.took(); !strings.Contains(log, "close five") || !strings.Contains(log, "close four") || strings.Contains(log, "twice") {
			t.Errorf("Close on trial: %q", log)
		}
	})
}

// A check that is stopped decides nothing any more: Stop ends a call that is running, Done tells
// that none is, and the version on probation counts as good once no check watches it.
func TestAStoppedRollbackCheckDecidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := memory.New("config.yaml", []byte("pool: 1"))
		cfg, err := nacre.OpenWith[guardConfig](t.Context(), quiet, src)
		if err != nil {
			t.Fatal(err)
		}
		calls := make(chan context.Context)
		check := nacre.AutoRollback(cfg, func(ctx context.Context, _ *guardConfig) error {
			calls <- ctx
			<-ctx.Done()
			return errors.New("too late to matter")
		})
		src.Set([]byte("pool: 2"))
		call := <-calls
		select {
		case <-check.Done():
			t.Error("Done is closed while the check is in use")
		default:
		}
		check.Stop()
		check.Stop()
		<-check.Done()
		if call.Err() == nil {
			t.Error("the context of the running call goes on after Stop")
		}
		time.Sleep(time.Minute)
		if h := cfg.Health(); cfg.Get().Pool != 2 || h.OnProbation {
			t.Errorf("after Stop: pool %d, on probation %v, want 2 and false", cfg.Get().Pool, h.OnProbation)
		}
		other := nacre.AutoRollback(cfg, func(context.Context, *guardConfig) error { return nil })
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		<-other.Done() // Close ends the checks that nobody stopped
	})
}

// Done waits for a call that ignores its context, however long nacre itself has waited for it.
func TestDoneOfARollbackCheckWaitsForItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := memory.New("config.yaml", []byte("pool: 1"))
		cfg, err := nacre.OpenWith[guardConfig](t.Context(), quiet, src)
		if err != nil {
			t.Fatal(err)
		}
		called, release := make(chan struct{}), make(chan struct{})
		check := nacre.AutoRollback(cfg, func(context.Context, *guardConfig) error {
			close(called)
			<-release
			return nil
		})
		src.Set([]byte("pool: 2"))
		<-called
		check.Stop()
		synctest.Wait()
		select {
		case <-check.Done():
			t.Error("Done is closed while the call is running")
		default:
		}
		close(release)
		<-check.Done()
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	})
}
