package engine

import (
	"github.com/nacre-go/nacre/internal/admission"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// newGate returns the gate for releases.
func (e *Engine) newGate() admission.Gate {
	g := admission.Gate{Evaluator: &e.evaluator}
	for _, l := range e.layers {
		g.Layers = append(g.Layers, admission.Layer{Layer: l.decode, Trusted: l.trusted})
	}
	return g
}

// standing returns what the gate compares contents with. Only the writer calls it.
func (e *Engine) standing() *admission.Standing {
	return &admission.Standing{Applied: e.applied(), Newest: e.newest(), Accepted: e.table.accepted}
}

// mismatches returns the documents in contents that do not match the manifest, as problems. Only
// the writer calls it.
func (e *Engine) mismatches(contents []*pipeline.Content) source.Problems {
	return e.admission.gate.Mismatches(contents, e.standing())
}

// isQuarantined reports whether a content is quarantined, and why.
func (e *Engine) isQuarantined(l *layerState, c *pipeline.Content) (reason string, ok bool) {
	if l.quarantine.IsEmpty() { // skip the digests
		return "", false
	}
	return l.quarantine.Of(e.evaluator.Fingerprint(l.index, c), c)
}
