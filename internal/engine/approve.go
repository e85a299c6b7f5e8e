package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Approve applies the newest content of a layer although it is held, and closes the layer's
// breaker. revision is that of the content, as Health shows it. On an error, the approval has no
// effect.
func (e *Engine) Approve(ctx context.Context, layer string, revision source.Revision, by observe.By) (int64, error) {
	return e.act(ctx, "approve", by, func() (int64, error) {
		i := slices.IndexFunc(e.layers, func(l *layerState) bool { return l.name == layer })
		if i < 0 {
			return 0, &source.Error{Kind: source.NotFound, Op: "approve", Document: layer, Err: errors.New("no layer has this name"),
				Fix: "the layers are " + strings.Join(e.layerNames(), ", ")}
		}
		l := e.layers[i]
		if e.drainInbox() || e.writer.inWindow {
			e.decide() // judge what has arrived
		}
		if err := e.notApprovable(l, revision); err != nil {
			return 0, err
		}
		c, breaker, quarantined := l.latest, l.breaker, l.quarantine
		l.breaker.Reset()
		l.quarantine = quarantined.Without(e.evaluator.Fingerprint(l.index, c), c)
		l.showGuard()
		c.Approved = true
		e.resources.Forget()
		e.decide()
		if l.applied != c {
			err := e.notApplied(l)
			l.breaker, l.quarantine, c.Approved = breaker, quarantined, false
			l.showGuard()
			e.admit() // Health shows the content as held again
			return 0, err
		}
		version := e.cell.Load().Version
		e.recordAct(observe.Event{Kind: observe.Approved, Version: version, Layer: l.name, Revision: revision, By: by})
		return version, nil
	})
}

// notApprovable returns why the newest content of a layer cannot be approved, or nil. Only the
// writer calls it.
func (e *Engine) notApprovable(l *layerState, revision source.Revision) error {
	err := &source.Error{Kind: source.Conflict, Op: "approve", Document: l.name}
	switch c := l.latest; {
	case e.pinned():
		err.Err, err.Fix = errors.New(e.writer.pin.reason()), "call Unpin first"
	case c == nil:
		err.Err = errors.New("layer has no content")
	case revision == "":
		err.Kind, err.Err = source.InvalidArgument, errors.New("revision is empty")
		err.Fix = "name the revision that Health shows as the latest of the layer"
	case c.Shown() != revision:
		err.Err = fmt.Errorf("latest content has revision %q, not %q", c.Shown(), revision)
		err.Fix = "look at it and approve that revision"
	case l.held != nil:
		return nil
	case l.rejected != nil:
		return nil //nolint:nilerr // an approval lifts some reasons, such as the expiry of a release
	case c == l.applied:
		err.Err = errors.New("content is not held; it is live")
	default:
		err.Err = errors.New("content is not held")
	}
	return err
}

// notApplied returns why the newest content of a layer is not live after an approval. Only the
// writer calls it.
func (e *Engine) notApplied(l *layerState) error {
	err := &source.Error{Kind: source.Conflict, Op: "approve", Document: l.name}
	switch {
	case l.rejected != nil:
		err.Kind, err.Err = source.KindOf(l.rejected), fmt.Errorf("content is rejected: %w", l.rejected)
		err.Fix = "publish a better content; an approval does not make it good"
	case l.held != nil:
		err.Err, err.Fix = errors.New("content is still held: "+strings.Join(l.held, "; ")), "an approval does not lift this"
	case e.isClosed():
		return errClosed()
	default:
		err.Err = errors.New("content is not live")
	}
	return err
}
