package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// AutoRollback is a check that runs for some time after each change.
type AutoRollback struct {
	Name string
	// Check checks the service with the live version. An error or a panic reverts the version.
	Check func(ctx context.Context, live *pipeline.State) error
	// For is how long after a change the check runs, Every the interval between calls, and Timeout
	// the limit of one call.
	For, Every, Timeout time.Duration
}

// rollbackCheck is an AutoRollback that was added to an engine.
type rollbackCheck struct {
	AutoRollback
	engine  *Engine
	stopped context.Context
	stop    context.CancelFunc
	detach  func() bool // detaches from the engine's context
	done    chan struct{}

	mu      sync.Mutex
	running int // calls of Check
	ended   bool
}

// Stop ends the check. Done reports when a running call has ended. Stop may be called more than
// once.
func (c *rollbackCheck) Stop() {
	c.detach()
	c.end()
}

// end ends the check without detaching it from the engine.
func (c *rollbackCheck) end() {
	c.stop()
	c.engine.rollbacks.remove(c)
	c.leave(0)
}

// Done is closed when the check is stopped, or the engine closed, and no call is running.
func (c *rollbackCheck) Done() <-chan struct{} { return c.done }

// enter reports whether a call may begin.
func (c *rollbackCheck) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.Err() != nil {
		return false
	}
	c.running++
	return true
}

// leave ends n calls, and closes done after the last one.
func (c *rollbackCheck) leave(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running -= n
	if c.running == 0 && c.stopped.Err() != nil && !c.ended {
		c.ended = true
		close(c.done)
	}
}

// rollbackChecks are the checks of an engine. The zero rollbackChecks has none.
type rollbackChecks struct {
	mu  sync.Mutex
	all []*rollbackCheck
}

func (r *rollbackChecks) add(c *rollbackCheck) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, c)
}

func (r *rollbackChecks) remove(c *rollbackCheck) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(other *rollbackCheck) bool { return other == c })
}

func (r *rollbackChecks) list() []*rollbackCheck {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// probation is the time after a change during which checks can revert it.
type probation struct {
	before *pipeline.State // the version to go back to
	built  *resource.Set   // its resources, which stay open
	stop   context.CancelFunc
}

// AddAutoRollback adds a check for the next version and all later ones, until it is stopped.
func (e *Engine) AddAutoRollback(check AutoRollback) Subscription {
	c := &rollbackCheck{AutoRollback: check, engine: e, done: make(chan struct{})}
	c.stopped, c.stop = context.WithCancel(e.runCtx)
	e.rollbacks.add(c)
	c.detach = context.AfterFunc(e.runCtx, c.end)
	return c
}

// activate completes a swap from old to next. On probation, it keeps the resources of the version
// to go back to. Only the writer calls it.
func (e *Engine) activate(old, next *pipeline.State, onProbation bool) {
	if old == nil {
		return
	}
	checks := e.rollbacks.list()
	built := old.Built.Load()
	old.Built.Store(nil) // the history keeps the state; it must not keep closed resources
	before, kept := old, built
	if p := e.probation.Load(); p != nil {
		p.stop()
		before, kept = p.before, p.built // old was on probation itself: go back to the version before it
	}
	if !onProbation || len(checks) == 0 {
		e.probation.Store(nil)
		e.resources.Adopt(kept, next.Built.Load())
		e.resources.Adopt(built, next.Built.Load())
		return
	}
	ctx, stop := context.WithCancel(e.runCtx)
	e.probation.Store(&probation{before: before, built: kept, stop: stop})
	e.resources.Adopt(built, next.Built.Load(), kept)
	e.background.Go(func() { e.watchProbation(ctx, next, checks) })
}

// acceptProbation ends the probation: the live version is good. Only the writer calls it.
func (e *Engine) acceptProbation() {
	if p := e.probation.Load(); p != nil {
		p.stop()
		e.probation.Store(nil)
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
				failed <- fmt.Errorf("check %s: %w", check.Name, e.redactor.Clean(err))
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

// watch returns the first error of a check, or nil at the end of the probation.
func (c *rollbackCheck) watch(ctx context.Context, live *pipeline.State) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopped, cancel)()
	end := time.NewTimer(c.For)
	defer end.Stop()
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end.C:
			return nil
		case <-tick.C:
			if err := c.check(ctx, live); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// check calls Check once and waits at most Timeout for it. A call that takes longer still counts as
// running.
func (c *rollbackCheck) check(ctx context.Context, live *pipeline.State) error {
	if !c.enter() {
		return nil
	}
	_, err := rescue.Within(ctx, c.Timeout, func(ctx context.Context) (struct{}, error) {
		defer c.leave(1)
		return struct{}{}, c.Check(ctx, live)
	})
	return err
}

// endProbation accepts the version on probation, or reverts it. Only the writer calls it.
func (e *Engine) endProbation(live *pipeline.State, failure error) {
	p := e.probation.Load()
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
