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

// reread looks from time to time whether the references of a layer stand for what they stood for
// when its documents were decoded: a secret is rotated without a word from the layer. It asks the
// resolvers itself, so that one that is slow holds up no change.
func (e *Engine) reread(ctx context.Context, f *layerState) {
	for {
		if !sleep(ctx, f.RefreshEvery-f.RefreshEvery/10+rand.N(f.RefreshEvery/5+1)) { // not all instances of a service at once
			return
		}
		for _, which := range []func() *layerContent{func() *layerContent { return f.latest }, f.behind} {
			if e.rereadOne(ctx, f, which) != nil {
				return
			}
		}
	}
}

// behind is the content that is live, where that is not the newest.
func (l *layerState) behind() *layerContent {
	if l.applied == l.latest {
		return nil
	}
	return l.applied
}

// rereadOne looks at the newest content of a layer, or at the one that is live where the newest is
// refused, held or not there.
func (e *Engine) rereadOne(ctx context.Context, f *layerState, which func() *layerContent) error {
	var of *layerContent
	var known map[reference]string
	if _, err := e.runOnWriter(ctx, func() (int64, error) {
		if of = which(); of != nil {
			known = maps.Clone(of.referred)
		}
		return 0, nil
	}); err != nil {
		return err
	}
	rotated := e.rotated(f, known)
	_, err := e.runOnWriter(ctx, func() (int64, error) {
		switch {
		case of != which() || e.pinned():
		case !rotated:
			if of == f.applied {
				e.setRenewal(f, nil)
			}
		case of == f.latest:
			e.recheck(f)
		default:
			e.renew(f)
		}
		return 0, nil
	})
	return err
}

// rotated reports whether any reference stands for something else now. One that cannot be resolved
// stands for what it did.
func (e *Engine) rotated(f *layerState, known map[reference]string) bool {
	for r, was := range known {
		if now, err := e.resolve(f, r); err == nil && now != was {
			return true
		}
	}
	return false
}

// copyUndecoded returns a copy of the content that is decoded as if it had just arrived.
func (c *layerContent) copyUndecoded() *layerContent {
	again := &layerContent{Content: c.Content, kept: c.kept, fromDisk: c.fromDisk, released: c.released}
	again.shown.Store(c.shown.Load())
	return again
}

// recheck decides on the newest content of a layer as if it had just arrived.
func (e *Engine) recheck(f *layerState) {
	e.mu.Lock()
	f.latest = f.latest.copyUndecoded()
	f.rejected, f.held = nil, nil
	e.mu.Unlock()
	e.resources.Forget()
	e.retryDecision()
}

// renew applies what is live of a layer with what its references stand for now. If that is refused,
// the refusal is reported, and it is tried again the next time.
func (e *Engine) renew(f *layerState) {
	fresh := f.applied.copyUndecoded()
	if why, harmful := e.isQuarantined(f, fresh); harmful {
		e.refuseRenewal(f, source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: f.name, Document: firstName(fresh), Revision: e.shown(fresh)},
			Message: "what its references stand for now is held: " + why}})
		return
	}
	c := e.choose(func(other *layerState) *layerContent {
		if other == f {
			return fresh
		}
		return other.applied
	})
	e.resources.Forget()
	defer e.beginBuilding()()
	if problems := e.try(c); problems != nil {
		e.refuseRenewal(f, problems)
	}
}

// refuseRenewal records that what is live of a layer is refused with what its references stand for
// now. It is reported once, and not at all where the layer's newest content is refused for the
// same.
func (e *Engine) refuseRenewal(f *layerState, problems source.Problems) {
	own := of(problems, f.name)
	if known := e.setRenewal(f, own); known {
		return
	}
	live := e.cell.Load()
	causes := []observe.Cause{causeAt(f, firstName(f.applied), e.shown(f.applied))}
	e.recordHistory(nil, observe.HistoryEntry{Kind: observe.Rejected, Time: time.Now(), Version: live.Version, Causes: causes, Problems: own})
	e.tell(observe.Event{Kind: observe.Rejected, Version: live.Version, Causes: causes, Problems: own})
}

// setRenewal notes why the references of what is live of a layer keep the values that they had; nil
// where they need not. It reports whether that is known already.
func (e *Engine) setRenewal(f *layerState, why source.Problems) (known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := why.Error()
	if f.rejected.Error() == text {
		f.renewal = nil
		return true
	}
	known = f.renewal.Error() == text
	f.renewal = why
	return known
}
