package resource

import (
	"context"
	"slices"
	"sync"

	"github.com/nacre-go/nacre/internal/wording"
)

// scope is what a build sees of the candidate that it belongs to.
type scope struct {
	number   int
	slots    []*slot
	registry *Registry

	mu    sync.Mutex
	needs []*Instance
	ended bool
}

type scopeKey struct{}

// In returns the instance of a resource for the candidate that ctx is a build of, and makes it one that the build depends on. Building
// is false where ctx is of no build of this registry.
func (r *Registry) In(ctx context.Context, number int) (in *Instance, building bool, err error) {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	if s == nil || s.registry != r {
		return nil, false, nil
	}
	if number >= s.number {
		return nil, true, wording.NewError("a resource can stand only on those that were derived before it")
	}
	at := s.slots[number]
	select {
	case <-at.ready:
	case <-ctx.Done():
		return nil, true, ctx.Err()
	}
	if at.err != nil {
		return nil, true, errBelow
	}
	if at.in == nil {
		return nil, true, wording.NewError("the resource was closed")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, true, wording.NewError("the build has ended")
	}
	if !slices.Contains(s.needs, at.in) {
		s.needs = append(s.needs, at.in)
	}
	return at.in, true, nil
}

// end returns what the build has asked for. From now on it gets nothing.
func (s *scope) end() []*Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return s.needs
}
