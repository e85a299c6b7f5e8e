package nacre

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Section binds the value of a key to a type of its own, for a package of the service, or a plugin,
// that has its own settings:
//
//	redisCfg, err := nacre.Section[redis.Config](ctx, cfg, "redis")
//
// The result is a config like any other, from the same layers: Get, Subscribe, Derive and
// AutoRollback work on it, with keys relative to the section. A change must be good for the config
// and all of its sections, or none of them gets it. They are swapped in together, as one version: a
// goroutine that has seen a version in one of them sees no older one in another, and
// [Config.NewContext] of any of them holds one version of all. History, Pin, Rollback and Approve
// act on the whole config.
//
// The live value must be good for S. Otherwise Section returns [Problems] and changes nothing; a
// service that has just started falls back to its last known good copy, as it does if a resource
// cannot be built. The key must be known when the config is opened: the service's type has a field
// for it, or [Options].Sections declares or reserves it. Otherwise Section returns an error at
// once, because Open would reject the value of the key as unknown. A key that both types bind must
// be good for both, and is known if one of them knows it. So a map field of the service's type
// accepts misspelled keys of a section in it; reserve the key instead. Mistakes in S and in the key
// are of kind InvalidArgument. Section must not be called from a build, an observer or a source.
//
// Calling Section twice for one key and type returns the same section. Close of a section ends its
// subscribers, checks and resources. Once all callers have closed it, changes need no longer be
// good for it, and it keeps the last value. Close of the config closes all sections.
//
// A constructor in a library takes a [Root], and so needs no type parameter for the service's type:
//
//	func Open(ctx context.Context, cfg nacre.Root) (*Client, error) {
//		own, err := nacre.Section[Config](ctx, cfg, "redis")
func Section[S any](ctx context.Context, cfg Root, key string) (*Config[S], error) {
	if cfg == nil || !cfg.isOpen() {
		return nil, notOpen("bind section")
	}
	h := cfg.handle()
	at, err := sectionPath(key)
	if err != nil {
		return nil, err
	}
	at = slices.Concat(h.at, at)
	bound, err := newSection[S](at, h.options)
	if err != nil {
		return nil, err
	}
	number, err := h.engine.Attach(ctx, bound)
	if err != nil {
		return nil, err
	}
	c := &Config[S]{engine: h.engine, index: number, at: at, options: h.options, section: &section{}}
	c.look = func() *S { return c.value(c.engine.Live()) }
	return c, nil
}

// Root is a *[Config] of any type: the config that [Open] returns, or a section of it. No other
// type implements it.
type Root interface {
	handle() handle
	isOpen() bool
}

// handle is the part of a Config that does not depend on its type.
type handle struct {
	engine  *engine.Engine
	at      tree.Path
	options *Options
}

func (c *Config[T]) handle() handle { return handle{c.engine, c.at, c.options} }

// section holds what ends when a section is closed. It is nil for the config that was opened.
type section struct {
	closing sync.Mutex // held during close

	mu       sync.Mutex
	closed   bool
	detached bool
	last     atomic.Value // the holder of the value when it was closed
	subs     []engine.Subscription
	builds   []func(context.Context) error // that close resources
}

func (s *section) isClosed() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// own stops a subscription when the section is closed.
func (s *section) own(sub engine.Subscription) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		sub.Stop()
		return
	}
	s.subs = append(slices.DeleteFunc(s.subs, done), sub)
}

func done(sub engine.Subscription) bool {
	select {
	case <-sub.Done():
		return true
	default:
		return false
	}
}

// ownResource closes a resource with the section. It reports false if the section is closed
// already.
func (s *section) ownResource(end func(context.Context) error) bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.builds = append(s.builds, end)
	}
	return !s.closed
}

// close ends what was made with the section and detaches it. Calling it again continues with what
// did not end in time.
func (s *section) close(e *engine.Engine, index int, timeout time.Duration) error {
	s.closing.Lock()
	defer s.closing.Unlock()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for _, sub := range s.subs {
		sub.Stop()
	}
	var errs []error
	for i, end := range slices.Backward(s.builds) { // a later one may depend on an earlier one
		if err := end(ctx); err != nil {
			errs = append(errs, err)
			break
		}
		s.builds = s.builds[:i]
	}
	if !s.detached && errs == nil {
		s.last.CompareAndSwap(nil, e.Live().Value(index))
		err := e.Detach(ctx, index)
		if s.detached = err == nil || errors.Is(err, source.Closed); !s.detached {
			errs = append(errs, &source.Error{Kind: source.KindOf(err), Op: "close section", Err: err})
		}
	}
	for _, sub := range s.subs {
		select {
		case <-sub.Done():
		case <-ctx.Done():
			errs = append(errs, &source.Error{Kind: source.Timeout, Op: "close", Err: errors.New("a subscriber of the section still runs")})
		}
	}
	s.subs = slices.DeleteFunc(s.subs, done)
	return errors.Join(errs...)
}
