package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// nameRelease sets the release and the trace of the causes that belong to the manifest in contents,
// in place of those of their documents. Only the writer calls it, without mu.
func (e *Engine) nameRelease(causes []observe.Cause, contents []*pipeline.Content) {
	if len(causes) == 0 {
		return
	}
	m, by := e.admission.gate.ManifestOf(contents)
	if m == nil {
		return
	}
	layers := make(map[string]*layerState, len(e.layers))
	for _, l := range e.layers {
		layers[l.name] = l
	}
	for i := range causes {
		c := &causes[i]
		if l := layers[c.Layer]; l != nil && l.index == by || l != nil && l.isListed(m, c.Document) {
			c.Release = m.Release
			if m.TraceParent != "" {
				c.TraceParent = m.TraceParent
			}
		}
	}
}

// isListed reports whether a release lists a document of the layer's content, by its name.
func (l *layerState) isListed(m *pipeline.Release, document string) bool {
	for _, c := range []*pipeline.Content{l.latest, l.applied} {
		if d := c.Document(document); d != nil {
			return m.Find(l.decode, d) != nil
		}
	}
	return m.Find(l.decode, &source.Document{Name: document}) != nil
}
