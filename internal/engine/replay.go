package engine

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/source"
)

// replayed says why a signed release may not take part although its signature holds: it comes after
// one that it came before, or too late. Nil where it may. What is live, what was live last, what
// comes from the copy and what an operator has approved may: neither a clock nor a restart takes a
// service down that runs with it.
func (e *Engine) replayed(f *layerState, c *layerContent) *source.Problem {
	if c == nil || c.manifest == nil || !f.signed() || c.fromDisk || c.released {
		return nil
	}
	m := c.manifest
	digest := m.Digest()
	if digest == e.accepted.digest || digest == e.accepted.approved {
		return nil
	}
	if a := f.applied; a != nil && a.manifest != nil && a.manifest.Digest() == digest {
		return nil
	}
	var why string
	switch {
	case m.Sequence < e.accepted.sequence:
		why = fmt.Sprintf("has sequence %d, and %d was accepted here before; sign it with a higher one, or Approve the layer to go back", m.Sequence, e.accepted.sequence)
	case m.Sequence == e.accepted.sequence:
		why = fmt.Sprintf("has sequence %d, with which another release was accepted here; sign it with a higher one, or Approve the layer", m.Sequence)
	case !m.Expires.IsZero() && time.Now().After(m.Expires):
		why = fmt.Sprintf("has expired at %s; sign it with a later time, or Approve the layer", m.Expires.UTC().Format(time.RFC3339))
	default:
		return nil
	}
	return &source.Problem{Kind: source.PermissionDenied, Position: source.Position{Layer: f.name, Document: firstName(c), Revision: e.shown(c)},
		Message: "release " + m.Release + " " + why}
}

// replayedNow is replayed for the newest content of a layer.
func (e *Engine) replayedNow(f *layerState) *source.Problem {
	if !f.Manifest || f.latest == nil || e.badManifest(f) {
		return nil
	}
	return e.replayed(f, f.latest)
}
