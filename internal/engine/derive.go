package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Derive builds a resource from the live configuration, and from then on from each candidate before
// it becomes live. It returns the number of the resource. On an error it leaves nothing behind.
func (e *Engine) Derive(ctx context.Context, spec resource.Spec) (int, error) {
	d := &derivation{engine: e, ctx: ctx, spec: spec}
	_, err := e.runOnWriter(ctx, func() (int64, error) { return 0, d.run() })
	if !d.settled.CompareAndSwap(false, true) {
		return d.number, nil
	}
	switch {
	case err == nil || e.isClosed():
		return 0, errClosed()
	case errors.Is(err, source.Closed) || ctx.Err() != nil:
		return 0, e.redactor.Clean(err)
	}
	return 0, &source.Error{Kind: source.BuildFailed, Op: "build", Document: spec.Name, Err: e.redactor.Clean(err)}
}

// derivation is one call of Derive.
type derivation struct {
	engine *Engine
	ctx    context.Context
	spec   resource.Spec
	// settled is set by the caller that gives up or by the writer that has built.
	settled atomic.Bool
	number  int
}

// run builds the resource, in the writer.
func (d *derivation) run() error {
	e := d.engine
	err := d.add()
	if err == nil || d.ctx.Err() != nil || e.isClosed() {
		return err
	}
	if e.fallBack(d.add, e.redactor.Problems(e.buildProblems([]resource.Failure{{Name: d.spec.Name, Err: err}}))) {
		return nil
	}
	e.snapshotSuspended.Store(true) // the next start must find the current copy, not the contents that fail
	return err
}

// add builds the resource from the live version and adds it. Only the writer calls it.
func (d *derivation) add() error {
	e := d.engine
	build, cancel := context.WithCancel(d.ctx)
	defer cancel()
	defer context.AfterFunc(e.runCtx, cancel)()
	live := e.cell.Load()
	return e.resources.Add(build, d.spec, live.Built.Load(), live, func(n int, with *resource.Set) bool {
		d.number = n
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.isClosed() || !d.settled.CompareAndSwap(false, true) {
			return false
		}
		live.Built.Store(with)
		return true
	})
}

// RemoveResource stops building a resource, and closes it as one that was replaced. It calls last
// with the instance before Instance no longer returns it.
func (e *Engine) RemoveResource(ctx context.Context, number int, name string, last func(*resource.Instance)) error {
	_, err := e.runOnWriter(ctx, func() (int64, error) {
		live := e.cell.Load()
		old := live.Built.Load()
		without, err := e.resources.Remove(number, e.builtSets()...)
		if err != nil {
			return 0, &source.Error{Kind: source.InvalidArgument, Op: "close resource", Document: name, Err: err}
		}
		if in := old.At(number); in != nil {
			last(in)
		}
		live.Built.Store(without)
		e.resources.Adopt(old, e.builtSets()...)
		e.retryDecision() // a change that only this resource rejected is good now
		return 0, nil
	})
	return err
}

// Instance returns a resource of the live version.
func (e *Engine) Instance(number int) *resource.Instance {
	return e.cell.Load().Built.Load().At(number)
}

// InstanceIn returns a resource of the candidate that ctx is a build of; building is false if ctx
// is not from a build.
func (e *Engine) InstanceIn(ctx context.Context, number int) (in *resource.Instance, building bool, err error) {
	return e.resources.In(ctx, number)
}

// Closed reports whether Close has begun.
func (e *Engine) Closed() bool { return e.isClosed() }

// prepare builds the resources of a candidate.
func (e *Engine) prepare(next *pipeline.State) source.Problems {
	if e.writer.batch == nil {
		return nil // at boot there is nothing to build
	}
	set, failures := e.writer.batch.Build(e.runCtx, next)
	next.Built.Store(set)
	return e.buildProblems(failures)
}

// buildProblems converts failed builds to problems, which are not redacted yet.
func (e *Engine) buildProblems(failures []resource.Failure) (problems source.Problems) {
	for _, f := range failures {
		reason, err := e.redactor.CleanText(f.Err)
		message := wording.Join(wording.Own("resource "+f.Name+" cannot be built: "), reason)
		problems = append(problems, message.On(&source.Problem{Kind: source.BuildFailed, Err: err}))
	}
	return problems
}

// beginBuilding begins a decision, in which each resource is built at most once per value; the
// function that it returns ends it. Only the writer calls it.
func (e *Engine) beginBuilding() (end func()) {
	if e.writer.batch != nil {
		return func() {} // within another decision
	}
	e.writer.batch = e.resources.Begin(e.builtSets()...)
	return func() {
		e.writer.batch.End(e.builtSet())
		e.writer.batch, e.evaluator.Prepared = nil, nil
	}
}

// builtSet returns the resources of the live version.
func (e *Engine) builtSet() *resource.Set { return e.builtSets()[0] }

// builtSets returns the resources of the live version and, during probation, those of the version
// before it.
func (e *Engine) builtSets() []*resource.Set {
	sets := []*resource.Set{nil}
	if live := e.cell.Load(); live != nil {
		sets[0] = live.Built.Load()
	}
	if p := e.probation.Load(); p != nil {
		sets = append(sets, p.built)
	}
	return sets
}

// rebuildTimer is the time at which the writer tries contents again from which a resource could not
// be built, since the cause may be over.
type rebuildTimer struct {
	due     <-chan time.Time // nil if nothing waits
	at      time.Time
	timer   *time.Timer
	backOff time.Duration
}

func (r *rebuildTimer) start(d time.Duration) {
	r.timer = time.NewTimer(d)
	r.due, r.at = r.timer.C, time.Now().Add(d)
}

func (r *rebuildTimer) clear() {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.due, r.timer = nil, nil
}

// scheduleRebuild sets or clears the time at which the newest contents are tried again without a
// change. Only the writer calls it.
func (e *Engine) scheduleRebuild() {
	if !e.hasFailedBuild() {
		e.writer.rebuildTimer.backOff, e.writer.rebuildTimer.at = 0, time.Time{}
		e.resources.Forget()
		return
	}
	if !e.writer.rebuildTimer.at.IsZero() && time.Now().Before(e.writer.rebuildTimer.at) {
		e.writer.rebuildTimer.start(time.Until(e.writer.rebuildTimer.at)) // a change meanwhile does not move the time
		return
	}
	e.writer.rebuildTimer.backOff = min(max(2*e.writer.rebuildTimer.backOff, e.Rebuild), e.MaxRebuild)
	if e.writer.rebuildTimer.backOff <= 0 {
		return
	}
	e.writer.rebuildTimer.start(e.writer.rebuildTimer.backOff/2 + rand.N(e.writer.rebuildTimer.backOff/2+1))
}

// hasFailedBuild reports whether a content was rejected for a failed build or an unavailable
// secret.
func (e *Engine) hasFailedBuild() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.layers {
		for _, p := range l.rejected {
			if p.Kind == source.BuildFailed || p.Kind == source.Unavailable {
				return true
			}
		}
	}
	return false
}

// resourceBuilt reports a build that has ended.
func (e *Engine) resourceBuilt(name string, took time.Duration, err error) {
	e.emit(observe.Event{Kind: observe.ResourceBuilt, Name: name, Took: took, Err: e.redactor.Clean(err)})
}

// resourceClosed reports an instance that was closed.
func (e *Engine) resourceClosed(name string, users int64, err error) {
	e.emit(observe.Event{Kind: observe.ResourceClosed, Name: name, Count: users, Err: e.redactor.Clean(err)})
}

// errorText returns the text of an error, even if its Error method panics.
func errorText(err error) string { return wording.OfError(err).String() }
