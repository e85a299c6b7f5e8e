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

// historyEntry is an entry of the history. state is that of the version, or nil for a rejected
// change.
type historyEntry struct {
	observe.HistoryEntry
	state *State
}

// recordHistory adds an entry and keeps Settings.History entries of each kind, so that many
// rejected changes do not evict the versions to roll back to.
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

// History returns the last applied and rejected changes, oldest first.
func (e *Engine) History() []observe.HistoryEntry {
	e.mu.Lock()
	defer e.mu.Unlock()
	entries := make([]observe.HistoryEntry, len(e.history))
	for i, h := range e.history {
		entries[i] = h.HistoryEntry
	}
	return entries
}

// pinned reports whether the config is pinned.
func (e *Engine) pinned() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pin != 0
}

// Pin makes a version of the history live again, as a new version, and holds all changes until
// Unpin. Version 0 is the live one, which stays live. Pin returns the live version.
func (e *Engine) Pin(ctx context.Context, version int64) (live int64, err error) {
	return e.runOnWriter(ctx, func() (int64, error) { return e.pinTo(version) })
}

// Rollback pins the version before the live one.
func (e *Engine) Rollback(ctx context.Context) (live int64, err error) {
	return e.runOnWriter(ctx, func() (int64, error) {
		previous := e.cell.Previous()
		if previous == nil {
			return 0, &source.Error{Kind: source.NotFound, Op: "roll back", Err: errors.New("config has no earlier version")}
		}
		return e.restoreAndPin(previous)
	})
}

// Unpin ends a Pin or Rollback. The writer then decides on the newest contents at once.
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

// pinTo pins a version. Only the writer calls it.
func (e *Engine) pinTo(version int64) (int64, error) {
	live := e.cell.Load()
	if version == 0 || version == live.Version {
		e.acceptProbation() // pinning the version accepts it
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
			Err: errors.New("version is not in the history"), Fix: "use a version that History lists"}
	}
	return e.restoreAndPin(state)
}

// restoreAndPin makes an old state live again under a new version, and pins it. It builds resources
// again where their values differ from the live ones; if a build fails, nothing changes. Only the
// writer calls it.
func (e *Engine) restoreAndPin(old *State) (int64, error) {
	live := e.cell.Load()
	e.resources.Forget() // build again even after a recent failure
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

// makeLiveAgain swaps in an old state under a new version, with its resources. On an error nothing
// changes.
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
