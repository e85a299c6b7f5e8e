package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// reference is what a text of a document refers to.
type reference struct{ scheme, name string }

// reread looks from time to time whether the references of a layer stand for what they stood for when its documents were decoded: a secret
// is rotated without a word from the layer. It asks the resolvers itself, so that one that is slow holds up no change.
func (e *Engine) refreshReferences(ctx context.Context, l *layerState) {
	for {
		if !sleep(ctx, l.RefreshEvery-l.RefreshEvery/10+rand.N(l.RefreshEvery/5+1)) { // not all instances of a service at once
			return
		}
		for _, choose := range []func() *layerContent{func() *layerContent { return l.latest }, l.outdatedApplied} {
			if e.refreshContent(ctx, l, choose) != nil {
				return
			}
		}
	}
}

// behind is the content that is live, where that is not the newest.
func (l *layerState) outdatedApplied() *layerContent {
	if l.applied == l.latest {
		return nil
	}
	return l.applied
}

// rereadOne looks at the newest content of a layer, or at the one that is live where the newest is refused, held or not there.
func (e *Engine) refreshContent(ctx context.Context, l *layerState, choose func() *layerContent) error {
	var content *layerContent
	var known map[reference]string
	if _, err := e.runOnWriter(ctx, func() (int64, error) {
		if content = choose(); content != nil {
			known = maps.Clone(content.referred)
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

// rotated reports whether any reference stands for something else now. One that cannot be resolved stands for what it did.
func (e *Engine) hasRotated(l *layerState, known map[reference]string) bool {
	for r, was := range known {
		if now, err := e.resolve(l, r); err == nil && now != was {
			return true
		}
	}
	return false
}

// again is a content that is to be decoded as if it had just come.
func (c *layerContent) copyUndecoded() *layerContent {
	copied := &layerContent{Content: c.Content, kept: c.kept, fromDisk: c.fromDisk, approved: c.approved}
	copied.shown.Store(c.shown.Load())
	return copied
}

// lookAgain has the newest content of a layer decided on as if it had just come.
func (e *Engine) recheck(l *layerState) {
	e.mu.Lock()
	l.latest = l.latest.copyUndecoded()
	l.rejected, l.held = nil, nil
	e.mu.Unlock()
	e.resources.Forget()
	e.retryDecision()
}

// renew applies what is live of a layer with what its references stand for now. If that is refused, the refusal is reported, and it is
// tried again the next time.
func (e *Engine) refreshApplied(l *layerState) {
	fresh := l.applied.copyUndecoded()
	if reason, quarantined := e.isQuarantined(l, fresh); quarantined {
		e.rejectRefresh(l, source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: l.name, Document: firstName(fresh), Revision: e.shown(fresh)},
			Message: "what its references stand for now is held: " + reason}})
		return
	}
	c := e.candidateOf(func(other *layerState) *layerContent {
		if other == l {
			return fresh
		}
		return other.applied
	})
	e.resources.Forget()
	defer e.beginBuilding()()
	if problems := e.tryApply(c); problems != nil {
		e.rejectRefresh(l, problems)
	}
}

// refuseRenewal records that what is live of a layer is refused with what its references stand for now. It is reported once, and not at
// all where the layer's newest content is refused for the same.
func (e *Engine) rejectRefresh(l *layerState, problems source.Problems) {
	own := problemsOf(problems, l.name)
	if known := e.setRefreshProblems(l, own); known {
		return
	}
	live := e.cell.Load()
	causes := []observe.Cause{causeAt(l, firstName(l.applied), e.shown(l.applied))}
	e.recordHistory(nil, observe.HistoryEntry{Kind: observe.Rejected, Time: time.Now(), Version: live.Version, Causes: causes, Problems: own})
	e.emit(observe.Event{Kind: observe.Rejected, Version: live.Version, Causes: causes, Problems: own})
}

// setRenewal notes why the references of what is live of a layer keep the values that they had; nil where they need not. It reports
// whether that is known already.
func (e *Engine) setRefreshProblems(l *layerState, problems source.Problems) (known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := problems.Error()
	if l.rejected.Error() == text {
		l.refreshProblems = nil
		return true
	}
	known = l.refreshProblems.Error() == text
	l.refreshProblems = problems
	return known
}
