package resource

import (
	"context"
	"time"
)

// Spec says how to make one resource. If a function of it panics or ends its goroutine, that is an
// error like any other.
type Spec struct {
	Name string
	// Select returns the part of a configuration that the resource is built from.
	Select func(config any) any
	// Equal reports whether what was built from a can be used for b.
	Equal func(a, b any) bool
	// Reads returns the keys on which what Select returns depends, in one configuration; nil if
	// they are not known. May be nil.
	Reads func(config any) []string
	// Build makes the resource. It should give up when ctx ends. If it does not, the decision does
	// not wait for it, and what it returns later is closed.
	Build func(ctx context.Context, part any) (any, error)
	// Close closes the resource; nil if there is nothing to close.
	Close func(built any) error
	// BuildTimeout is the longest that a build may take.
	BuildTimeout time.Duration
	// Grace is how long a replaced instance stays open at most for its users.
	Grace time.Duration
}

// Hooks are called when something happens, from several goroutines; each may be nil.
type Hooks struct {
	// Built is called when a build has ended or was given up.
	Built func(name string, took time.Duration, err error)
	// Closed is called when an instance was closed; users is how many users it still had.
	Closed func(name string, users int64, err error)
}

// Failure is a resource that could not be built.
type Failure struct {
	Name string
	Err  error
}
