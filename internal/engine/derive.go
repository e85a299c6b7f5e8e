package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

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
		return 0, e.evaluator.Redactor.Clean(err)
	}
	return 0, &source.Error{Kind: source.BuildFailed, Op: "build", Document: spec.Name, Err: e.evaluator.Redactor.Clean(err)}
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
	if e.fallBack(d.add, e.evaluator.Redactor.Problems(e.buildProblems([]resource.Failure{{Name: d.spec.Name, Err: err}}))) {
		return nil
	}
	e.copies.suspended.Store(true) // the next start must find the current copy, not the contents that fail
	return err
}

// add builds the resource from the live version and adds it. Only the writer calls it.
func (d *derivation) add() error {
	e := d.engine
	build, cancel := context.WithCancel(d.ctx)
	defer cancel()
	defer context.AfterFunc(e.life.ctx, cancel)()
	live := e.cell.Load()
	return e.resources.Add(build, d.spec, live.Built.Load(), live, func(n int, with *resource.Set) bool {
		d.number = n
		added := false
		e.table.change(func() {
			if added = !e.isClosed() && d.settled.CompareAndSwap(false, true); added {
				live.Built.Store(with)
			}
		})
		return added
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

// resourceBuilt reports a build that has ended.
func (e *Engine) resourceBuilt(name string, took time.Duration, err error) {
	e.emit(observe.Event{Kind: observe.ResourceBuilt, Name: name, Took: took, Err: e.evaluator.Redactor.Clean(err)})
}

// resourceClosed reports an instance that was closed.
func (e *Engine) resourceClosed(name string, users int64, err error) {
	e.emit(observe.Event{Kind: observe.ResourceClosed, Name: name, Count: users, Err: e.evaluator.Redactor.Clean(err)})
}

// errorText returns the text of an error, even if its Error method panics.
func errorText(err error) string { return wording.OfError(err).String() }
