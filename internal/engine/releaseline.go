package engine

import (
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// addLine reads the release line of a document, after decryption.
func (c *layerContent) addLine(d source.Document) {
	line := releaseline.Read(d.Format, d.Data)
	if line == (releaseline.Line{}) {
		return
	}
	if c.lines == nil {
		c.lines = map[string]releaseline.Line{}
	}
	c.lines[d.Name] = line
}

// hideSecretReleases removes the releases of lines that have a known secret.
func (e *Engine) hideSecretReleases(c *layerContent) {
	for name, line := range c.lines {
		if e.redactor.text(line.Release) != line.Release {
			line.Release = ""
			c.lines[name] = line
		}
	}
}

// release returns the release that a content names: in a manifest, or in the lines of its documents
// if they agree.
func (c *layerContent) release() string {
	if c.manifest != nil {
		return c.manifest.Release
	}
	release := ""
	for _, line := range c.lines {
		if release != "" && line.Release != release {
			return ""
		}
		release = line.Release
	}
	return release
}

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
			return m.find(l, d) != nil
		}
	}
	return m.find(l, &source.Document{Name: document}) != nil
}
