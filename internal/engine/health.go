package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/observe"
)

// Health returns the current state of the config.
func (e *Engine) Health() observe.Health {
	answers, notes := e.askVerifiedTimes(), e.askNotes()
	now := time.Now()
	h := observe.Health{Instance: e.identity.instance, Struct: e.identity.declared(), LastKnownGood: e.copies.saver.Health(), Guard: observe.GuardHealth{MaxKeyLoss: e.MaxKeyLoss, MaxBadChanges: e.MaxBadChanges}}
	if e.copies.seedErr != "" {
		h.LastKnownGood.Error = strings.TrimPrefix(h.LastKnownGood.Error+"; "+e.copies.seedErr, "; ")
	}
	select {
	case <-e.life.closing:
		h.Closed = true
		h.NotReady = append(h.NotReady, "config is closed")
	default:
	}
	var live *pipeline.State
	e.table.read(func() {
		live = e.cell.Load() // with the table locked, so that the version matches the applied contents
		h.Version, h.Sum, h.KeyedSum, h.Since = live.Version, live.Sum(), e.KeyedSum(live), live.At
		h.Pinned = e.pinned()
		h.OnProbation = e.rollout.probation.Load() != nil
		h.Pending = pipeline.PendingTexts(e.table.pending)
		h.Sections = e.schema().Health()
		for _, l := range e.layers {
			f := e.freshnessLocked(l, now, answers[l.index])
			if f.notReady != "" {
				h.NotReady = append(h.NotReady, f.notReady)
			}
			of := e.layerHealthLocked(l, f)
			of.Notes = append(of.Notes, notes[l.index]...)
			h.Layers = append(h.Layers, of)
		}
	})
	for _, s := range e.hub.Subscribers() {
		stats := s.Stats()
		sub := observe.SubscriberHealth{Name: stats.Name, Calls: stats.Calls, Failures: stats.Failures, Panics: stats.Panics, Slow: stats.Slow,
			LastVersion: stats.LastVersion, RunningSince: stats.Running, Pending: stats.Pending}
		if err := e.evaluator.Redactor.Clean(stats.LastErr); err != nil {
			sub.LastError = err.Error()
		}
		h.Subscribers = append(h.Subscribers, sub)
	}
	for _, stats := range e.resources.Stats(live.Built.Load()) {
		h.Resources = append(h.Resources, e.resourceHealth(stats))
	}
	h.Hooks = e.hooks.health()
	return h
}

func (e *Engine) resourceHealth(s resource.Stats) observe.ResourceHealth {
	r := observe.ResourceHealth{Name: s.Name, Since: s.Since, Builds: s.Builds, Failures: s.Failures, Panics: s.Panics,
		Users: s.Users, Replaced: s.Old, Closed: s.Closed, ClosedInUse: s.Forced}
	if err := e.evaluator.Redactor.Clean(s.LastErr); err != nil {
		r.LastError = errorText(err)
	}
	return r
}

// layerHealthLocked returns the health of a layer. The caller must have locked the table.
func (e *Engine) layerHealthLocked(l *layerState, f freshness) observe.LayerHealth {
	h := observe.LayerHealth{Name: l.name, Identity: l.identity, Documents: l.applied.Names(), VerifiedAt: f.verifiedAt, Stale: f.stale,
		Absent: slices.Clone(l.absent)}
	if l.applied != nil {
		h.Notes = l.applied.Notes()
		h.Applied, h.FromSeed = l.applied.Shown(), l.applied.FromSeed
		h.FromLastKnownGood = l.applied.FromDisk && !l.applied.FromSeed
		n := &l.applied.Decoded().Notices
		h.Release, h.Unresolved = n.Release, slices.Clone(n.Unresolved)
		h.Unused, h.Deprecated = texts(n.Unused), texts(n.Deprecated)
	}
	if l.latest != nil {
		h.Latest = l.latest.Shown()
	}
	if l.err != nil {
		h.Down, h.DownSince = l.errText, l.downSince
	}
	for _, p := range slices.Concat(l.rejected, l.refreshProblems) {
		h.Rejected = append(h.Rejected, p.Error())
	}
	h.Held = slices.Clone(l.held)
	h.WithoutChangeGuard = l.WithoutChangeGuard
	if shown := l.guardShown.Load(); shown != nil {
		h.BreakerOpen, h.Quarantined = shown.open, slices.Clone(shown.quarantined)
	}
	return h
}
