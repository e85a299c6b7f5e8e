package koanf

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/knadh/koanf/v2"

	"github.com/nacre-go/nacre/source"
)

// patience is how long the source waits for Watch and Unwatch.
const patience = time.Second

// watch is a provider's Watch. Only the goroutine of Next, and after it that of Close, uses it,
// except for the callback.
type watch struct {
	watcher interface {
		Watch(cb func(event any, err error)) error
	}
	unwatcher interface{ Unwatch() error }

	wake  chan struct{}             // one slot
	done  chan struct{}             // closed when the last Watch has returned; nil if it was never called
	never atomic.Bool               // Watch or Unwatch failed: neither is called again, because one of them may hold a lock forever
	ended atomic.Pointer[time.Time] // when the watch reported its end; nil while it runs
}

func newWatch(provider koanf.Provider) *watch {
	w := &watch{wake: make(chan struct{}, 1)}
	w.watcher, _ = provider.(interface {
		Watch(cb func(event any, err error)) error
	})
	w.unwatcher, _ = provider.(interface{ Unwatch() error })
	return w
}

// begin calls Watch if necessary, and reports whether it did: if Watch was never called, and an
// interval after a watch has ended.
func (w *watch) begin(ctx context.Context, interval time.Duration) bool {
	if w.watcher == nil || w.never.Load() {
		return false
	}
	if w.done != nil {
		ended := w.ended.Load()
		if ended == nil || time.Since(*ended) < interval {
			return false
		}
		if w.unwatcher != nil {
			if back, err := within(ctx, w.unwatcher.Unwatch); !back || err != nil {
				w.never.Store(true)
				return false
			}
		}
		w.ended.Store(nil)
	}
	done, late := make(chan struct{}), &atomic.Bool{}
	w.done = done
	go func() {
		defer close(done)
		if guarded(func() error { return w.watcher.Watch(w.heard) }) != nil {
			w.never.Store(true)
		}
		if late.Load() { // the watch has ended
			w.heard(nil, errEnded)
		}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		late.Store(true) // a Watch that does not return watches until it does
	case <-ctx.Done():
		late.Store(true)
	}
	return true
}

// heard is the callback. It ignores the event and only wakes the source.
func (w *watch) heard(_ any, err error) {
	if err != nil {
		now := time.Now()
		w.ended.CompareAndSwap(nil, &now)
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close ends the watch if there is one, within twice the patience.
func (w *watch) close(document string) error {
	if w.done == nil || w.unwatcher == nil || w.never.Load() {
		return nil
	}
	back, err := within(context.Background(), w.unwatcher.Unwatch)
	switch {
	case !back:
		return &source.Error{Kind: source.Timeout, Op: "unwatch", Document: document, Err: errStuck}
	case err != nil:
		return &source.Error{Kind: source.Unavailable, Op: "unwatch", Document: document, Err: errUnwatch}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
	}
	return nil
}

var (
	errStuck    = errors.New("the provider's Unwatch does not return; its watch may continue")
	errUnwatch  = errors.New("the provider's Unwatch returned an error; its watch may continue")
	errEnded    = errors.New("the watch has ended")
	errPanicked = errors.New("the provider or the parser panicked")
)

// within calls f in a goroutine, and waits for it as long as patience and ctx allow.
func within(ctx context.Context, f func() error) (back bool, err error) {
	result := make(chan error, 1)
	go func() { result <- guarded(f) }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-result:
		return true, err
	case <-timer.C:
	case <-ctx.Done():
	}
	return false, nil
}

// guarded calls f and returns a panic as an error.
func guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return f()
}
