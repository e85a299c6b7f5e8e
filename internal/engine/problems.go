package engine

import (
	"slices"

	"github.com/nacre-go/nacre/internal/blame"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// withAbsent adds, to problems of missing keys, each document that is absent and each layer that is
// down: they may be where the keys are.
func (e *Engine) withAbsent(problems source.Problems, contents []*pipeline.Content) source.Problems {
	if !slices.ContainsFunc(problems, func(p *source.Problem) bool { return p.Kind == source.Missing }) {
		return problems
	}
	for i, c := range contents {
		at := source.Position{Layer: e.layers[i].name}
		if c == nil {
			problems = append(problems, wording.Own("layer has no content, so it sets no key").On(&source.Problem{Kind: source.Missing, Position: at}))
			continue
		}
		for _, d := range pipeline.AbsentDocuments(c.Content) {
			text := wording.Own("document does not exist, so it sets no key")
			if d.Location != "" && d.Location != d.Name {
				text = wording.Join(text, wording.Own("; the source looked at "), wording.Foreign(d.Location))
			}
			at.Document = d.Name
			problems = append(problems, text.On(&source.Problem{Kind: source.Missing, Position: at}))
		}
	}
	return problems
}

// change compares the contents of a candidate with the live ones.
func (e *Engine) change(base, next []*pipeline.Content) *blame.Change {
	return blame.NewChange(e.layerNames(), e.schema().Shape, base, next)
}
