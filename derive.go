package nacre

import (
	"context"
	"errors"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/source"
)

// Derive builds a resource (a pool, a client, a limiter, a certificate) from a part of the config,
// and keeps it in step with the config:
//
//	db, err := nacre.Derive(ctx, cfg, func(c *Config) DBConfig { return c.DB }, openDB, (*sql.DB).Close)
//
//	pool, release := db.Acquire() // in a request
//	defer release()
//
// When a change alters the part, Derive calls build with the new part **before** the change becomes
// live. (Parts are compared as values of [Subscribe] are.) If build returns an error, panics, or
// takes longer than [BuildTimeout], the whole change is rejected with that reason, and the old
// config and resources stay in use. Since the cause may be temporary, the change is tried again
// after 1 s, and then after growing times of up to 1 min. If all resources can be built, the config
// and all of them are swapped in together. A replaced resource is closed when its last user has
// released it, or after its grace period; see [Resource.Acquire], [Resource.Get] and [CloseGrace].
//
// Resources are built in parallel. A build that needs another resource calls [Resource.From] of it:
// then it is rebuilt whenever that one is, and closed before it.
//
// Derive builds the first resource itself and returns the error if that fails; ctx bounds only
// that. The context of build is canceled when build returns, so the resource must not depend on it.
// closeOld may be nil. Health shows each resource with its errors, panics and users. Closing the
// config closes its resources. Derive must not be called from a build, an observer or a source.
func Derive[T, V, R any](ctx context.Context, cfg *Config[T], selectFrom func(*T) V, build func(context.Context, V) (R, error),
	closeOld func(R) error, options ...DeriveOption) (*Resource[R], error) {
	if !cfg.isOpen() {
		return nil, notOpen("build")
	}
	o := deriveOptions{buildTimeout: 10 * time.Second, closeGrace: 30 * time.Second}
	for _, option := range options {
		option.applyDerive(&o)
	}
	if o.name == "" {
		o.name = caller()
	}
	if selectFrom == nil || build == nil {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "build", Document: o.name, Err: errors.New("function is nil")}
	}
	same, err := equality[V](o.equal)
	if err != nil {
		return nil, err
	}
	spec := resource.Spec{
		Name:   o.name,
		Select: func(config any) any { return selectFrom(cfg.value(config.(*pipeline.State))) },
		Equal: func(a, b any) bool {
			x, _ := a.(V) // if V is an interface type, nil is not a V
			y, _ := b.(V)
			return same(&x, &y)
		},
		Build: func(ctx context.Context, part any) (any, error) {
			v, _ := part.(V)
			return build(ctx, v)
		},
		Reads:        func(config any) []string { return readKeys(cfg, config.(*pipeline.State), selectFrom, same) },
		BuildTimeout: o.buildTimeout,
		Grace:        o.closeGrace,
	}
	if closeOld != nil {
		spec.Close = func(built any) error {
			r, _ := built.(R)
			return closeOld(r)
		}
	}
	if cfg.section.isClosed() {
		return nil, closedSection(o.name)
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
	r.patience = cfg.options.CloseTimeout
	r.giveUp = func(ctx context.Context) error { return e.RemoveResource(ctx, number, o.name, r.last.Store) }
	if !cfg.section.ownResource(r.close) { // the section was closed meanwhile
		return nil, errors.Join(closedSection(o.name), r.Close())
	}
	return r, nil
}

func closedSection(name string) error {
	return &source.Error{Kind: source.Closed, Op: "build", Document: name, Err: errors.New("the section was closed")}
}

// DeriveOption is an option of [Derive].
type DeriveOption interface{ applyDerive(*deriveOptions) }

type deriveOptions struct {
	name         string
	equal        any // of EqualBy
	buildTimeout time.Duration
	closeGrace   time.Duration
}

type deriveOption func(*deriveOptions)

func (f deriveOption) applyDerive(o *deriveOptions) { f(o) }

// BuildTimeout sets how long a build may take before the change is rejected. The default is 10 s.
// While a build runs, no other change is applied.
func BuildTimeout(d time.Duration) DeriveOption {
	return deriveOption(func(o *deriveOptions) { o.buildTimeout = d })
}

// CloseGrace sets how long a replaced resource stays open, at most, for its remaining users. The
// default is 30 s; 0 closes it at once.
func CloseGrace(d time.Duration) DeriveOption {
	return deriveOption(func(o *deriveOptions) { o.closeGrace = d })
}
