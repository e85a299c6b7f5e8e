package sourcetest

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/source"
)

// call is a call of Next in progress.
type call struct {
	p        *probe
	prev     source.Revision
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	content  source.Content
	err      error
	panicked any // the value of a panic, or nil
	taken    bool
}

// start calls Next in a goroutine.
func (p *probe) start(prev source.Revision) *call {
	ctx, cancel := context.WithCancel(p.ctx)
	return p.startWith(ctx, cancel, prev)
}

func (p *probe) startWith(ctx context.Context, cancel context.CancelFunc, prev source.Revision) *call {
	if p.call != nil && !p.call.taken {
		panic("sourcetest: a case called Next twice at once")
	}
	a := &call{p: p, prev: prev, ctx: ctx, cancel: cancel, done: make(chan struct{})}
	p.call = a
	s := p.source
	go p.labelled(func() {
		defer close(a.done)
		defer func() {
			a.panicked = recover()
		}()
		a.content, a.err = s.Next(ctx, prev)
	})
	return a
}

// resume returns the call that is still running, or starts one.
func (p *probe) resume() *call {
	if p.call != nil && !p.call.taken {
		return p.call
	}
	return p.start(p.rev)
}

// within reports whether the call returns within d. It examines the result.
func (a *call) within(d time.Duration) bool {
	if !wait(a.done, d) {
		return false
	}
	if !a.taken {
		a.taken = true
		a.cancel()
		a.p.examine(a)
	}
	return true
}

// wait waits for done to be closed, for d at most.
func wait(done <-chan struct{}, d time.Duration) bool {
	select {
	case <-done:
		return true
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// pause lets d pass.
func pause(d time.Duration) { wait(nil, d) }

// quiet reports a call that returns without a change.
func (a *call) quiet(rule ruleID, after string) {
	if !a.within(a.p.Quiet) {
		return
	}
	if a.err != nil {
		a.p.fail(rule, "after %s, Next returned an error of kind %q, although nothing had changed since", after, source.KindOf(a.err))
	}
	a.p.fail(rule, "after %s, Next returned %s, although nothing had changed since", after, a.p.describe(a.content))
}

// abandon cancels a call and waits for its end.
func (a *call) abandon() {
	a.cancel()
	if !wait(a.done, prompt) {
		a.p.fail(6, "Next did not return within %v after its context had ended", prompt)
	}
	if !a.taken {
		a.taken = true
		a.p.examine(a)
	}
}
