package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// admit decides for each layer whether its newest content is held, and why. It reports new holds.
// Only the writer calls it.
func (e *Engine) admit() {
	if causes, reasons, fix := e.holdNewest(); reasons != nil { // causes may be empty: a content of absent documents has none
		newest := e.newest()
		e.nameRelease(causes, newest)
		e.emit(observe.Event{Kind: observe.Held, Version: e.cell.Load().Version, Causes: causes, Reasons: reasons, Fix: fix,
			Steps: decodeSteps(e.layers, newest, causes)})
	}
}

// holdNewest is admit without the report: it returns the new holds. Only the writer calls it.
func (e *Engine) holdNewest() (causes []observe.Cause, held []string, fix string) {
	reasons := make([][]string, len(e.layers))
	now := e.standing()
	release := e.admission.gate.HoldReasons(now)
	for i, l := range e.layers {
		c := l.latest
		if c == nil || l.applied == nil || c == l.applied {
			continue
		}
		replayed := e.admission.gate.Replayed(i, now)
		switch {
		case replayed != nil:
			reasons[i] = []string{replayed.Error()}
		case release != nil && e.admission.gate.IsPartOfRelease(i, now):
			reasons[i] = release
		case !c.Approved:
			reasons[i] = e.failureHoldReasons(l, c)
		}
	}
	e.addLossReasons(reasons)
	pinned := e.pinned()
	if pinned {
		for i, l := range e.layers {
			if l.latest != nil && l.latest != l.applied {
				reasons[i] = append(reasons[i][:len(reasons[i]):len(reasons[i])], e.writer.pin.reason())
			}
		}
	}

	known := map[string]bool{}
	var approvals []string
	for i, l := range e.layers {
		own := reasons[i]
		if !e.hold(l, own) || own == nil {
			continue
		}
		causes = append(causes, e.causes(l, l.latest)...)
		if release == nil || !e.admission.gate.IsPartOfRelease(i, now) {
			approvals = append(approvals, fmt.Sprintf("layer %q and revision %q", l.name, l.latest.Shown()))
		}
		for _, reason := range own {
			if !known[reason] { // all layers of a release have the same reason
				known[reason] = true
				held = append(held, reason)
			}
		}
	}
	switch {
	case held == nil:
	case pinned:
		fix = "call Unpin to apply the newest contents"
	case approvals == nil:
		fix = "publish all documents of the release"
	default:
		fix = "publish another content, or call Approve with " + strings.Join(approvals, ", or ")
	}
	return causes, held, fix
}

// hold records why a layer's newest content is held, nil for not held, and reports whether the
// reasons changed. It rejects a held content to an Acknowledger, since another content is live.
// Only the writer calls it.
func (e *Engine) hold(l *layerState, reasons []string) (changed bool) {
	var ack func()
	e.table.change(func() {
		changed = !slices.Equal(l.held, reasons)
		l.held = reasons
		if reasons != nil {
			l.rejected = nil // it was rejected before, for another reason, and is not evaluated now
		}
		if r, ok := source.As[source.Acknowledger](l.Source); ok && changed && reasons != nil {
			rev, err := l.latest.Revision, &source.Problem{Kind: source.Invalid, Position: source.Position{Layer: l.name}, Message: "content is held: " + reasons[0]}
			ack = func() { r.Ack(rev, err) }
		}
	})
	if ack != nil {
		callSafely(ack)
	}
	return changed
}

// failureHoldReasons returns the hold reasons from earlier failures: the content is quarantined, or
// the layer's breaker is open. It returns nil if there are none.
func (e *Engine) failureHoldReasons(l *layerState, c *pipeline.Content) []string {
	if reason, ok := e.isQuarantined(l, c); ok {
		return []string{reason}
	}
	if l.breaker.Open() && !e.wasLive(l, c) {
		return []string{fmt.Sprintf("layer %s has had %d bad changes within %v; publish a content that was live before, or call Approve", l.name, l.breaker.Max, l.breaker.Window)}
	}
	return nil
}

// wasLive reports whether a content was live before and not rolled back; a layer that publishes it
// is returning to a good state.
func (e *Engine) wasLive(l *layerState, c *pipeline.Content) bool {
	sum := c.Sum()
	if l.applied.Sum() == sum {
		return true
	}
	return slices.ContainsFunc(e.history.States(), func(s *pipeline.State) bool {
		return s.Contents[l.index] != nil && s.Contents[l.index].Sum() == sum
	})
}

// recordFailure counts a bad content of a layer. Only the writer calls it.
func (e *Engine) recordFailure(l *layerState, now time.Time) {
	if l.breaker.Bad(now) {
		l.showGuard()
		e.emit(observe.Event{Kind: observe.BreakerOpened, Layer: l.name, Count: int64(l.breaker.Max), Took: l.breaker.Window})
	}
}
