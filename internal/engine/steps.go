package engine

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
)

// The names of the steps of a decision, as events show them.
const (
	stepDecode = "decode"
	stepBuild  = "build"
	stepSearch = "search"
	stepSwap   = "swap"
)

// endStep records a step that has ended. The steps of evaluations that the search for a good subset
// makes are part of the search. Only the writer calls it.
func (e *Engine) endStep(name string, began time.Time) {
	e.writer.steps = append(e.writer.steps, observe.Step{Name: name, Began: began, Took: time.Since(began)})
}

// takeSteps returns the steps of the decision so far, for its event, after the decoding of the
// contents that the event is about. Only the writer calls it.
func (e *Engine) takeSteps(contents []*pipeline.Content, causes []observe.Cause) []observe.Step {
	steps := slices.Concat(decodeSteps(e.layers, contents, causes), e.writer.steps)
	e.writer.steps = e.writer.steps[:0]
	return steps
}

// maxDecodeSteps is the number of layers whose decoding an event shows.
const maxDecodeSteps = 32

// decodeSteps returns the steps in which the contents of the causes were decoded. The causes are in
// the order of their layers.
func decodeSteps(layers []*layerState, contents []*pipeline.Content, causes []observe.Cause) (steps []observe.Step) {
	for i, l := range layers {
		n := slices.IndexFunc(causes, func(c observe.Cause) bool { return c.Layer != l.name })
		switch {
		case len(causes) == 0 || len(steps) == maxDecodeSteps:
			return steps
		case n == 0:
			continue
		case n > 0:
			causes = causes[n:]
		default:
			causes = nil
		}
		if c := contents[i]; c != nil && c.Decoded().Schema != nil {
			d := c.Decoded()
			steps = append(steps, observe.Step{Name: stepDecode, Layer: l.name, Began: d.At.Add(-d.Took), Took: d.Took})
		}
	}
	return steps
}
