package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// A validation that blocks must not keep the sources open, or make a version live after Close.
func TestCloseWhileValidationBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	for range 20 { // select chooses at random: each choice must be right
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
			s := settings(t, x, y)
			s.LastKnownGoodPath = path
			s.Sections[0].Validate = checked(func(c *config, n *tree.Node) source.Problems {
				if c.A == 2 {
					<-release
				}
				return rules(c, n)
			})
			e, err := engine.Start(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			settle()
			x.put("a: 2")
			settle()
			err = e.Close()
			if !errors.Is(err, source.Timeout) || !strings.Contains(err.Error(), "validation still runs") {
				t.Fatalf("Close returned %v", err)
			}
			if strings.Contains(err.Error(), "source") || strings.Contains(err.Error(), "last good") {
				t.Errorf("Close blames what has ended: %v", err)
			}
			if !x.isClosed() || !y.isClosed() {
				t.Error("a rule that hangs keeps the sources open")
			}
			close(release)
			synctest.Wait()
			if live := e.Live(); live.Version != 1 || value(live).A != 1 {
				t.Errorf("version %d came to life after Close", live.Version)
			}
			again := settings(t, newOrigin("x", "a: 1"), newOrigin("y", "b: 1"))
			again.LastKnownGoodPath = path
			second := start(t, again)
			if h := second.Health().LastKnownGood; h.Error != "" {
				t.Errorf("the copy is still owned by a config that is closed: %s", h.Error)
			}
			second.Close()
		})
	}
}

// A command that outlives Close must not crash the process.
func TestCloseWhileRollbackBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lastgood")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		s.LastKnownGoodPath = path
		s.Observers = on(handlers{observe.Applied: func(a observe.Event) {
			if a.Version == 3 {
				<-release
			}
		}})
		e, err := engine.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		x.put("a: 2")
		settle()
		go e.Rollback(t.Context(), observe.By{})
		synctest.Wait()
		if err := e.Close(); !errors.Is(err, source.Timeout) {
			t.Errorf("Close returned %v", err)
		}
		close(release)
		synctest.Wait()
	})
}

// A source that blocks must not keep other sources from being closed; one that returns late is
// closed late.
func TestCloseClosesOtherSourcesAndLateOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := blockingSource{newOrigin("stuck", "a: 1"), make(chan struct{})}
		others := []*origin{newOrigin("x", "b: 1"), newOrigin("y", "b: 2"), newOrigin("z", "b: 3")}
		e, err := engine.Start(t.Context(), settings(t, s, others[0], others[1], others[2]))
		if err != nil {
			t.Fatal(err)
		}
		err = e.Close()
		if err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("Close returned %q, want one line about the source that is stuck", err)
		}
		for _, o := range others {
			if !o.isClosed() {
				t.Errorf("source %s was not closed", o.name)
			}
		}
		close(s.release)
		synctest.Wait()
		if !s.isClosed() {
			t.Error("a source that came back late is never closed")
		}
	})
}

// A caller that gives up on a command shares nothing with the command, which keeps running.
func TestCommandOfCallerThatGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		s.Observers = on(handlers{observe.Applied: func(a observe.Event) {
			if a.Version == 3 {
				<-release
			}
		}})
		e := start(t, s)
		x.put("a: 2")
		settle()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Second)
			close(release)
		})
		live, err := e.Pin(ctx, 1, observe.By{})
		if err == nil && live != 3 || err != nil && live != 0 {
			t.Errorf("Pin returned %d, %v", live, err)
		}
		wg.Wait()
		settle()
		if e.Live().Version != 3 {
			t.Error("a command that had begun was not ended")
		}
		e.Close()
	})
}

// Pin does not wait for an open window, and the contents in the window are held.
func TestPinAndRollbackWithinAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		x.put("a: 2") // the version that the operator wants to leave
		settle()
		x.put("a: 3")
		synctest.Wait() // the window is open
		began := time.Now()
		live, err := e.Rollback(t.Context(), observe.By{})
		if err != nil || live != 3 || value(e.Live()).A != 1 || time.Since(began) != 0 {
			t.Errorf("Rollback within a window made version %d (a=%d) after %v, %v; want the version before the one that was live", live, value(e.Live()).A, time.Since(began), err)
		}
		settle()
		if value(e.Live()).A != 1 {
			t.Errorf("what was in the window went around the pin: a=%d", value(e.Live()).A)
		}
		if err := e.Unpin(t.Context(), observe.By{}); err != nil || value(e.Live()).A != 3 {
			t.Errorf("what was held is not live after Unpin: a=%d, %v", value(e.Live()).A, err)
		}
		e.Close()
	})
}

// Concurrent calls of Close close once.
func TestConcurrentSafeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		var wg sync.WaitGroup
		var closed atomic.Int32
		e.Subscribe("closes itself", true, func(*pipeline.State) engine.Handler {
			return func(context.Context, *pipeline.State, []observe.Cause) (bool, error) {
				go func() { e.Close(); closed.Add(1) }()
				return true, nil
			}
		})
		for range 8 {
			wg.Go(func() {
				x.put("a: 2")
				e.Health()
				e.Pin(t.Context(), 0, observe.By{})
				e.Unpin(t.Context(), observe.By{})
				e.Close()
				closed.Add(1)
			})
		}
		wg.Wait()
		if n := closed.Load(); n < 8 {
			t.Errorf("%d of the callers came back", n)
		}
		for _, err := range []error{e.Unpin(t.Context(), observe.By{}), func() error { _, err := e.Pin(t.Context(), 0, observe.By{}); return err }()} {
			if !errors.Is(err, source.Closed) {
				t.Errorf("a command after Close: %v", err)
			}
		}
	})
}
