package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// probation is the time after a change during which checks can revert it.
type probation struct {
	before *pipeline.State // the version to go back to
	built  *resource.Set   // its resources, which stay open
	stop   context.CancelFunc
}

// activate completes a swap from old to next. On probation, it keeps the resources of the version
// to go back to. Only the writer calls it.
func (e *Engine) activate(old, next *pipeline.State, onProbation bool) {
	if old == nil {
		return
	}
	checks := e.rollout.rollbacks.list()
	built := old.Built.Load()
	old.Built.Store(nil) // the history keeps the state; it must not keep closed resources
	before, kept := old, built
	if p := e.rollout.probation.Load(); p != nil {
		p.stop()
		before, kept = p.before, p.built // old was on probation itself: go back to the version before it
	}
	if !onProbation || len(checks) == 0 {
		e.rollout.probation.Store(nil)
		e.resources.Adopt(kept, next.Built.Load())
		e.resources.Adopt(built, next.Built.Load())
		return
	}
	ctx, stop := context.WithCancel(e.life.ctx)
	e.rollout.probation.Store(&probation{before: before, built: kept, stop: stop})
	e.resources.Adopt(built, next.Built.Load(), kept)
	e.life.background.Go(func() { e.watchProbation(ctx, next, checks) })
}

// acceptProbation ends the probation: the live version is good. Only the writer calls it.
func (e *Engine) acceptProbation() {
	if p := e.rollout.probation.Load(); p != nil {
		p.stop()
		e.rollout.probation.Store(nil)
		e.resources.Adopt(p.built, e.builtSet())
	}
}

// watchProbation runs the checks until the first failure or the end of the probation, and sends the
// result to the writer.
func (e *Engine) watchProbation(ctx context.Context, live *pipeline.State, checks []*rollbackCheck) {
	failed := make(chan error, len(checks))
	var wait sync.WaitGroup
	each, stop := context.WithCancel(ctx)
	defer stop()
	for _, check := range checks {
		wait.Go(func() {
			if err := check.watch(each, live); err != nil {
				failed <- fmt.Errorf("check %s: %w", check.Name, e.evaluator.Redactor.Clean(err))
				stop() // end the other checks
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return // the engine is closed, or another version is live
	}
	var failure error
	select {
	case failure = <-failed:
	default:
	}
	select {
	case e.commands <- func() { e.endProbation(live, failure) }:
	case <-ctx.Done():
	}
}

// endProbation accepts the version on probation, or reverts it. Only the writer calls it.
func (e *Engine) endProbation(live *pipeline.State, failure error) {
	p := e.rollout.probation.Load()
	if p == nil || e.cell.Load().Version != live.Version {
		return // another version is live
	}
	if failure == nil {
		e.acceptProbation()
		return
	}
	if e.revert(p, e.cell.Load(), failure) { // live may have more sections than the argument
		e.decide() // apply contents that arrived during the probation
	}
}

// revert makes the version before the probation live again, and quarantines the contents of the
// failed version. Only the writer calls it.
func (e *Engine) revert(p *probation, bad *pipeline.State, failure error) (reverted bool) {
	event := observe.Event{Kind: observe.RolledBack, Version: bad.Version, From: bad.Version, To: p.before.Version, Causes: bad.Causes, Err: failure}
	next, err := e.makeLiveAgain(p.before, bad)
	if problems, ok := errors.AsType[source.Problems](err); ok {
		// The rollback failed. The failed version stays live.
		e.acceptProbation()
		event.Kind, event.Problems = observe.RollbackFailed, problems
		e.emit(event)
		return false
	}
	if err != nil {
		return false // the config is closed
	}
	event.Causes = e.quarantine(bad, next, failure)
	problem := &source.Problem{Kind: source.Invalid, Message: failure.Error(), Err: failure}
	e.publish(next, bad, candidate{started: next.At, causes: next.Causes}, observe.RolledBack, source.Problems{problem})
	event.Version = next.Version
	e.emit(event)
	return true
}

// quarantine quarantines the contents of a version that was rolled back, and returns their
// documents. Only the writer calls it.
func (e *Engine) quarantine(bad, back *pipeline.State, failure error) (all []observe.Cause) {
	for i, l := range e.layers {
		c := bad.Contents[i]
		if c == nil || c == back.Contents[i] {
			continue
		}
		l.quarantine.Add(e.evaluator.Fingerprint(l.index, c), c, back.Contents[i], c.Shown(), fmt.Sprintf("version %d was rolled back: %v", bad.Version, failure))
		l.showGuard()
		c.Approved = false // the approval does not outlive the failure
		if l.latest != nil && l.latest.Revision == c.Revision {
			l.latest.Approved = false // the same revision, decoded again
		}
		for i := range c.Documents {
			all = append(all, e.cause(l, c, &c.Documents[i]))
		}
		e.recordFailure(l, time.Now())
	}
	e.nameRelease(all, bad.Contents)
	return all
}
