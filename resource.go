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

// Resource is what [Derive] has built, in its newest form. Safe for concurrent use.
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

// Get returns the resource that is live: a few nanoseconds. Since nobody knows when the caller is done with it, one that was
// handed out by Get stays open for the whole grace time after it was replaced ([CloseGrace], 30 s): don't keep it, call Get again. Use Acquire
// for work that may take longer. After Close of the config it returns the last one, closed.
func (r *Resource[R]) Get() R {
	_, value, _ := r.take((*resource.Instance).Loose)
	return value
}

// Acquire returns the resource that is live and a function that gives it back, which must be called; more calls of it do nothing. A
// resource that was replaced is closed as soon as all have given it back, or when the grace time is over ([CloseGrace], 30 s). After Close of
// the config it returns the last one, closed.
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

// take takes the live instance in one of two ways; of a config that is closed, the last one, which is not open.
func (r *Resource[R]) take(way func(*resource.Instance) (any, bool)) (in *resource.Instance, value R, open bool) {
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

// Close gives the resource up: no change builds it any more, and the one that is there is closed as one that was replaced is. What Get and
// Acquire return from then on is that one. It is not needed where the config is closed. The error is of kind InvalidArgument while another
// resource stands on this one, and Timeout where the config is busy for longer than Options.CloseTimeout. It may be called
// more than once.
func (r *Resource[R]) Close() error {
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

// From returns the resource that belongs to ctx. With the context that a build is given, that is the resource of the same change: From
// waits for it where it is being built too, and makes what is being built depend on it; the error, which the build should return,
// says why there is none. With a context from [Config.NewContext] it is the resource of that version. With any other it is that of
// Get.
func (r *Resource[R]) From(ctx context.Context) (R, error) {
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
