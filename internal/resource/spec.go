package resource

import (
	"context"
	"time"
)

// Spec says how one resource is made. Its functions may panic or end their goroutine: that is an error like any other.
type Spec struct {
	Name string
	// Select returns the part of a configuration that the resource is built from.
	Select func(config any) any
	// Equal says that what was built from one part serves for the other.
	Equal func(a, b any) bool
	// Build makes the resource. When ctx ends it should give up; if it does not, nobody waits for it, and what it makes in the
	// end is closed.
	Build func(ctx context.Context, part any) (any, error)
	// Close ends it; nil where there is nothing to end.
	Close func(built any) error
	// BuildTimeout bounds Build.
	BuildTimeout time.Duration
	// Grace is how long an instance that was replaced stays open, at most, for those who use it.
	Grace time.Duration
}

// Hooks hear of what happens; each may be nil. They are called from several goroutines.
type Hooks struct {
	// Built: a build has ended, or was given up.
	Built func(name string, took time.Duration, err error)
	// Closed: an instance was closed, forced while it had that many users left.
	Closed func(name string, users int64, err error)
}

// Failure is a resource that could not be built.
type Failure struct {
	Name string
	Err  error
}
