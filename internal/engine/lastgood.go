package engine

import (
	"context"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
)

// newSaver returns the saver of the last known good copy; nil if the config keeps none. A config of
// local layers has no copy.
func (e *Engine) newSaver() *lastgood.Saver {
	switch {
	case !slices.ContainsFunc(e.layers, (*layerState).isRemote):
	case e.LastKnownGoodErr != nil:
		return lastgood.NewBrokenSaver(e.LastKnownGoodErr, e.emit)
	case e.LastKnownGoodPath != "":
		return lastgood.NewSaver(e.LastKnownGoodPath, e.LastKnownGoodKey, e.lastGoodRecord, e.emit)
	}
	return nil
}

// closeSaver saves the live contents a last time.
func (e *Engine) closeSaver(ctx context.Context) error {
	if e.copies.saver == nil {
		return nil
	}
	e.copies.saver.End()
	if err := waitFor(ctx, e.copies.saver.Done(), nil, "the last known good copy at %s is not saved", e.copies.saver.Path()); err != nil {
		return err
	}
	return e.copies.saver.Err()
}

// lastGoodRecord returns the live contents for the copy. It returns false if nothing is live or the
// copy is suspended.
func (e *Engine) lastGoodRecord() (r lastgood.Record, ok bool) {
	answers := e.askVerifiedTimes()
	now := time.Now()
	e.table.read(func() {
		live := e.cell.Load()
		if live == nil || e.copies.suspended.Load() {
			return
		}
		r = lastgood.Record{SavedAt: now, Version: live.Version, Sum: live.Sum(), Accepted: e.table.accepted.Stored(e.manifestKey())}
		for _, l := range e.layers {
			if !l.local && l.applied != nil && !l.applied.FromSeed { // a seed stays one, so that a newer image can replace it
				r.Layers = append(r.Layers, lastgood.NewLayer(l.copyID(), l.verifiedAtLocked(now, answers[l.index]), l.applied.Content))
			}
		}
	})
	return r, len(r.Layers) > 0 || r.Accepted != nil
}
