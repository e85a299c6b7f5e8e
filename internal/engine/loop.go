package engine

import (
	"context"
	"time"
)

// runWriter is the writer goroutine: it receives updates, waits for the window, decides, and runs
// commands.
func (e *Engine) runWriter(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.inbox.wake:
			if e.drainInbox() && e.collectWindow(ctx) {
				e.decide()
			}
		case command := <-e.commands:
			command()
		case <-e.writer.rebuildTimer.due:
			e.resources.Forget()
			e.drainInbox()
			e.decide()
		}
	}
}

// collectWindow waits until no new content has arrived for Window, or until MaxWindow has passed
// since the first, so that contents that change together become one version. It returns false when
// ctx ends. Commands do not wait for the window, since they concern the live version.
func (e *Engine) collectWindow(ctx context.Context) bool {
	if e.Window <= 0 {
		return true
	}
	e.writer.inWindow = true
	defer func() { e.writer.inWindow = false }()
	quiet := time.NewTimer(e.Window)
	defer quiet.Stop()
	last := time.NewTimer(e.MaxWindow)
	defer last.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-e.inbox.wake:
			if e.drainInbox() {
				quiet.Reset(e.Window)
			}
		case command := <-e.commands:
			command()
		case <-quiet.C:
			return true
		case <-last.C:
			return true
		}
	}
}

// retryDecision decides again after something other than a content has changed. It does nothing
// while a window is open, since the decision follows, and while the config is pinned. Only the
// writer calls it.
func (e *Engine) retryDecision() {
	if !e.writer.inWindow && !e.pinned() {
		e.decide()
	}
}
