package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// historyEntry is an entry of the history. state is that of the version, or nil for a rejected
// change and for an act of an operator.
type historyEntry struct {
	observe.HistoryEntry
	state *pipeline.State
}

// recordHistory adds an entry and keeps Settings.History entries of each kind, so that many
// rejected changes do not evict the versions to roll back to.
func (e *Engine) recordHistory(state *pipeline.State, entry observe.HistoryEntry) {
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

// releaseTrees makes the history hold no trees: they are most of the memory of a version. An old
// version keeps its values, its documents and the values of their references, from which
// makeLiveAgain makes the trees again. The live version and those to which a rollback returns keep
// everything. Only the writer calls it.
func (e *Engine) releaseTrees() {
	keep := []*pipeline.State{nil, e.cell.Load(), e.cell.Previous()}
	needed := map[*pipeline.Content]bool{nil: true}
	e.mu.Lock()
	if e.probation != nil {
		keep = append(keep, e.probation.before)
	}
	for _, l := range e.layers {
		needed[l.latest], needed[l.applied], needed[l.diskCopy] = true, true, true
	}
	for _, s := range keep {
		if s != nil {
			for _, c := range s.Contents {
				needed[c] = true
			}
		}
	}
	var old [][2]*pipeline.State // with and without trees
	for i := range e.history {
		if s := e.history[i].state; !slices.Contains(keep, s) && s.Merged != nil {
			e.history[i].state = s.WithoutTrees()
			old = append(old, [2]*pipeline.State{s, e.history[i].state})
		}
	}
	e.mu.Unlock()
	for _, s := range old {
		e.cell.Retire(s[0], s[1])
		for _, c := range s[1].Contents {
			if !needed[c] {
				needed[c] = true
				c.ReleaseTrees()
			}
		}
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

// makeLiveAgain swaps in an old state under a new version, with its resources. On an error nothing
// changes.
func (e *Engine) makeLiveAgain(old, live *pipeline.State) (*pipeline.State, error) {
	from := old.Version
	contents := old.Contents
	old, problems := e.evaluator.Rebind(old, live, e.schema().Freezer)
	if problems != nil {
		return nil, e.reported(problems, contents)
	}
	defer e.beginBuilding()()
	next := &pipeline.State{Values: old.Values, Full: old.Full, Merged: old.Merged, Schema: old.Schema, Contents: old.Contents, Roots: old.Roots, Pending: old.Pending,
		Version: live.Version + 1, At: time.Now(), Causes: []observe.Cause{{Position: source.Position{Document: fmt.Sprintf("back to version %d", from)}}}}
	if problems := e.prepare(next); problems != nil {
		return nil, e.redactor.Problems(problems)
	}
	if !e.swap(next) {
		return nil, errClosed()
	}
	e.activate(live, next, false)
	return next, nil
}
