package engine

import (
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// nameRelease sets the release and the trace of the causes that belong to the manifest in contents,
// in place of those of their documents. Only the writer calls it, without mu.
func (e *Engine) nameRelease(causes []observe.Cause, contents []*layerContent) {
	if len(causes) == 0 {
		return
	}
	m, by := e.manifestOf(contents)
	if m == nil {
		return
	}
	layers := make(map[string]*layerState, len(e.layers))
	for _, l := range e.layers {
		layers[l.name] = l
	}
	for i := range causes {
		c := &causes[i]
		if l := layers[c.Layer]; l == by || l != nil && l.isListed(m, c.Document) {
			c.Release = m.Release
			if m.TraceParent != "" {
				c.TraceParent = m.TraceParent
			}
		}
	}
}

// isListed reports whether a release lists a document of the layer's content, by its name.
func (l *layerState) isListed(m *release, document string) bool {
	for _, c := range []*layerContent{l.latest, l.applied} {
		if d := c.document(document); d != nil {
			return m.find(l.pipe, d) != nil
		}
	}
	return m.find(l.pipe, &source.Document{Name: document}) != nil
}
