package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// refreshWait is how long Refresh waits for what the sources and resolvers answer. Most sources
// answer only if something has changed.
const refreshWait = time.Second

// Refresh does at once what the config does after a back-off or an interval: it calls Next of each
// source again, resolves references again, and tries contents again that were rejected. It returns
// the live version after that.
func (e *Engine) Refresh(ctx context.Context, by observe.By) (int64, error) {
	if _, err := e.act(ctx, "refresh", by, func() (int64, error) {
		live := e.cell.Load().Version
		e.recordAct(observe.Event{Kind: observe.Refreshed, Version: live, By: by}) // first, so that nothing is done unrecorded
		for _, l := range e.layers {
			l.lookAgain()
		}
		return live, nil
	}); err != nil {
		return 0, err
	}
	timer := time.NewTimer(refreshWait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.life.closing:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return e.runOnWriter(ctx, func() (int64, error) {
		e.resources.Forget()
		e.drainInbox()
		e.decide()
		return e.cell.Load().Version, nil
	})
}

// lookAgain makes the watcher of the layer call Next, and its references be resolved.
func (l *layerState) lookAgain() {
	l.reading.interrupt()
	select {
	case l.resolveNow <- struct{}{}:
	default: // it will happen
	}
}

// reading is a context that another goroutine can end. The zero reading is ready for use.
type reading struct {
	cancel atomic.Pointer[context.CancelFunc]
}

// begin ends the context of the last begin, and returns the next one.
func (r *reading) begin(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	if last := r.cancel.Swap(&cancel); last != nil {
		(*last)()
	}
	return ctx
}

// interrupt ends the context of the last begin.
func (r *reading) interrupt() {
	if cancel := r.cancel.Load(); cancel != nil {
		(*cancel)()
	}
}
