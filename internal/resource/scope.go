package resource

import (
	"context"
	"slices"
	"sync"

	"github.com/nacre-go/nacre/internal/wording"
)

// scope is what a build can see of its candidate.
type scope struct {
	number   int
	slots    []*slot
	registry *Registry

	mu    sync.Mutex
	needs []*Instance
	ended bool
}

type scopeKey struct{}

// In returns the instance of a resource in the candidate whose build has the context ctx, and makes
// the build depend on it. building is false if ctx does not belong to a build of this registry.
func (r *Registry) In(ctx context.Context, number int) (in *Instance, building bool, err error) {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	if s == nil || s.registry != r {
		return nil, false, nil
	}
	if number >= s.number {
		return nil, true, wording.NewError("a resource can depend only on resources that were derived before it")
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

// end returns what the build asked for. Later calls of In fail.
func (s *scope) end() []*Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return s.needs
}
