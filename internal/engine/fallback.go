package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// startIsOver is the time after which a resource that cannot be built, or a section that cannot be
// bound, does not cast doubt on the contents that the service started with.
const startIsOver = 5 * time.Minute

// fallBack is for a service that starts with contents from which a resource cannot be built or a
// section bound, with the problems why: contents that a running service would reject must not keep
// it from starting. It makes the last known good copy live if again succeeds with it. The new
// contents are then rejected as usual, and tried again.
func (e *Engine) fallBack(again func() error, why source.Problems) bool {
	live := e.cell.Load()
	if live.Version != e.first || time.Since(live.At) > startIsOver {
		return false
	}
	newest := e.live()
	old := e.bootCandidate(func(f *layerState) bool { return !f.local })
	for i, c := range old.contents {
		if c == nil || newest.contents[i] != nil && c.sum() == newest.contents[i].sum() {
			old.contents[i] = newest.contents[i]
		}
	}
	if !old.fromDisk() || slices.Equal(old.contents, newest.contents) {
		return false
	}
	good := e.choose(func(f *layerState) *layerContent { return old.contents[f.index] })
	e.snapshotSuspended.Store(true) // until it is known which of the two is good
	e.fallingBack = true
	defer func() { e.fallingBack = false }()
	end := e.beginBuilding()
	problems := e.try(good)
	end()
	if problems != nil || e.cell.Load().Version == live.Version {
		return false
	}
	if again() != nil {
		e.decide() // the copy is not better: continue with the newest contents
		return false
	}
	e.snapshotSuspended.Store(false)
	e.keepLastGood()
	e.refuse(e.newest(), e.live(), func(int) source.Problems { return why })
	e.scheduleRebuild()
	return true
}
