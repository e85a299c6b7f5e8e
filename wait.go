package nacre

import (
	"context"
	"errors"
	"fmt"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Wait waits until a version is live that satisfies a predicate, and returns its value, which must
// not be modified. It checks the live version first, and then every later one, in order: also a
// version that was live for a moment only. For a test, or for a service that starts work when the
// config allows it.
//
//	c, err := cfg.Wait(ctx, func(c *Config) bool { return c.Leader })
//
// Wait calls the predicate in its own goroutine, one call after the other. The error is that of ctx
// if ctx ends first, of kind Closed if the config or the section is closed, and an
// *[observe.PanicError] if the predicate panics.
func (c *Config[T]) Wait(ctx context.Context, satisfies func(*T) bool) (*T, error) {
	if !c.isOpen() {
		return nil, notOpen("wait")
	}
	if satisfies == nil {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "wait", Err: errors.New("predicate is nil")}
	}
	f := c.engine.Follow()
	defer f.Stop()
	c.section.own(f)
	for {
		found, err := c.firstOf(f.Take(), satisfies)
		if found != nil || err != nil {
			return found, err
		}
		select {
		case <-f.Wake():
			continue
		default:
		}
		select {
		case <-f.Wake():
		case <-ctx.Done():
			return nil, &source.Error{Kind: source.KindOf(ctx.Err()), Op: "wait", Err: fmt.Errorf("no version satisfies the predicate: %w", ctx.Err())}
		case <-f.Done():
			return nil, &source.Error{Kind: source.Closed, Op: "wait", Err: errors.New("section is closed")}
		case <-c.engine.Closing():
			// A version that became live before is in the follower: no later one does.
			if found, err := c.firstOf(f.Take(), satisfies); found != nil || err != nil {
				return found, err
			}
			return nil, &source.Error{Kind: source.Closed, Op: "wait", Err: errors.New("config is closed")}
		}
	}
}

// firstOf returns the first value of some states that satisfies a predicate, or nil.
func (c *Config[T]) firstOf(states []*pipeline.State, satisfies func(*T) bool) (found *T, err error) {
	defer func() {
		if v := recover(); v != nil {
			p := rescue.NewPanic(v)
			found, err = nil, c.engine.Clean(p)
		}
	}()
	for _, s := range states {
		if v := c.value(s); v != nil && satisfies(v) {
			return v, nil
		}
	}
	return nil, nil
}

// isOpen reports whether the config was returned by Open or Section.
func (c *Config[T]) isOpen() bool { return c != nil && c.engine != nil }

// notOpen returns the error of a call on a config that was not opened.
func notOpen(op string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: op, Err: errors.New("config is not open"), Fix: "use the config that nacre.Open returns, and check its error"}
}

// stopped is a subscription to a config that is not open.
type stopped struct{}

func (stopped) Stop()                 {}
func (stopped) Done() <-chan struct{} { return closedChannel() }

func closedChannel() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// neverOpened is the health of a config that is not open.
func neverOpened() observe.Health {
	return observe.Health{NotReady: []string{"config is not open"}}
}
