package provider

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/source"
)

const (
	// wait is how long a provider delays a caller at most.
	wait = time.Second
	// maxStuck is the number of calls of a provider that may hang; further ones are left out.
	maxStuck = 4
)

// ErrPanicked is the error of a provider that panicked.
var ErrPanicked = errors.New("the provider of meters panicked")

var errHangs = errors.New("the provider of meters does not return")

// Calls are calls of a provider, each of which may block or panic. The zero value is ready for use.
type Calls struct{ stuck atomic.Int32 }

// Within returns what f returns, or a zero value if f panics, takes longer than 1 s, or is not
// called because too many calls hang.
func Within[T any](c *Calls, f func() T) (result T) {
	if c.stuck.Load() >= maxStuck {
		return result
	}
	done := make(chan T, 1)
	var settled atomic.Bool // set by whichever comes first: the end of f, or giving up on it
	go func() {
		var result T
		defer func() {
			_ = recover()
			if !settled.CompareAndSwap(false, true) {
				c.stuck.Add(-1)
			}
			done <- result
		}()
		result = f()
	}()
	limit := time.NewTimer(wait)
	defer limit.Stop()
	select {
	case result = <-done:
	case <-limit.C:
		if settled.CompareAndSwap(false, true) {
			c.stuck.Add(1)
			break
		}
		result = <-done
	}
	return result
}

// Start calls f, which makes instruments, and returns its error, or one that says that the provider
// panics or hangs.
func (c *Calls) Start(f func() error) error {
	type result struct{ err error }
	started := Within(c, func() (r *result) {
		defer func() {
			if recover() != nil {
				r = &result{ErrPanicked}
			}
		}()
		return &result{f()}
	})
	switch {
	case started == nil:
		return failed(source.Timeout, errHangs)
	case started.err != nil:
		return failed(source.Unknown, started.err)
	}
	return nil
}

func failed(kind source.Kind, err error) error {
	return &source.Error{Kind: kind, Op: "make", Document: "metrics", Err: err, Fix: "pass another provider with WithMeterProvider"}
}
