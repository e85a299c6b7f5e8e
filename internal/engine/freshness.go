package engine

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// freshness is how fresh the content of a layer is at one moment.
type freshness struct {
	verifiedAt time.Time // zero: never
	stale      bool
	notReady   string    // why the config is not ready because of it, or ""
	next       time.Time // when it changes if no verification comes; zero: not at all
}

// freshnessLocked returns the freshness of a layer, given the answer of askVerifiedAt. The caller
// must have locked the table.
func (e *Engine) freshnessLocked(l *layerState, now, answer time.Time) freshness {
	f := freshness{verifiedAt: l.verifiedAtLocked(now, answer)}
	after := e.staleAfter(l)
	if after <= 0 {
		return f
	}
	age := time.Duration(math.MaxInt64)
	if !f.verifiedAt.IsZero() {
		age = now.Sub(f.verifiedAt)
	}
	if f.stale = age > after; !f.stale {
		f.next = f.verifiedAt.Add(after)
		return f
	}
	// A config is ready without an optional layer. A content that is in use must be fresh.
	if e.NotReadyWhenStale <= 0 || l.MayBeDown && l.applied == nil {
		return f
	}
	after = max(after, e.NotReadyWhenStale)
	switch {
	case f.verifiedAt.IsZero():
		f.notReady = fmt.Sprintf("layer %s was never verified as fresh", l.name)
	case age > after:
		f.notReady = fmt.Sprintf("layer %s was last verified as fresh %s ago, the limit is %s", l.name, age.Round(time.Second), after)
	default:
		f.next = f.verifiedAt.Add(after)
	}
	return f
}

// staleAfter returns the age above which a layer is stale; 0 means never. A healthy source is twice
// as old as its interval only after a verification has failed, so no setting makes it stale.
func (e *Engine) staleAfter(l *layerState) time.Duration {
	if e.FreshWithin <= 0 {
		return 0
	}
	return max(e.FreshWithin, 2*min(l.verifyEvery, math.MaxInt64/2))
}

// freshnessPoll is how often the freshness of a stale layer is examined: a source does not tell
// that it has verified its content.
const freshnessPoll = time.Second

// watchFreshness reports each layer that becomes stale or fresh, and each change of readiness,
// until ctx ends. It has its own goroutine, since it calls VerifiedAt of the sources, which may
// block.
func (e *Engine) watchFreshness(ctx context.Context) {
	seen := reportedFreshness{staleSince: make([]time.Time, len(e.layers))}
	for {
		answers := e.askVerifiedTimes()
		if ctx.Err() != nil {
			return
		}
		if !sleep(ctx, e.reportFreshness(&seen, answers)) {
			return
		}
	}
}

// reportedFreshness is what watchFreshness has reported last.
type reportedFreshness struct {
	staleSince    []time.Time // by layer; zero: fresh
	notReadySince time.Time   // zero: ready
}

// reportFreshness reports what differs from seen, and returns how long nothing can change.
func (e *Engine) reportFreshness(seen *reportedFreshness, answers []time.Time) (wait time.Duration) {
	now := time.Now()
	wait = e.FreshWithin // at most, since the clock of a source may be set
	var events []observe.Event
	var reasons []string
	e.table.read(func() {
		for i, l := range e.layers {
			f := e.freshnessLocked(l, now, answers[i])
			if !f.next.IsZero() {
				wait = min(wait, f.next.Sub(now)+time.Millisecond)
			}
			if f.stale {
				wait = min(wait, freshnessPoll)
			}
			if f.notReady != "" {
				reasons = append(reasons, f.notReady)
			}
			switch since := &seen.staleSince[i]; {
			case f.stale && since.IsZero():
				*since = now
				stale := observe.Event{Kind: observe.LayerStale, Layer: l.name, Documents: l.applied.Names(), Err: l.err}
				if !f.verifiedAt.IsZero() {
					stale.Took = now.Sub(f.verifiedAt)
				}
				events = append(events, stale)
			case !f.stale && !since.IsZero():
				events = append(events, observe.Event{Kind: observe.LayerFresh, Layer: l.name, Took: now.Sub(*since)})
				*since = time.Time{}
			}
		}
	})
	switch version := e.cell.Load().Version; {
	case reasons != nil && seen.notReadySince.IsZero():
		seen.notReadySince = now
		events = append(events, observe.Event{Kind: observe.ReadinessChanged, Version: version, Reasons: reasons})
	case reasons == nil && !seen.notReadySince.IsZero():
		events = append(events, observe.Event{Kind: observe.ReadinessChanged, Version: version, Took: now.Sub(seen.notReadySince)})
		seen.notReadySince = time.Time{}
	}
	for _, event := range events {
		e.emit(event)
	}
	return max(wait, time.Millisecond)
}
