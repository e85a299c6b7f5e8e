package engine

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// releaseTrees makes the history hold no trees: they are most of the memory of a version. An old
// version keeps its values, its documents and the values of their references, from which
// makeLiveAgain makes the trees again. The live version and those to which a rollback returns keep
// everything. Only the writer calls it.
func (e *Engine) releaseTrees() {
	keep := []*pipeline.State{nil, e.cell.Load(), e.cell.Previous()}
	if p := e.rollout.probation.Load(); p != nil {
		keep = append(keep, p.before)
	}
	needed := map[*pipeline.Content]bool{nil: true}
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
	for _, s := range e.history.ReleaseTrees(keep) {
		e.cell.Retire(s.With, s.Without)
		for _, c := range s.Without.Contents {
			if !needed[c] {
				needed[c] = true
				c.ReleaseTrees()
			}
		}
	}
}

// History returns the last applied and rejected changes, oldest first.
func (e *Engine) History() []observe.HistoryEntry { return e.history.Entries() }

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
		return nil, e.evaluator.Redactor.Problems(problems)
	}
	if !e.swap(next) {
		return nil, errClosed()
	}
	e.activate(live, next, false)
	return next, nil
}
