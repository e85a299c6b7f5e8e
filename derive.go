package nacre

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/source"
)

// Derive builds a resource (a pool, a client, a limiter, a certificate) from a part of the config, and keeps it in step with the
// config:
//
//	db, err := nacre.Derive(ctx, cfg, func(c *Config) DBConfig { return c.DB }, openDB, (*sql.DB).Close)
//
//	pool, release := db.Acquire() // in a request
//	defer release()
//
// Whenever a change makes the part differ (by its method Equal, or else by reflect.DeepEqual; or see [EqualBy]), build is called with the new part **before** the
// change is live. If it returns an error, panics, or takes longer than [BuildTimeout], the whole change is rejected with that reason
// and everything old goes on; the change is tried again after 1 s, and then after growing times of up to 1 min, since what the
// resource needs may have been down. If all resources can be built, the config and all of them are swapped in one step. A resource
// that was replaced is closed when its last user has gone, or when its grace time is over: see [Resource.Acquire], [Resource.Get] and
// [Grace].
//
// Resources are built at the same time. A build that needs another resource asks for it with [Resource.From]: then it is built
// anew whenever that one is, and closed before it.
//
// Derive itself builds the first one, and returns the error if it cannot; ctx is for that alone. The context that build is given
// ends with the build: what lives longer must not hang on it. closeOld may be nil. Health shows each resource, with errors, panics and
// users. Close of the config closes them. Derive must not be called from a build, from an observer, or from a source.
func Derive[T, V, R any](ctx context.Context, cfg *Config[T], selectFrom func(*T) V, build func(context.Context, V) (R, error),
	closeOld func(R) error, options ...DeriveOption) (*Resource[R], error) {
	o := deriveOptions{buildTimeout: 10 * time.Second, grace: 30 * time.Second}
	for _, option := range options {
		option.applyDerive(&o)
	}
	if o.name == "" {
		o.name = caller()
	}
	same, err := equality[V](o.equal)
	if err != nil {
		return nil, err
	}
	spec := resource.Spec{
		Name:   o.name,
		Select: func(config any) any { return selectFrom(cfg.value(config.(*engine.State))) },
		Equal: func(a, b any) bool {
			x, _ := a.(V) // where V is an interface type, nil is no V
			y, _ := b.(V)
			return same(x, y)
		},
		Build: func(ctx context.Context, part any) (any, error) {
			v, _ := part.(V)
			return build(ctx, v)
		},
		BuildTimeout: o.buildTimeout,
		Grace:        o.grace,
	}
	if closeOld != nil {
		spec.Close = func(built any) error {
			r, _ := built.(R)
			return closeOld(r)
		}
	}
	if cfg.section.isClosed() {
		return nil, &source.Error{Kind: source.Closed, Op: "build", Document: o.name, Err: errors.New("the section was closed")}
	}
	number, err := cfg.engine.Derive(ctx, spec)
	if err != nil {
		return nil, err
	}
	e := cfg.engine
	r := &Resource[R]{
		live: func() *resource.Instance { return e.Instance(number) },
		in:   func(ctx context.Context) (*resource.Instance, bool, error) { return e.InstanceIn(ctx, number) },
		held: func(ctx context.Context) *resource.Instance {
			if s := cfg.snapshotIn(ctx); s != nil {
				return s.Built.At(number)
			}
			return nil
		},
		closed: e.Closed,
	}
	r.giveUp = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), cfg.options.CloseTimeout)
		defer cancel()
		return e.GiveUp(ctx, number, o.name, r.last.Store)
	}
	cfg.section.ownResource(r.Close)
	return r, nil
}

// Resource is what [Derive] has built, in its newest form. Safe for concurrent use.
type Resource[R any] struct {
	live   func() *resource.Instance
	in     func(context.Context) (*resource.Instance, bool, error)
	held   func(context.Context) *resource.Instance // in the version that a context holds; nil for none
	closed func() bool
	giveUp func() error

	once sync.Mutex
	last atomic.Pointer[resource.Instance] // of a resource that was closed
}

// Get returns the resource that is live: a few nanoseconds. Since nobody knows when the caller is done with it, one that was
// handed out by Get stays open for the whole grace time after it was replaced ([Grace], 30 s): don't keep it, call Get again. Use Acquire
// for work that may take longer. After Close of the config it returns the last one, closed.
func (r *Resource[R]) Get() R {
	_, value, _ := r.take((*resource.Instance).Loose)
	return value
}

// Acquire returns the resource that is live and a function that gives it back, which must be called; more calls of it do nothing. A
// resource that was replaced is closed as soon as all have given it back, or when the grace time is over ([Grace], 30 s). After Close of
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
// Acquire return from then on is that one. It is not needed where the config is closed. The error is of kind Misused while another
// resource stands on this one, and Timeout where the config is busy for longer than Options.CloseTimeout. It may be called
// more than once.
func (r *Resource[R]) Close() error {
	r.once.Lock()
	defer r.once.Unlock()
	if r.last.Load() != nil {
		return nil
	}
	err := r.giveUp()
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

// DeriveOption is an option of [Derive].
type DeriveOption interface{ applyDerive(*deriveOptions) }

type deriveOptions struct {
	name         string
	equal        any // of EqualBy
	buildTimeout time.Duration
	grace        time.Duration
}

type deriveOption func(*deriveOptions)

func (f deriveOption) applyDerive(o *deriveOptions) { f(o) }

// BuildTimeout is how long a build may take before the change is rejected. Default 10 s. Changes wait for builds: while one runs,
// no other change is looked at.
func BuildTimeout(d time.Duration) DeriveOption {
	return deriveOption(func(o *deriveOptions) { o.buildTimeout = d })
}

// Grace is how long a resource that was replaced stays open, at most, for those who have it. Default 30 s; 0 closes it at once.
func Grace(d time.Duration) DeriveOption {
	return deriveOption(func(o *deriveOptions) { o.grace = d })
}
