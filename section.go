package nacre

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/source"
)

// Section binds what stands under a key of a config to a type of its own, for a package of the service, or a plugin, that brings its own
// settings:
//
//	redisCfg, err := nacre.Section[redis.Config](ctx, cfg, "redis")
//
// What it returns is a config like any other, from the same layers: Get, Subscribe, Derive and Probe work on it, with keys that count from the
// section on. A change must be good for the config and all its sections, or none of them gets it; they are swapped in together, as one version
// with one number. Who has seen a new version in one of them sees no older one in another, and [Config.NewContext] of any of them holds one
// version of all. History, Pin, Rollback and Release are those of the whole.
//
// What is live must be good for S: otherwise the error is [Problems], and all is as it was. A service that was just started falls back to its last
// good copy, as it does where a resource cannot be built. The key must be one that somebody knows when the config is opened: T has a field
// for it, or [Options].Sections declare or reserve it. Otherwise its content is refused as unknown before Section is called. A key
// that both T and S bind must be good for both, and is known if one of them knows it: so a map of T, which takes any key, hides what is
// misspelt in a section there; reserve the key instead. Mistakes in S and in the key are of kind InvalidArgument. Section must not be called
// from a build, from an observer, or from a source.
//
// Asking twice for one key and type gives the same section. Close of a section ends the subscribers, probes and resources that were made with
// it, and what comes need not be good for it any more once all who asked for it have closed it; the one that was closed keeps what it saw
// last. Close of the config that was opened closes all.
func Section[S, T any](ctx context.Context, cfg *Config[T], key string) (*Config[S], error) {
	at, err := sectionPath(key)
	if err != nil {
		return nil, err
	}
	at = slices.Concat(cfg.at, at)
	part, err := newPart[S](at, cfg.options)
	if err != nil {
		return nil, err
	}
	number, err := cfg.engine.Attach(ctx, part)
	if err != nil {
		return nil, err
	}
	c := &Config[S]{engine: cfg.engine, part: number, at: at, options: cfg.options, section: &section{}}
	c.look = func() *S { return c.value(c.engine.Live()) }
	return c, nil
}

// section is what ends when a section is closed. Nil is that of the config that was opened, which ends as a whole.
type section struct {
	closing sync.Mutex // held by who closes it

	mu       sync.Mutex
	closed   bool
	detached bool
	last     atomic.Value // what it saw when it was closed
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

// own has a subscriber end with the section.
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

// ownResource has a resource closed with the section. It reports false when that is closed already.
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

// close ends all that was made with the section, and gives its part up. What could not be ended in time is, when it is called again.
func (s *section) close(e *engine.Engine, part int, timeout time.Duration) error {
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
	for i, end := range slices.Backward(s.builds) { // the later may stand on the earlier
		if err := end(ctx); err != nil {
			errs = append(errs, err)
			break
		}
		s.builds = s.builds[:i]
	}
	if !s.detached && errs == nil {
		s.last.CompareAndSwap(nil, e.Live().Value(part))
		err := e.Detach(ctx, part)
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
