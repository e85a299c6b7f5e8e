package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Derive builds a resource from the live configuration, and from now on from each candidate before it is live. It returns the
// resource's number. An error leaves nothing behind.
func (e *Engine[T]) Derive(ctx context.Context, spec resource.Spec) (int, error) {
	number := 0
	// Who gives up and the writer that has just built: the first to say so decides.
	var decided atomic.Bool
	_, err := e.do(ctx, func() (int64, error) {
		build, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(e.run, cancel)()
		live := e.cell.Load()
		return 0, e.resources.Add(build, spec, live.built.Load(), &live.Value, func(n int, with *resource.Set) bool {
			number = n
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.isClosed() || !decided.CompareAndSwap(false, true) {
				return false
			}
			live.built.Store(with)
			return true
		})
	})
	if !decided.CompareAndSwap(false, true) {
		return number, nil
	}
	switch {
	case err == nil || e.isClosed():
		return 0, closed()
	case errors.Is(err, source.Closed) || ctx.Err() != nil:
		return 0, err
	}
	return 0, &source.Error{Kind: source.BuildFailed, Op: "build", Document: spec.Name, Err: e.clean(err)}
}

// Instance is a resource in the live version.
func (e *Engine[T]) Instance(number int) *resource.Instance {
	return e.cell.Load().built.Load().At(number)
}

// InstanceIn is the resource in the candidate that ctx is a build of; building is false where it is of none.
func (e *Engine[T]) InstanceIn(ctx context.Context, number int) (in *resource.Instance, building bool, err error) {
	return e.resources.In(ctx, number)
}

// Closed reports whether Close has begun.
func (e *Engine[T]) Closed() bool { return e.isClosed() }

// prepare builds what the service makes from a candidate.
func (e *Engine[T]) prepare(next *State[T]) (problems source.Problems) {
	if e.batch == nil {
		return nil // at boot there is nothing to build
	}
	set, failures := e.batch.Build(e.run, &next.Value)
	for _, f := range failures {
		err := e.clean(f.Err)
		problems = append(problems, &source.Problem{Kind: source.BuildFailed, Message: f.Name + " cannot be built: " + text(err), Err: err})
	}
	next.built.Store(set)
	return problems
}

// beginBuilding begins a decision, in which nothing is built twice; what it returns ends it.
func (e *Engine[T]) beginBuilding() (end func()) {
	if e.batch != nil {
		return func() {} // within another decision
	}
	e.batch = e.resources.Begin(e.builtSets()...)
	return func() {
		e.batch.End(e.builtSet())
		e.batch = nil
	}
}

// builtSet is what was built for the live version.
func (e *Engine[T]) builtSet() *resource.Set { return e.builtSets()[0] }

// builtSets are that and, while a version is on trial, what was built for the one before.
func (e *Engine[T]) builtSets() []*resource.Set {
	e.mu.Lock()
	defer e.mu.Unlock()
	sets := []*resource.Set{nil}
	if live := e.cell.Load(); live != nil {
		sets[0] = live.built.Load()
	}
	if e.trial != nil {
		sets = append(sets, e.trial.kept)
	}
	return sets
}

// rebuild is the time at which contents are tried again from which a resource could not be built: what was down may be up.
type rebuild struct {
	due   <-chan time.Time // nil: at no time
	timer *time.Timer
	wait  time.Duration
}

func (r *rebuild) clear() {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.due, r.timer = nil, nil
}

// planRebuild decides whether and when the newest contents are tried again although nothing has come.
func (e *Engine[T]) planRebuild() {
	if !e.waitsForBuild() {
		e.again.wait = 0
		return
	}
	e.again.wait = min(max(2*e.again.wait, e.Rebuild), e.MaxRebuild)
	if e.again.wait <= 0 {
		return
	}
	e.again.timer = time.NewTimer(e.again.wait/2 + rand.N(e.again.wait/2+1))
	e.again.due = e.again.timer.C
}

func (e *Engine[T]) waitsForBuild() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.feeds {
		for _, p := range f.rejected {
			if p.Kind == source.BuildFailed {
				return true
			}
		}
	}
	return false
}

// built hears of each build that has ended.
func (e *Engine[T]) built(name string, took time.Duration, err error) {
	observe.Tell(e.Observer.Built, observe.Built{Resource: name, Took: took, Err: e.clean(err)})
}

// closedResource hears of each instance that was closed.
func (e *Engine[T]) closedResource(name string, users int64, err error) {
	observe.Tell(e.Observer.Released, observe.Released{Resource: name, Users: users, Err: e.clean(err)})
}

// text is what an error says, if it can.
func text(err error) (t string) {
	defer func() {
		if recover() != nil {
			t = "an error that cannot be printed"
		}
	}()
	return err.Error()
}
