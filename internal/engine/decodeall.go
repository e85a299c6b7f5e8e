package engine

import (
	"slices"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// newContent decodes a content that a source has just returned. The layer's watcher calls it, so
// that decoding, which may be slow or call code of the service, blocks neither the writer nor
// another layer.
func (e *Engine) newContent(l *layerState, c source.Content) *layerContent {
	e.mu.Lock()
	s := e.schema
	e.mu.Unlock()
	l.decoding.Store(true)
	defer l.decoding.Store(false)
	a := newContent(c, e.LastKnownGoodKey)
	e.decoder.decode(s, l.pipe, a)
	return a
}

// decode returns the trees of the documents of all contents, lowest first, their standalone
// problems, and the problems of documents that cannot be decoded. Only the writer calls it.
func (e *Engine) decode(contents []*layerContent) (roots []*tree.Node, standalone, problems source.Problems) {
	for i, c := range contents {
		if c == nil {
			continue
		}
		d := e.decodeContent(e.layers[i], c)
		roots = append(roots, d.roots...)
		standalone = append(standalone, d.standalone...)
		problems = append(problems, d.problems...)
	}
	respelled, faults := e.respell(roots)
	return respelled, standalone, append(problems, faults...)
}

// decodeContent returns what a content decodes to by the current schema. It decodes a content that
// arrived before a section was attached, that replaces an absent document, or that had a transient
// problem. Only the writer calls it.
func (e *Engine) decodeContent(l *layerState, c *layerContent) *decoded {
	return e.decoder.decode(e.schema, l.pipe, c)
}

// respell is layer.Respell. Equal roots give the same result, so that merges share what is equal.
// Only the writer calls it.
func (e *Engine) respell(roots []*tree.Node) ([]*tree.Node, source.Problems) {
	if !slices.ContainsFunc(roots, func(n *tree.Node) bool { return n.Doc != nil && n.Doc.Variables }) {
		return roots, nil
	}
	if !slices.Equal(e.writer.spelled.roots, roots) {
		out, problems := layer.Respell(roots)
		e.writer.spelled = respelled{roots, out, wording.OwnAll(problems)}
	}
	return e.writer.spelled.out, e.writer.spelled.problems
}

// respelled is the last result of respell.
type respelled struct {
	roots, out []*tree.Node
	problems   source.Problems
}
