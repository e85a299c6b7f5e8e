package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// startIsOver is the time after which a resource that cannot be built, or a section that cannot be bound, is no reason to doubt what the
// service started with.
const bootPhase = 5 * time.Minute

// fallBack is for a service that starts with contents from which a resource cannot be built or a section bound, which was told by why: what
// would have been refused while it ran must not keep it down. It makes the last known good copy live, if that will do, which again finds out;
// then the new contents are refused as ever, and tried again.
func (e *Engine) fallBack(retry func() error, reasons source.Problems) bool {
	live := e.cell.Load()
	if live.Version != e.bootVersion || time.Since(live.At) > bootPhase {
		return false
	}
	newest := e.liveCandidate()
	old := e.bootCandidate(func(l *layerState) bool { return !l.local })
	for i, c := range old.contents {
		if c == nil || newest.contents[i] != nil && c.sum() == newest.contents[i].sum() {
			old.contents[i] = newest.contents[i]
		}
	}
	if !old.fromDisk() || slices.Equal(old.contents, newest.contents) {
		return false
	}
	good := e.candidateOf(func(l *layerState) *layerContent { return old.contents[l.index] })
	e.snapshotSuspended.Store(true) // until it is known which of the two is good
	e.fallingBack = true
	defer func() { e.fallingBack = false }()
	end := e.beginBuilding()
	problems := e.tryApply(good)
	end()
	if problems != nil || e.cell.Load().Version == live.Version {
		return false
	}
	if retry() != nil {
		e.decide() // the copy is no better: go on with what is newest
		return false
	}
	e.snapshotSuspended.Store(false)
	e.saveLastGood()
	e.recordRejected(e.newestCandidate(), e.liveCandidate(), func(int) source.Problems { return reasons })
	e.scheduleRebuild()
	return true
}
