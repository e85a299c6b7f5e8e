package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// pin is the version that holds all changes. The zero pin is none.
type pin struct {
	version int64
	by      observe.By
	left    []*pipeline.Content // the contents that were live before the first pin, by layer
}

// reason returns why a pin holds contents.
func (p *pin) reason() string {
	text := fmt.Sprintf("config is pinned at version %d", p.version)
	if by := p.by.String(); by != "" {
		text += " by " + by
	}
	return text
}

// pinned reports whether the config is pinned.
func (e *Engine) pinned() bool { return e.rollout.isPinned.Load() }

// setPin sets the pin. Only the writer calls it.
func (e *Engine) setPin(p pin) {
	e.writer.pin = p
	e.rollout.isPinned.Store(p.version != 0)
}

// Pin makes a version of the history live again, as a new version, and holds all changes until
// Unpin. Version 0 is the live one, which stays live. Pin returns the live version.
func (e *Engine) Pin(ctx context.Context, version int64, by observe.By) (live int64, err error) {
	return e.act(ctx, "pin", by, func() (int64, error) {
		if live := e.cell.Load(); version == 0 || version == live.Version {
			e.acceptProbation() // pinning the version accepts it
			e.hasPinned(live, live, live.Version, by)
			return live.Version, nil
		}
		state := e.history.Find(version)
		if state == nil {
			return 0, &source.Error{Kind: source.NotFound, Op: "pin", Document: fmt.Sprintf("version %d", version),
				Err: errors.New("version is not in the history"), Fix: "use a version that History lists"}
		}
		return e.restoreAndPin(state, by)
	})
}

// Rollback pins the version before the live one. It refuses a version that an automatic rollback
// has reverted.
func (e *Engine) Rollback(ctx context.Context, by observe.By) (live int64, err error) {
	return e.act(ctx, "roll back", by, func() (int64, error) {
		previous := e.cell.Previous()
		if previous == nil {
			return 0, &source.Error{Kind: source.NotFound, Op: "roll back", Err: errors.New("config has no earlier version")}
		}
		for i, l := range e.layers {
			c := previous.Contents[i]
			if c == nil || c == l.applied {
				continue
			}
			if reason, ok := e.isQuarantined(l, c); ok {
				return 0, &source.Error{Kind: source.Conflict, Op: "roll back", Err: errors.New(reason),
					Fix: "the version before it is live; use Pin with a version that History lists"}
			}
		}
		return e.restoreAndPin(previous, by)
	})
}

// Unpin ends a Pin or Rollback. The writer then decides on the newest contents at once. The change
// guard does not judge contents that were live when the config was pinned.
func (e *Engine) Unpin(ctx context.Context, by observe.By) error {
	_, err := e.act(ctx, "unpin", by, func() (int64, error) {
		old := e.writer.pin
		e.setPin(pin{})
		e.resources.Forget()
		e.drainInbox()
		for i, l := range e.layers {
			if c := l.latest; c != nil && old.left != nil && old.left[i] != nil && c.Sum() == old.left[i].Sum() {
				if _, quarantined := e.isQuarantined(l, c); !quarantined {
					c.Approved = true
				}
			}
		}
		if old.version != 0 {
			e.recordAct(observe.Event{Kind: observe.Unpinned, Version: old.version, By: by})
		}
		e.decide()
		return 0, nil
	})
	return err
}

// restoreAndPin makes an old state live again under a new version, and pins it. It builds resources
// again where their values differ from the live ones; if a build fails, nothing changes. Only the
// writer calls it.
func (e *Engine) restoreAndPin(old *pipeline.State, by observe.By) (int64, error) {
	live := e.cell.Load()
	e.resources.Forget() // build again even after a recent failure
	next, err := e.makeLiveAgain(old, live)
	if err != nil {
		return 0, err
	}
	e.writer.rebuildTimer.clear()
	e.publish(next, live, candidate{started: next.At, causes: next.Causes}, observe.Applied, nil)
	e.hasPinned(next, live, old.Version, by)
	return next.Version, nil
}

// hasPinned records that next is live and pinned, and that before was live earlier. Only the writer
// calls it.
func (e *Engine) hasPinned(next, before *pipeline.State, to int64, by observe.By) {
	by = e.cleanBy(by)
	left := e.writer.pin.left
	if e.writer.pin.version == 0 {
		left = before.Contents
	}
	e.setPin(pin{version: next.Version, by: by, left: left})
	e.holdNewest() // Health shows what the pin holds; the event of the pin says so
	e.recordAct(observe.Event{Kind: observe.Pinned, Version: next.Version, From: before.Version, To: to, By: by})
}

// act runs f, the act of an operator, in the writer goroutine. If the operator saw another version
// than the live one, it returns an error instead.
func (e *Engine) act(ctx context.Context, op string, by observe.By, f func() (int64, error)) (int64, error) {
	return e.runOnWriter(ctx, func() (int64, error) {
		if live := e.cell.Load().Version; by.Seen != 0 && by.Seen != live {
			return 0, &source.Error{Kind: source.Conflict, Op: op, Err: fmt.Errorf("version %d is live, not %d", live, by.Seen),
				Fix: "look at the live version and decide again"}
		}
		return f()
	})
}

// recordAct records what an operator did in the history, and reports it. Only the writer calls it.
func (e *Engine) recordAct(event observe.Event) {
	event.By = e.cleanBy(event.By)
	entry := observe.HistoryEntry{Kind: event.Kind, Time: time.Now(), Version: event.Version, By: event.By}
	if event.Layer != "" {
		entry.Causes = []observe.Cause{{Position: source.Position{Layer: event.Layer, Revision: event.Revision}}}
	}
	e.history.Add(nil, entry)
	e.emit(event)
}

// cleanBy returns the texts of a caller as they may be recorded.
func (e *Engine) cleanBy(by observe.By) observe.By {
	return observe.By{Who: clip(e.evaluator.Redactor.Text(by.Who)), Why: clip(e.evaluator.Redactor.Text(by.Why))}
}
