package engine

import (
	"context"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
)

// Held is a version that a context holds, with the resources that were built for it.
type Held struct {
	State *pipeline.State
	Built *resource.Set
}

// Hold holds the live version for ctx: its resources stay open until ctx ends or the grace period
// is over.
func (e *Engine) Hold(ctx context.Context) *Held {
	for {
		s := e.cell.Load()
		set := s.Built.Load()
		release, ok := set.Hold()
		closed := e.isClosed()
		if !closed && (!ok || set == nil && e.cell.Load() != s) {
			continue // the version was replaced just now
		}
		if ok && set != nil {
			context.AfterFunc(ctx, release)
		}
		return &Held{State: s, Built: set}
	}
}
