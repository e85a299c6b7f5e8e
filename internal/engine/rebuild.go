package engine

import (
	"math/rand/v2"
	"time"

	"github.com/nacre-go/nacre/source"
)

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
// secret. Only the writer calls it.
func (e *Engine) hasFailedBuild() bool {
	for _, l := range e.layers {
		for _, p := range l.rejected {
			if p.Kind == source.BuildFailed || p.Kind == source.Unavailable {
				return true
			}
		}
	}
	return false
}
