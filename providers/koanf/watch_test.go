package koanf_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/koanf"
	"github.com/nacre-go/nacre/source"
)

// counter is a provider whose content is a number, and whose Watch and Unwatch are a test's.
type counter struct {
	n              atomic.Int64
	missing        atomic.Bool
	reads          atomic.Int64
	watches, stops atomic.Int64

	mu      sync.Mutex
	cb      func(any, error)
	onWatch func(cb func(any, error)) error
	onStop  func() error
}

func (c *counter) ReadBytes() ([]byte, error) { return nil, errNotSupported }

func (c *counter) Read() (map[string]any, error) {
	c.reads.Add(1)
	if c.missing.Load() {
		return nil, errors.New("missing")
	}
	return map[string]any{"n": strconv.FormatInt(c.n.Load(), 10)}, nil
}

func (c *counter) Watch(cb func(any, error)) error {
	c.watches.Add(1)
	c.mu.Lock()
	c.cb = cb
	f := c.onWatch
	c.mu.Unlock()
	if f != nil {
		return f(cb)
	}
	return nil
}

func (c *counter) Unwatch() error {
	c.stops.Add(1)
	c.mu.Lock()
	f := c.onStop
	c.mu.Unlock()
	if f != nil {
		return f()
	}
	return nil
}

func (c *counter) tell(err error) {
	c.mu.Lock()
	cb := c.cb
	c.mu.Unlock()
	cb("event", err)
}

// after calls Next, runs change when it is blocked, and returns after what time the number came
// that is there then.
func after(t *testing.T, s source.Source, c *counter, prev *source.Revision, change func()) time.Duration {
	t.Helper()
	begin := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		for {
			content, err := s.Next(ctx, *prev)
			if err != nil {
				t.Errorf("Next: %v", err)
				return
			}
			*prev = content.Revision
			if content.Documents[0].Tree["n"] == strconv.FormatInt(c.n.Load(), 10) {
				return
			}
		}
	}()
	synctest.Wait()
	change()
	<-done
	return time.Since(begin)
}

const interval = time.Minute

func watchedCounter(c *counter) source.Source {
	return koanf.New(c, nil, koanf.Name("counter"), koanf.PollInterval(interval))
}

func TestWatchWakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		s := watchedCounter(c)
		prev := next(t, s, "").Revision
		if took := after(t, s, c, &prev, func() { c.n.Add(1); c.tell(nil) }); took != 0 {
			t.Errorf("a change that was pushed came after %v", took)
		}
		if took := after(t, s, c, &prev, func() { c.n.Add(1) }); took != interval {
			t.Errorf("a change that was not pushed came after %v, must come with the interval, %v", took, interval)
		}
		if took := after(t, s, c, &prev, func() {
			c.tell(nil) // for nothing
			c.tell(nil)
			synctest.Wait()
			c.n.Add(1)
			c.tell(nil)
		}); took != 0 {
			t.Errorf("wake-ups for nothing delay a change: %v", took)
		}
		if err := closeSource(s); err != nil || c.stops.Load() != 1 {
			t.Errorf("Close returned %v and called Unwatch %d times", err, c.stops.Load())
		}
		_ = closeSource(s)
		c.tell(errors.New("late"))
		if c.watches.Load() != 1 || c.stops.Load() != 1 {
			t.Errorf("Watch was called %d times and Unwatch %d times", c.watches.Load(), c.stops.Load())
		}
	})
}

// The change between the read and the subscription is the one that is lost by whoever does these in
// the wrong order.
func TestChangeWhileWatchBegins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		c.onWatch = func(func(any, error)) error { c.n.Add(1); return nil } // nobody is told
		s := watchedCounter(c)
		begin := time.Now()
		content := next(t, s, "")
		if content.Documents[0].Tree["n"] != "1" || time.Since(begin) != 0 {
			t.Error("what changed while the watch was being set up is not seen")
		}
		_ = closeSource(s)
	})
}

// A watch that ends is begun again, at the interval and not sooner, after Unwatch; until then the
// provider is polled.
func TestWatchThatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		s := watchedCounter(c)
		prev := next(t, s, "").Revision
		if took := after(t, s, c, &prev, func() { c.n.Add(1); c.tell(panicking{}) }); took != 0 {
			t.Errorf("the end of a watch does not wake: %v", took)
		}
		for range 5 {
			c.tell(errors.New("again"))
		}
		if took := after(t, s, c, &prev, func() { c.n.Add(1) }); took != interval {
			t.Errorf("a change without a watch came after %v", took)
		}
		if c.watches.Load() != 2 || c.stops.Load() != 1 {
			t.Errorf("after %v a watch that had ended was begun %d times more, and ended %d times", interval, c.watches.Load()-1, c.stops.Load())
		}
		if took := after(t, s, c, &prev, func() { c.n.Add(1); c.tell(nil) }); took != 0 {
			t.Errorf("the second watch does not wake: %v", took)
		}
		_ = closeSource(s)
	})
}

// Nothing is watched that cannot be read: koanf's file provider would hang in its own lock.
func TestWatchWaitsForTheFirstRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		c.missing.Store(true)
		s := watchedCounter(c)
		if _, err := s.Next(t.Context(), ""); err == nil || c.watches.Load() != 0 {
			t.Error("a provider that cannot be read was watched")
		}
		var prev source.Revision
		if took := after(t, s, c, &prev, func() { c.missing.Store(false) }); took != interval || c.watches.Load() != 1 {
			t.Errorf("the provider was mended, and seen after %v, with %d watches", took, c.watches.Load())
		}
		_ = closeSource(s)
	})
}

// A Watch that fails may have kept a lock: neither Watch nor Unwatch is called again, and nothing
// hangs.
func TestWatchThatFails(t *testing.T) {
	t.Parallel()
	for name, watch := range map[string]func(func(any, error)) error{
		"error": func(func(any, error)) error { return errors.New("no such file") },
		"panic": func(func(any, error)) error { panic("hunter2") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &counter{onWatch: watch}
				c.onStop = func() error { t.Error("Unwatch was called after Watch had failed"); return nil }
				s := watchedCounter(c)
				prev := next(t, s, "").Revision
				for range 3 {
					if took := after(t, s, c, &prev, func() { c.n.Add(1) }); took != interval {
						t.Errorf("a change came after %v", took)
					}
				}
				if c.watches.Load() != 1 {
					t.Errorf("Watch was called %d times", c.watches.Load())
				}
				if err := closeSource(s); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Some providers' Watch watches until it returns. Its end is the watch's end.
func TestWatchThatBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		c := &counter{onWatch: func(func(any, error)) error { <-stop; return nil }}
		c.onStop = func() error { close(stop); return nil }
		s := watchedCounter(c)
		begin := time.Now()
		prev := next(t, s, "").Revision
		if took := time.Since(begin); took != time.Second {
			t.Errorf("a Watch that blocks was waited for %v, documented as 1 s", took)
		}
		if took := after(t, s, c, &prev, func() { c.n.Add(1); c.tell(nil) }); took != 0 {
			t.Errorf("a Watch that blocks does not wake: %v", took)
		}
		if err := closeSource(s); err != nil || c.stops.Load() != 1 {
			t.Errorf("Close returned %v and called Unwatch %d times", err, c.stops.Load())
		}
		synctest.Wait()
	})
}

func TestWatchThatBlocksAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{}, 1)
		c := &counter{onWatch: func(func(any, error)) error { <-stop; return nil }}
		s := watchedCounter(c)
		prev := next(t, s, "").Revision
		if took := after(t, s, c, &prev, func() { c.n.Add(1); stop <- struct{}{} }); took != 0 {
			t.Errorf("a Watch that came back does not wake: %v", took)
		}
		if took := after(t, s, c, &prev, func() { c.n.Add(1) }); took != interval+time.Second || c.watches.Load() != 2 {
			t.Errorf("a change came after %v, with %d watches", took, c.watches.Load())
		}
		stop <- struct{}{}
		_ = closeSource(s)
	})
}

// Close waits for a second, whatever the provider does.
func TestCloseNeverHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer close(gate)
		c := &counter{onStop: func() error { <-gate; return nil }}
		s := watchedCounter(c)
		next(t, s, "")
		begin := time.Now()
		if err := closeSource(s); !errors.Is(err, source.Timeout) {
			t.Errorf("an Unwatch that hangs gives %v, must be a timeout", err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("Close took %v, documented as a second", took)
		}

		c = &counter{onStop: func() error { panic("hunter2") }}
		s = watchedCounter(c)
		next(t, s, "")
		if err := closeSource(s); !errors.Is(err, source.Unavailable) {
			t.Errorf("an Unwatch that panics gives %v", err)
		}

		s = watchedCounter(&counter{})
		if err := closeSource(s); err != nil {
			t.Errorf("Close of a source that was never asked: %v", err)
		}
	})
}

// Close returns when the watch has ended, if that takes no longer than a second more.
func TestCloseWaitsForTheWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for lasts, want := range map[time.Duration]time.Duration{300 * time.Millisecond: 300 * time.Millisecond, time.Minute: time.Second} {
			stop := make(chan struct{})
			c := &counter{onWatch: func(func(any, error)) error { <-stop; <-time.After(lasts); return nil }}
			c.onStop = func() error { close(stop); return nil }
			s := watchedCounter(c)
			next(t, s, "")
			begin := time.Now()
			if err := closeSource(s); err != nil || time.Since(begin) != want {
				t.Errorf("a watch that ends after %v was waited for %v, error %v; documented as %v", lasts, time.Since(begin), err, want)
			}
			<-time.After(lasts)
		}
	})
}

// Next listens to its context while Watch or Unwatch hang.
func TestCancelWhileWatchHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := &counter{onWatch: func(func(any, error)) error { <-gate; return errors.New("in the end") }}
		s := watchedCounter(c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		begin := time.Now()
		if _, err := s.Next(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Millisecond {
			t.Errorf("a Next whose Watch hangs returned %v after %v", err, time.Since(begin))
		}
		close(gate)
		synctest.Wait()
		prev := next(t, s, "").Revision
		if took := after(t, s, c, &prev, func() { c.n.Add(1) }); took != interval || c.watches.Load() != 1 {
			t.Errorf("a change came after %v, with %d watches", took, c.watches.Load())
		}
		if err := closeSource(s); err != nil || c.stops.Load() != 0 {
			t.Errorf("Close returned %v and called Unwatch %d times though Watch had failed", err, c.stops.Load())
		}
	})
}
