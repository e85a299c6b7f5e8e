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

// trial is the time after a change in which probes may take it back.
type probation struct {
	before *State        // the last version that has passed, or had not to
	kept   *resource.Set // what was built for it, which is not closed yet
	stop   context.CancelFunc
}

// AddAutoRollback adds a probe for all versions from the next one on, until remove is called.
func (e *Engine) AddAutoRollback(p AutoRollback) (remove func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rollbacks = append(e.rollbacks, &p)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.rollbacks = slices.DeleteFunc(e.rollbacks, func(q *AutoRollback) bool { return q == &p })
	}
}

// adopt says that next is live in place of old. On trial, what was built for the version to go back to is kept open.
func (e *Engine) activate(old, next *State, onTrial bool) {
	if old == nil {
		return
	}
	e.mu.Lock()
	probes := slices.Clone(e.rollbacks)
	e.mu.Unlock()
	built := old.built.Load()
	old.built.Store(nil) // the history keeps the state, and must not keep what was closed
	before, kept := old, built
	if t := e.probation; t != nil {
		t.stop()
		before, kept = t.before, t.kept // the version on trial did not get to its end: one goes back behind it
	}
	if !onTrial || len(probes) == 0 {
		e.setProbation(nil)
		e.resources.Adopt(kept, next.built.Load())
		e.resources.Adopt(built, next.built.Load())
		return
	}
	ctx, stop := context.WithCancel(e.run)
	e.setProbation(&probation{before: before, kept: kept, stop: stop})
	e.resources.Adopt(built, next.built.Load(), kept)
	e.background.Go(func() { e.watchProbation(ctx, next, probes) })
}

// setTrial is the writer's; others read the trial with mu held.
func (e *Engine) setProbation(t *probation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.probation = t
}

// acceptTrial ends a trial: the live version is good.
func (e *Engine) acceptProbation() {
	if t := e.probation; t != nil {
		t.stop()
		e.setProbation(nil)
		e.resources.Adopt(t.kept, e.builtSet())
	}
}

// watchTrial makes the checks until their time is over, and then says what came of them.
func (e *Engine) watchProbation(ctx context.Context, live *State, probes []*AutoRollback) {
	failed := make(chan error, len(probes))
	var wait sync.WaitGroup
	each, stop := context.WithCancel(ctx)
	defer stop()
	for _, p := range probes {
		wait.Go(func() {
			if err := p.watch(each, live); err != nil {
				failed <- fmt.Errorf("probe %s: %w", p.Name, e.clean(err))
				stop() // the others need not go on
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return // closed, or another version is live
	}
	var why error
	select {
	case why = <-failed:
	default:
	}
	select {
	case e.commands <- func() { e.endProbation(live, why) }:
	case <-ctx.Done():
	}
}

// watch returns the first error of a check, nil when its time is over.
func (p *AutoRollback) watch(ctx context.Context, live *State) error {
	end := time.NewTimer(p.For)
	defer end.Stop()
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end.C:
			return nil
		case <-tick.C:
			if err := p.check(ctx, live); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// check makes one check, and waits no longer than its time for it.
func (p *AutoRollback) check(ctx context.Context, live *State) error {
	_, err := rescue.Within(ctx, p.Timeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.Check(ctx, live) })
	return err
}

// endTrial accepts the version on trial, or takes it back.
func (e *Engine) endProbation(live *State, why error) {
	t := e.probation
	if t == nil || e.cell.Load().Version != live.Version {
		return // another version has become live meanwhile
	}
	if why == nil {
		e.acceptProbation()
		return
	}
	if e.revert(t, e.cell.Load(), why) { // which may have a part more than it had
		e.decide() // what else has come meanwhile
	}
}

// revert makes the version before the trial live again, and quarantines what made the one that is taken back.
func (e *Engine) revert(t *probation, bad *State, why error) (reverted bool) {
	told := observe.Reverted{Version: bad.Version, From: bad.Version, To: t.before.Version, Causes: bad.Causes, Why: why}
	next, err := e.back(t.before, bad)
	if problems, ok := errors.AsType[source.Problems](err); ok {
		// One cannot go back: what was is gone. The version that failed is better than none.
		e.acceptProbation()
		told.Err = problems
		observe.Tell(e.Observer.Reverted, told)
		return false
	}
	if err != nil {
		return false // closed
	}
	told.Causes = e.quarantine(bad, next, why)
	problem := &source.Problem{Kind: source.Invalid, Message: why.Error(), Err: why}
	e.publish(next, bad, candidate{started: next.At, causes: next.Causes}, observe.ResultReverted, source.Problems{problem})
	told.Version = next.Version
	observe.Tell(e.Observer.Reverted, told)
	return true
}

// quarantine has the contents held that made a version which was taken back.
func (e *Engine) quarantine(bad, back *State, why error) (all []observe.Cause) {
	for i, f := range e.layers {
		c := bad.contents[i]
		if c == nil || c == back.contents[i] {
			continue
		}
		if f.quarantine == nil {
			f.quarantine = map[digest]string{}
		}
		f.quarantine[e.fingerprint(f, c)] = fmt.Sprintf("version %d was taken back: %v", bad.Version, why)
		c.released = false // that somebody let it through was before it did harm
		if f.latest != nil && f.latest.Revision == c.Revision {
			f.latest.released = false // the same, with what its references stood for later
		}
		for i := range c.Documents {
			all = append(all, e.cause(f, c, &c.Documents[i]))
		}
		e.recordFailure(f, time.Now())
	}
	return all
}
