package pipeline

import (
	"slices"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// DecodeAll returns the trees of the documents of all contents, lowest first, their standalone
// problems, and the problems of documents that cannot be decoded.
func (e *Evaluator) DecodeAll(contents []*Content) (roots []*tree.Node, standalone, problems source.Problems) {
	for i, c := range contents {
		if c == nil {
			continue
		}
		d := e.DecodeContent(i, c)
		roots = append(roots, d.Roots...)
		standalone = append(standalone, d.standalone...)
		problems = append(problems, d.Problems...)
	}
	respelled, faults := e.respell(roots)
	return respelled, standalone, append(problems, faults...)
}

// DecodeContent returns what a content of a layer decodes to by the current schema. It decodes a
// content that arrived before a section was attached, that replaces an absent document, or that had
// a transient problem.
func (e *Evaluator) DecodeContent(layer int, c *Content) *Decoded {
	return e.Decode(e.Schema.Load(), e.Layers[layer], c)
}

// respell is layer.Respell. Equal roots give the same result, so that merges share what is equal.
func (e *Evaluator) respell(roots []*tree.Node) ([]*tree.Node, source.Problems) {
	if !slices.ContainsFunc(roots, func(n *tree.Node) bool { return n.Doc != nil && n.Doc.Variables }) {
		return roots, nil
	}
	if !slices.Equal(e.spelled.roots, roots) {
		out, problems := layer.Respell(roots)
		e.spelled = respelled{roots, out, wording.OwnAll(problems)}
	}
	return e.spelled.out, e.spelled.problems
}

// respelled is the last result of respell.
type respelled struct {
	roots, out []*tree.Node
	problems   source.Problems
}
