package nacre

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/source"
)

// Resource is a resource that [Derive] builds, in its newest form. Its methods are safe for
// concurrent use. Those of a nil Resource and of the zero Resource return an error or a zero value.
type Resource[R any] struct {
	live   func() *resource.Instance
	in     func(context.Context) (*resource.Instance, bool, error)
	held   func(context.Context) *resource.Instance // in the version that a context holds; nil for none
	closed func() bool
	giveUp func(context.Context) error

	patience time.Duration // of Close

	once sync.Mutex
	last atomic.Pointer[resource.Instance] // of a resource that was closed
}

// isBuilt reports whether Derive returned the resource.
func (r *Resource[R]) isBuilt() bool { return r != nil && r.live != nil }

var errNotBuilt = errors.New("resource is not one that nacre.Derive has returned")

// Get returns the live resource. It takes a few nanoseconds. Get does not track use: a replaced
// resource stays open for the full grace period ([CloseGrace], 30 s). Do not keep the result; call
// Get again. For work that may take longer, use Acquire. After the config is closed, Get returns
// the last resource, which is closed.
func (r *Resource[R]) Get() R {
	_, value, _ := r.take((*resource.Instance).Loose)
	return value
}

// Acquire returns the live resource and a function that releases it, which must be called; further
// calls of it do nothing. A replaced resource is closed as soon as all its users have released it,
// or after its grace period ([CloseGrace], 30 s). After the config is closed, Acquire returns the
// last resource, which is closed.
func (r *Resource[R]) Acquire() (value R, release func()) {
	in, value, open := r.take((*resource.Instance).Hold)
	if !open {
		return value, func() {}
	}
	var released atomic.Bool
	return value, func() {
		if released.CompareAndSwap(false, true) {
			in.Release()
		}
	}
}

// take returns the live instance, taken in one of two ways. If the config is closed, it returns the
// last instance, which is not open.
func (r *Resource[R]) take(way func(*resource.Instance) (any, bool)) (in *resource.Instance, value R, open bool) {
	if !r.isBuilt() {
		return nil, value, false
	}
	for {
		if in = r.live(); in == nil {
			if in = r.last.Load(); in == nil {
				continue // it was replaced in this moment
			}
			value, _ = in.Value().(R)
			return in, value, false
		}
		built, open := way(in)
		if !open {
			if !r.closed() {
				continue // the same
			}
			built = in.Value()
		}
		value, _ = built.(R)
		return in, value, open
	}
}

// Close ends the resource: changes no longer build it, and the present one is closed as a
// replaced one is. Get and Acquire return that one from then on. Closing the config has the same
// effect. The error is of kind InvalidArgument if another resource depends on this one, and of kind
// Timeout if the config is busy for longer than Options.CloseTimeout. Close may be called more than
// once.
func (r *Resource[R]) Close() error {
	if !r.isBuilt() {
		return &source.Error{Kind: source.InvalidArgument, Op: "close resource", Err: errNotBuilt}
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.patience)
	defer cancel()
	return r.close(ctx)
}

func (r *Resource[R]) close(ctx context.Context) error {
	r.once.Lock()
	defer r.once.Unlock()
	if r.last.Load() != nil {
		return nil
	}
	err := r.giveUp(ctx)
	switch {
	case errors.Is(err, source.Closed):
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &source.Error{Kind: source.Timeout, Op: "close resource", Err: err}
	}
	return err
}

// From returns the resource that belongs to ctx. In a build it returns the resource of the same
// change: it waits if that one is being built too, and makes the one that calls it depend on it.
// The build should return the error of From, which says why there is none. With a context of
// [Config.NewContext], From returns the resource of that version. With any other context it returns
// what Get returns.
func (r *Resource[R]) From(ctx context.Context) (R, error) {
	if !r.isBuilt() {
		var none R
		return none, &source.Error{Kind: source.InvalidArgument, Op: "use resource", Err: errNotBuilt}
	}
	in, building, err := r.in(ctx)
	if !building {
		if in = r.held(ctx); in == nil {
			return r.Get(), nil
		}
	}
	if err != nil {
		var none R
		return none, err
	}
	value, _ := in.Value().(R)
	return value, nil
}
