package engine

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// replayProblem returns why a correctly signed release must not apply: its sequence number is not
// higher than that of an accepted release, or it has expired. It returns nil for a release that may
// apply. The live release, the last accepted one, one from the last known good copy and one that an
// operator approved may apply, so that neither a clock nor a restart stops a service that runs with
// it.
func (e *Engine) replayProblem(l *layerState, c *pipeline.Content) *source.Problem {
	if c == nil || c.Decoded().Manifest == nil || !l.decode.Signed() || c.FromDisk && !c.FromSeed || c.Approved {
		return nil
	}
	m := c.Decoded().Manifest
	digest := m.Digest()
	if digest == e.accepted.digest || digest == e.accepted.approved {
		return nil
	}
	if a := l.applied; a != nil && a.Decoded().Manifest != nil && a.Decoded().Manifest.Digest() == digest {
		return nil
	}
	var reason string
	switch {
	case m.Sequence < e.accepted.sequence:
		reason = fmt.Sprintf("has sequence %d, and %d was accepted here before; sign it with a higher one, or Approve the layer to go back", m.Sequence, e.accepted.sequence)
	case m.Sequence == e.accepted.sequence:
		reason = fmt.Sprintf("has sequence %d, with which another release was accepted here; sign it with a higher one, or Approve the layer", m.Sequence)
	case !m.Expires.IsZero() && time.Now().After(m.Expires):
		reason = fmt.Sprintf("has expired at %s; sign it with a later time, or Approve the layer", m.Expires.UTC().Format(time.RFC3339))
	default:
		return nil
	}
	return &source.Problem{Kind: source.PermissionDenied, Position: source.Position{Layer: l.name, Document: pipeline.FirstName(c), Revision: c.Shown()},
		Message: "release " + m.Release + " " + reason}
}

// latestReplayProblem is replayProblem for the newest content of a layer.
func (e *Engine) latestReplayProblem(l *layerState) *source.Problem {
	if !l.Manifest || l.latest == nil || e.isLatestManifestBad(l) {
		return nil
	}
	return e.replayProblem(l, l.latest)
}
