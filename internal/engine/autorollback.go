package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
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
	c.engine.rollout.rollbacks.remove(c)
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

// rollout is what may revert the live version, or keep it.
type rollout struct {
	rollbacks rollbackChecks
	isPinned  atomic.Bool               // whether the writer has a pin
	probation atomic.Pointer[probation] // nil if no version is on probation; only the writer changes it
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

// AddAutoRollback adds a check for the next version and all later ones, until it is stopped.
func (e *Engine) AddAutoRollback(check AutoRollback) Subscription {
	c := &rollbackCheck{AutoRollback: check, engine: e, done: make(chan struct{})}
	c.stopped, c.stop = context.WithCancel(e.life.ctx)
	e.rollout.rollbacks.add(c)
	c.detach = context.AfterFunc(e.life.ctx, c.end)
	return c
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
