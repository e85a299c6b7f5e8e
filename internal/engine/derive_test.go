package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// pool is a resource of a that fails to build while refuse reports true.
func pool(refuse func(a int) error) resource.Spec {
	return resource.Spec{
		Name:         "pool",
		Select:       func(c any) any { return value(c.(*pipeline.State)).A },
		Equal:        func(a, b any) bool { return a == b },
		Build:        func(_ context.Context, a any) (any, error) { return a, refuse(a.(int)) },
		BuildTimeout: time.Second, Grace: time.Second,
	}
}

// A bad publish must not keep a service down, even if only a build fails.
func TestStartWithContentThatCannotBeBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 2"), newOrigin("y", "b: 2")
		set := settings(t, x, y)
		set.LastKnownGoodPath = filepath.Join(t.TempDir(), "copy")
		set.Rebuild, set.MaxRebuild = time.Second, time.Minute
		var down atomic.Bool
		down.Store(true)
		refuse := func(a int) error {
			if a == 13 && down.Load() {
				return errors.New("down")
			}
			return nil
		}
		run := func() *engine.Engine {
			e, err := engine.Start(t.Context(), set)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		stop := func(e *engine.Engine) {
			t.Helper()
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
		e := run()
		if _, err := e.Derive(t.Context(), pool(refuse)); err != nil {
			t.Fatal(err)
		}
		x.put("a: 13")
		settle()
		if value(e.Live()).A != 2 {
			t.Fatal("what cannot be built is live")
		}
		stop(e)

		// The next start, with the same bad content: again and again, as an orchestrator does.
		y.put("b: 3")
		for range 3 {
			e = run()
			number, err := e.Derive(t.Context(), pool(refuse))
			if err != nil {
				t.Fatalf("the service cannot start: %v", err)
			}
			if v := value(e.Live()); v.A != 2 || v.B != 2 && v.B != 3 || e.Instance(number).Value() != 2 {
				t.Errorf("live is %+v, want the last good a", v)
			}
			settle()
			if h := e.Health(); len(h.Layers[0].Rejected) != 1 || value(e.Live()).B != 3 {
				t.Errorf("rejected %q, live %+v: want the bad layer reported and the good one in use", h.Layers[0].Rejected, value(e.Live()))
			}
			stop(e)
		}

		// The cause is over: the build succeeds.
		e = run()
		if _, err := e.Derive(t.Context(), pool(refuse)); err != nil {
			t.Fatal(err)
		}
		down.Store(false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if value(e.Live()).A != 13 {
			t.Errorf("it could be built, and live is %+v", value(e.Live()))
		}
		stop(e)

		// Without a copy to fall back to, Derive fails and does not change the copy.
		down.Store(true)
		x.put("a: 2")
		stop(run()) // leaves a copy with 2
		x.put("a: 13")
		e = run()
		bad := pool(func(int) error { return errors.New("down") })
		if _, err := e.Derive(t.Context(), bad); !errors.Is(err, source.BuildFailed) {
			t.Errorf("nothing can be built, and Derive returned %v", err)
		}
		if value(e.Live()).A != 13 {
			t.Errorf("the copy is no better, and live is %+v", value(e.Live()))
		}
		stop(e)
		e = run()
		if _, err := e.Derive(t.Context(), pool(refuse)); err != nil || value(e.Live()).A != 2 {
			t.Errorf("the copy was not left alone: live is %+v, %v", value(e.Live()), err)
		}
		stop(e)
	})
}
