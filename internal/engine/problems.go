package engine

import (
	"slices"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// problemsOf returns the problems that concern a changed layer: those with a position in it or
// whose key it changes, and those that no other changed layer explains, such as a required key that
// is missing. If there are none, it returns all.
func (b *blame) problemsOf(problems source.Problems, layer int) (own source.Problems) {
	for _, p := range problems {
		_, changed := b.index[p.Position.Layer]
		suspects, _ := b.suspects(source.Problems{p})
		if p.Position.Layer == b.layerStates[layer].name || slices.Contains(suspects, layer) || suspects == nil && !changed {
			own = append(own, p)
		}
	}
	if own == nil {
		return problems
	}
	return own
}

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
