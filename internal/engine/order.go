package engine

import (
	"cmp"
	"slices"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// sort orders problems by layer, document and line. Problems without a position come last.
func (e *Engine) sort(problems source.Problems, contents []*pipeline.Content) {
	type place struct{ layer, document string }
	rank := map[place]int{}
	for i, c := range contents {
		name := e.layers[i].name
		if c != nil {
			for j := range c.Documents {
				rank[place{name, c.Documents[j].Name}] = len(rank) + 1
			}
		}
		rank[place{name, ""}] = len(rank) + 1 // positions without a listed document, such as a variable
	}
	of := func(p *source.Problem) int {
		if r, ok := rank[place{p.Position.Layer, p.Position.Document}]; ok {
			return r
		}
		if r, ok := rank[place{p.Position.Layer, ""}]; ok {
			return r
		}
		return len(rank) + 1
	}
	slices.SortStableFunc(problems, func(a, b *source.Problem) int {
		return cmp.Or(cmp.Compare(of(a), of(b)), cmp.Compare(a.Position.Document, b.Position.Document),
			cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
}
