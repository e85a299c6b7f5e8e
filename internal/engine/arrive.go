package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// newContent decodes a content that a source has just returned. The layer's watcher calls it, so
// that decoding, which may be slow or call code of the service, blocks neither the writer nor
// another layer.
func (e *Engine) newContent(l *layerState, c source.Content) *pipeline.Content {
	l.decoding.Store(true)
	defer l.decoding.Store(false)
	a := pipeline.NewContent(c, e.LastKnownGoodKey)
	e.evaluator.Decode(e.schema(), l.decode, a)
	return a
}
