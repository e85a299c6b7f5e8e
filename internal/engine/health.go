package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/observe"
)

// Health returns the state of everything as it is now.
func (e *Engine) Health() observe.Health {
	answers := e.ask()
	now := time.Now()
	h := observe.Health{LastKnownGood: e.saver.health()}
	select {
	case <-e.ended:
		h.Closed = true
		h.NotReady = append(h.NotReady, "it is closed")
	default:
	}
	e.mu.Lock()
	live := e.cell.Load() // with mu held: a version and the contents that made it change together
	h.Version, h.Sum, h.KeyedSum, h.Since = live.Version, live.Sum(), e.KeyedSum(live), live.At
	h.Pinned = e.pin != 0
	h.OnProbation = e.probation != nil
	h.Pending = pendingTexts(e.pending)
	h.Sections = e.schema.sectionHealth()
	for _, f := range e.layers {
		l := e.layerHealth(f, now, answers[f.index])
		// Who runs without an optional layer serves without it; once it has come, it is held to the
		// same as the others.
		without := f.MayBeDown && f.applied == nil
		if l.Stale && !e.ServeStale && !without {
			h.NotReady = append(h.NotReady, staleText(l, now))
		}
		h.Layers = append(h.Layers, l)
	}
	e.mu.Unlock()
	for _, s := range e.hub.Subscribers() {
		stats := s.Stats()
		sub := observe.SubscriberHealth{Name: stats.Name, Calls: stats.Calls, Failures: stats.Failures, Panics: stats.Panics, Slow: stats.Slow,
			LastVersion: stats.LastVersion, RunningSince: stats.Running, Pending: stats.Pending}
		if err := e.clean(stats.LastErr); err != nil {
			sub.LastError = err.Error()
		}
		h.Subscribers = append(h.Subscribers, sub)
	}
	for _, stats := range e.resources.Stats(live.built.Load()) {
		h.Resources = append(h.Resources, e.resourceHealth(stats))
	}
	return h
}

func (e *Engine) resourceHealth(s resource.Stats) observe.ResourceHealth {
	r := observe.ResourceHealth{Name: s.Name, Since: s.Since, Took: s.Took, Builds: s.Builds, Failures: s.Failures, Panics: s.Panics,
		Users: s.Users, Replaced: s.Old, Closed: s.Closed, ClosedInUse: s.Forced}
	if err := e.clean(s.LastErr); err != nil {
		r.LastError = text(err)
	}
	return r
}

// layerHealth is called with mu held.
func (e *Engine) layerHealth(f *layerState, now, answer time.Time) observe.LayerHealth {
	l := observe.LayerHealth{Name: f.name, Identity: f.identity, Documents: f.applied.names(), VerifiedAt: f.recordVerified(now, answer),
		Absent: slices.Clone(f.absent)}
	l.Stale = e.FreshWithin > 0 && now.Sub(l.VerifiedAt) > e.FreshWithin
	if f.applied != nil {
		l.Applied, l.FromLastKnownGood = e.shown(f.applied), f.applied.fromDisk
	}
	if f.latest != nil {
		l.Latest = e.shown(f.latest)
	}
	if f.err != nil {
		l.Down, l.DownSince = f.errText, f.since
	}
	for _, p := range slices.Concat(f.rejected, f.renewal) {
		l.Rejected = append(l.Rejected, p.Error())
	}
	l.Held = slices.Clone(f.held)
	return l
}

func staleText(l observe.LayerHealth, now time.Time) string {
	if l.VerifiedAt.IsZero() {
		return fmt.Sprintf("layer %s was never proven fresh", l.Name)
	}
	return fmt.Sprintf("layer %s was last proven fresh %s ago", l.Name, now.Sub(l.VerifiedAt).Round(time.Second))
}
