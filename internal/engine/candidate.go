package engine

import (
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
)

// candidate is one content per layer, or nil for none, that may become a version.
type candidate struct {
	contents []*pipeline.Content
	started  time.Time
	causes   []observe.Cause
	changed  bool // a content differs from the applied one
}

// newestCandidate returns the candidate of each layer's newest content that is not held.
func (e *Engine) newestCandidate() candidate {
	return e.candidateOf(func(l *layerState) *pipeline.Content {
		if l.latest != nil && l.held == nil {
			return l.latest
		}
		return l.applied
	})
}

// liveCandidate returns the candidate of the applied contents.
func (e *Engine) liveCandidate() candidate {
	return e.candidateOf(func(l *layerState) *pipeline.Content { return l.applied })
}

// candidateOf returns a candidate of one content per layer. It decodes contents and reads fields
// that only the writer changes; the caller must be the writer, and must not have locked the table.
func (e *Engine) candidateOf(of func(*layerState) *pipeline.Content) candidate {
	c := candidate{started: time.Now(), contents: make([]*pipeline.Content, len(e.layers))}
	for i, l := range e.layers {
		c.contents[i] = of(l)
		if next := c.contents[i]; next != nil && next.Decoded().Schema == nil {
			e.evaluator.DecodeContent(l.index, next) // decoding determines how to show its revision
		}
		c.causes = append(c.causes, e.causes(l, c.contents[i])...)
		c.changed = c.changed || c.contents[i] != nil && c.contents[i] != l.applied
	}
	e.nameRelease(c.causes, c.contents)
	return c
}

// applied returns the applied content of each layer.
func (e *Engine) applied() []*pipeline.Content {
	all := make([]*pipeline.Content, len(e.layers))
	for i, l := range e.layers {
		all[i] = l.applied
	}
	return all
}

// newest returns the newest content of each layer.
func (e *Engine) newest() []*pipeline.Content {
	all := make([]*pipeline.Content, len(e.layers))
	for i, l := range e.layers {
		all[i] = l.latest
	}
	return all
}
