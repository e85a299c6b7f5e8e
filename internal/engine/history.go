package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// historyEntry is an entry of the history; state is the version's, nil for a rejected change.
type historyEntry struct {
	observe.HistoryEntry
	state *State
}

// remember keeps as many entries of each result as Settings.History says, so that a storm of bad changes does not push out the
// versions that one would go back to.
func (e *Engine) recordHistory(state *State, entry observe.HistoryEntry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.history = append(e.history, historyEntry{entry, state})
	same := func(h historyEntry) bool { return h.Kind == entry.Kind }
	n := 0
	for _, h := range e.history {
		if same(h) {
			n++
		}
	}
	if n > max(e.Settings.History, 1) {
		oldest := slices.IndexFunc(e.history, same)
		e.history = slices.Delete(e.history, oldest, oldest+1)
	}
}

// History returns what has become of the last changes, oldest first.
func (e *Engine) History() []observe.HistoryEntry {
	e.mu.Lock()
	defer e.mu.Unlock()
	entries := make([]observe.HistoryEntry, len(e.history))
	for i, h := range e.history {
		entries[i] = h.HistoryEntry
	}
	return entries
}

func (e *Engine) pinned() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pin != 0
}

// Pin makes a version of the history live again, as a new version, and holds all changes until Unpin; version 0 is the live one,
// which stays as it is. It returns the version that is live.
func (e *Engine) Pin(ctx context.Context, version int64) (live int64, err error) {
	return e.runOnWriter(ctx, func() (int64, error) { return e.pinTo(version) })
}

// Rollback pins the version that was live before the live one.
func (e *Engine) Rollback(ctx context.Context) (live int64, err error) {
	return e.runOnWriter(ctx, func() (int64, error) {
		previous := e.cell.Previous()
		if previous == nil {
			return 0, &source.Error{Kind: source.NotFound, Op: "roll back", Err: errors.New("there is no version before this one")}
		}
		return e.restoreAndPin(previous)
	})
}

// Unpin ends a Pin or Rollback: the newest contents are decided on at once.
func (e *Engine) Unpin(ctx context.Context) error {
	_, err := e.runOnWriter(ctx, func() (int64, error) {
		e.mu.Lock()
		e.pin = 0
		e.mu.Unlock()
		e.resources.Forget()
		e.drainInbox()
		e.decide()
		return 0, nil
	})
	return err
}

func (e *Engine) pinTo(version int64) (int64, error) {
	live := e.cell.Load()
	if version == 0 || version == live.Version {
		e.acceptProbation() // who pins it has decided
		e.mu.Lock()
		e.pin = live.Version
		e.mu.Unlock()
		return live.Version, nil
	}
	e.mu.Lock()
	i := slices.IndexFunc(e.history, func(h historyEntry) bool { return h.state != nil && h.Version == version })
	var state *State
	if i >= 0 {
		state = e.history[i].state
	}
	e.mu.Unlock()
	if state == nil {
		return 0, &source.Error{Kind: source.NotFound, Op: "pin", Document: fmt.Sprintf("version %d", version),
			Err: errors.New("it is not in the history"), Fix: "History lists the versions that are"}
	}
	return e.restoreAndPin(state)
}

// restore makes an old state live again under a new version, and pins it. What the service makes from it is built anew where it
// differs from what is live; if it cannot be, all stays as it is.
func (e *Engine) restoreAndPin(old *State) (int64, error) {
	live := e.cell.Load()
	e.resources.Forget() // somebody wants it now
	next, err := e.makeLiveAgain(old, live)
	if err != nil {
		return 0, err
	}
	e.mu.Lock()
	e.pin = next.Version
	e.mu.Unlock()
	e.rebuildTimer.clear()
	e.publish(next, live, candidate{started: next.At, causes: next.Causes}, observe.Applied, nil)
	return next.Version, nil
}

// back swaps an old state in under a new version, with what the service makes from it. An error leaves all as it is.
func (e *Engine) makeLiveAgain(old, live *State) (*State, error) {
	from := old.Version
	old, problems := e.rebind(old, live, e.schema.freezer)
	if problems != nil {
		return nil, problems
	}
	defer e.beginBuilding()()
	next := &State{Values: old.Values, full: old.full, Merged: old.Merged, schema: old.schema, contents: old.contents, roots: old.roots, pending: old.pending,
		Version: live.Version + 1, At: time.Now(), Causes: []observe.Cause{{Position: source.Position{Document: fmt.Sprintf("back to version %d", from)}}}}
	if problems := e.prepare(next); problems != nil {
		return nil, e.redactor.problems(problems)
	}
	if !e.swap(next) {
		return nil, errClosed()
	}
	e.activate(live, next, false)
	return next, nil
}
