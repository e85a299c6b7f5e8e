package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// bootPhase is the time after boot in which a failed build or section makes the engine suspect the
// contents that the service started with.
const bootPhase = 5 * time.Minute

// fallBack handles a service that started with contents from which a resource cannot be built or a
// section cannot be bound, for the given reasons. A running service would have rejected these
// contents, so they must not keep it down. fallBack makes the last known good copy live and calls
// retry. If retry succeeds, the engine rejects the new contents as usual and tries them again
// later. It reports whether retry succeeded. Only the writer calls it.
func (e *Engine) fallBack(retry func() error, reasons source.Problems) bool {
	live := e.cell.Load()
	if live.Version != e.writer.bootVersion || time.Since(live.At) > bootPhase {
		return false
	}
	newest := e.liveCandidate()
	var old candidate
	if !slices.ContainsFunc(e.completeSets(), func(set *diskSet) bool {
		old = e.bootCandidate(set, (*layerState).isRemote)
		for i, c := range old.contents {
			if c == nil || newest.contents[i] != nil && c.Sum() == newest.contents[i].Sum() {
				old.contents[i] = newest.contents[i]
			}
		}
		return old.fromDisk() && !slices.Equal(old.contents, newest.contents)
	}) {
		return false
	}
	good := e.candidateOf(func(l *layerState) *pipeline.Content { return old.contents[l.index] })
	e.copies.suspended.Store(true) // until one of the two proves good
	e.writer.fallingBack = true
	defer func() { e.writer.fallingBack = false }()
	end := e.beginBuilding()
	problems := e.tryApply(good)
	end()
	if problems != nil || e.cell.Load().Version == live.Version {
		return false
	}
	if retry() != nil {
		e.decide() // the copy is not better: return to the newest contents
		return false
	}
	e.copies.suspended.Store(false)
	e.copies.saver.Request()
	e.recordRejected(e.newestCandidate(), e.liveCandidate(), func(int) source.Problems { return reasons })
	e.scheduleRebuild()
	return true
}
