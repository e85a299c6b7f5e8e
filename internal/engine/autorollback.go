package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// AutoRollback is a check of the service that runs for some time after each change.
type AutoRollback struct {
	Name string
	// Check looks at the service with the version that is live; an error or panic takes the version back.
	Check func(ctx context.Context, live *State) error
	// For is how long after a change the check is made, Every how often, Timeout how long one may take.
	For, Every, Timeout time.Duration
}

// rollbackCheck is an AutoRollback that was added to an engine.
type rollbackCheck struct {
	AutoRollback
	engine  *Engine
	stopped context.Context
	stop    context.CancelFunc
	detach  func() bool // from the engine's end
	done    chan struct{}

	mu      sync.Mutex
	running int // calls of watch
	ended   bool
}

// Stop ends the check; see Done for a call that is still running. It may be called more than once.
func (c *rollbackCheck) Stop() {
	c.detach()
	c.end()
}

func (c *rollbackCheck) end() {
	c.stop()
	c.engine.mu.Lock()
	c.engine.rollbacks = slices.DeleteFunc(c.engine.rollbacks, func(other *rollbackCheck) bool { return other == c })
	c.engine.mu.Unlock()
	c.leave(0)
}

// Done is closed once the check has been stopped, or the engine closed, and no call is running.
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

// trial is the time after a change in which probes may take it back.
type probation struct {
	before *State        // the last version that has passed, or had not to
	built  *resource.Set // what was built for it, which is not closed yet
	stop   context.CancelFunc
}

// AddAutoRollback adds a check for all versions from the next one on, until it is stopped.
func (e *Engine) AddAutoRollback(check AutoRollback) Subscription {
	c := &rollbackCheck{AutoRollback: check, engine: e, done: make(chan struct{})}
	c.stopped, c.stop = context.WithCancel(e.runCtx)
	e.mu.Lock()
	e.rollbacks = append(e.rollbacks, c)
	e.mu.Unlock()
	c.detach = context.AfterFunc(e.runCtx, c.end)
	return c
}

// activate records that next is live in place of old. On probation, what was built for the version to go back to is kept open.
func (e *Engine) activate(old, next *State, onProbation bool) {
	if old == nil {
		return
	}
	e.mu.Lock()
	checks := slices.Clone(e.rollbacks)
	e.mu.Unlock()
	built := old.built.Load()
	old.built.Store(nil) // the history keeps the state, and must not keep what was closed
	before, kept := old, built
	if p := e.probation; p != nil {
		p.stop()
		before, kept = p.before, p.built // the version on trial did not get to its end: one goes back behind it
	}
	if !onProbation || len(checks) == 0 {
		e.setProbation(nil)
		e.resources.Adopt(kept, next.built.Load())
		e.resources.Adopt(built, next.built.Load())
		return
	}
	ctx, stop := context.WithCancel(e.runCtx)
	e.setProbation(&probation{before: before, built: kept, stop: stop})
	e.resources.Adopt(built, next.built.Load(), kept)
	e.background.Go(func() { e.watchProbation(ctx, next, checks) })
}

// setTrial is the writer's; others read the trial with mu held.
func (e *Engine) setProbation(p *probation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.probation = p
}

// acceptTrial ends a trial: the live version is good.
func (e *Engine) acceptProbation() {
	if p := e.probation; p != nil {
		p.stop()
		e.setProbation(nil)
		e.resources.Adopt(p.built, e.builtSet())
	}
}

// watchTrial makes the checks until their time is over, and then says what came of them.
func (e *Engine) watchProbation(ctx context.Context, live *State, checks []*rollbackCheck) {
	failed := make(chan error, len(checks))
	var wait sync.WaitGroup
	each, stop := context.WithCancel(ctx)
	defer stop()
	for _, check := range checks {
		wait.Go(func() {
			if err := check.watch(each, live); err != nil {
				failed <- fmt.Errorf("check %s: %w", check.Name, e.clean(err))
				stop() // the others need not go on
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return // closed, or another version is live
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

// watch returns the first error of a check, nil when its time is over.
func (c *rollbackCheck) watch(ctx context.Context, live *State) error {
	if !c.enter() {
		return nil
	}
	defer c.leave(1)
	end := time.NewTimer(c.For)
	defer end.Stop()
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.stopped.Done():
			return nil
		case <-end.C:
			return nil
		case <-tick.C:
			if err := c.check(ctx, live); err != nil && ctx.Err() == nil && c.stopped.Err() == nil {
				return err
			}
		}
	}
}

// check makes one check, and waits no longer than its time for it.
func (c *rollbackCheck) check(ctx context.Context, live *State) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopped, cancel)()
	_, err := rescue.Within(ctx, c.Timeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Check(ctx, live) })
	return err
}

// endTrial accepts the version on trial, or takes it back.
func (e *Engine) endProbation(live *State, failure error) {
	p := e.probation
	if p == nil || e.cell.Load().Version != live.Version {
		return // another version has become live meanwhile
	}
	if failure == nil {
		e.acceptProbation()
		return
	}
	if e.revert(p, e.cell.Load(), failure) { // which may have a part more than it had
		e.decide() // what else has come meanwhile
	}
}

// revert makes the version before the trial live again, and quarantines what made the one that is taken back.
func (e *Engine) revert(p *probation, bad *State, failure error) (reverted bool) {
	event := observe.Event{Kind: observe.RolledBack, Version: bad.Version, From: bad.Version, To: p.before.Version, Causes: bad.Causes, Err: failure}
	next, err := e.makeLiveAgain(p.before, bad)
	if problems, ok := errors.AsType[source.Problems](err); ok {
		// One cannot go back: what was is gone. The version that failed is better than none.
		e.acceptProbation()
		event.Kind, event.Problems = observe.RollbackFailed, problems
		e.emit(event)
		return false
	}
	if err != nil {
		return false // closed
	}
	event.Causes = e.quarantine(bad, next, failure)
	problem := &source.Problem{Kind: source.Invalid, Message: failure.Error(), Err: failure}
	e.publish(next, bad, candidate{started: next.At, causes: next.Causes}, observe.RolledBack, source.Problems{problem})
	event.Version = next.Version
	e.emit(event)
	return true
}

// quarantine has the contents held that made a version which was taken back.
func (e *Engine) quarantine(bad, back *State, failure error) (all []observe.Cause) {
	for i, l := range e.layers {
		c := bad.contents[i]
		if c == nil || c == back.contents[i] {
			continue
		}
		if l.quarantine == nil {
			l.quarantine = map[digest]string{}
		}
		l.quarantine[e.fingerprint(l, c)] = fmt.Sprintf("version %d was rolled back: %v", bad.Version, failure)
		c.approved = false // that somebody let it through was before it did harm
		if l.latest != nil && l.latest.Revision == c.Revision {
			l.latest.approved = false // the same, with what its references stood for later
		}
		for i := range c.Documents {
			all = append(all, e.cause(l, c, &c.Documents[i]))
		}
		e.recordFailure(l, time.Now())
	}
	return all
}
