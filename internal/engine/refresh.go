package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// refreshReferences checks at intervals, and when Refresh asks for it, whether the references of a
// layer resolve to other values than when its documents were decoded: a secret can rotate without a
// change of the layer. It calls the resolvers in its own goroutine, so that a slow one does not
// block changes.
func (e *Engine) refreshReferences(ctx context.Context, l *layerState) {
	for {
		if !l.awaitRefresh(ctx) {
			return
		}
		for _, choose := range []func() *pipeline.Content{func() *pipeline.Content { return l.latest }, l.outdatedApplied} {
			if e.refreshContent(ctx, l, choose) != nil {
				return
			}
		}
	}
}

// awaitRefresh returns true when the references of the layer are to be resolved again, or false
// when ctx ends first.
func (l *layerState) awaitRefresh(ctx context.Context) bool {
	var due <-chan time.Time
	if l.RefreshEvery > 0 {
		timer := time.NewTimer(l.RefreshEvery - l.RefreshEvery/10 + rand.N(l.RefreshEvery/5+1)) // spread the instances of a service
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
		return true
	case <-l.resolveNow:
		return true
	case <-ctx.Done():
		return false
	}
}

// outdatedApplied returns the applied content if it is not the newest, or nil.
func (l *layerState) outdatedApplied() *pipeline.Content {
	if l.applied == l.latest {
		return nil
	}
	return l.applied
}

// refreshContent checks the references of the content that choose returns: the newest content of a
// layer, or the applied one if it differs.
func (e *Engine) refreshContent(ctx context.Context, l *layerState, choose func() *pipeline.Content) error {
	var content *pipeline.Content
	var known map[pipeline.Reference]pipeline.Referred
	if _, err := e.runOnWriter(ctx, func() (int64, error) {
		if content = choose(); content != nil {
			known = maps.Clone(content.Decoded().Referred)
		}
		return 0, nil
	}); err != nil {
		return err
	}
	rotated := e.hasRotated(l, known)
	_, err := e.runOnWriter(ctx, func() (int64, error) {
		switch {
		case content != choose() || e.pinned():
		case !rotated:
			if content == l.applied {
				e.setRefreshProblems(l, nil)
			}
		case content == l.latest:
			e.recheck(l)
		default:
			e.refreshApplied(l)
		}
		return 0, nil
	})
	return err
}

// hasRotated reports whether any reference resolves to another value. A reference that fails to
// resolve counts as unchanged.
func (e *Engine) hasRotated(l *layerState, values map[pipeline.Reference]pipeline.Referred) bool {
	for r, known := range values {
		if now, err := e.evaluator.Resolve(l.decode, r); err == nil && now != known {
			return true
		}
	}
	return false
}

// recheck decides on the newest content of a layer again, as if it had just arrived. Only the
// writer calls it.
func (e *Engine) recheck(l *layerState) {
	e.table.change(func() {
		l.latest = l.latest.CopyUndecoded()
		l.rejected, l.held = nil, nil
	})
	e.resources.Forget()
	e.retryDecision()
}

// refreshApplied applies the live content of a layer with the current values of its references. If
// it is rejected, refreshApplied reports it; the next refresh tries again. Only the writer calls
// it.
func (e *Engine) refreshApplied(l *layerState) {
	fresh := l.applied.CopyUndecoded()
	if reason, quarantined := e.isQuarantined(l, fresh); quarantined {
		e.rejectRefresh(l, time.Now(), source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: l.name, Document: pipeline.FirstName(fresh), Revision: fresh.Shown()},
			Message: "the current values of its references are held: " + reason}})
		return
	}
	c := e.candidateOf(func(other *layerState) *pipeline.Content {
		if other == l {
			return fresh
		}
		return other.applied
	})
	e.resources.Forget()
	defer e.beginBuilding()()
	if problems := e.tryApply(c); problems != nil {
		e.rejectRefresh(l, c.started, e.change(e.applied(), c.contents).ProblemsOf(problems, l.index))
	}
}

// rejectRefresh records that the live content of a layer is rejected with the current values of its
// references. It reports this once, and not at all if the layer's newest content is rejected for
// the same reason.
func (e *Engine) rejectRefresh(l *layerState, started time.Time, own source.Problems) {
	if known := e.setRefreshProblems(l, own); known {
		return
	}
	live := e.cell.Load()
	causes := []observe.Cause{causeAt(l, pipeline.FirstName(l.applied), l.applied.Shown())}
	e.history.Add(nil, observe.HistoryEntry{Kind: observe.Rejected, Time: time.Now(), Version: live.Version, Causes: causes, Problems: own})
	e.emit(observe.Event{Kind: observe.Rejected, Version: live.Version, Causes: causes, Problems: own,
		Steps: e.takeSteps(e.applied(), nil), Took: time.Since(started)})
}

// setRefreshProblems records why the live content of a layer keeps the earlier values of its
// references; nil if it does not. It reports whether the problems are known already. Only the
// writer calls it.
func (e *Engine) setRefreshProblems(l *layerState, problems source.Problems) (known bool) {
	text := problems.Error()
	if l.rejected.Error() == text {
		problems, known = nil, true
	} else {
		known = l.refreshProblems.Error() == text
	}
	e.table.change(func() { l.refreshProblems = problems })
	return known
}
