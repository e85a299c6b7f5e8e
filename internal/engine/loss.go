package engine

import (
	"maps"
	"slices"

	"github.com/nacre-go/nacre/internal/admission"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// newLossGuard returns the guard against contents that lose too many keys.
func (e *Engine) newLossGuard() admission.LossGuard {
	g := admission.LossGuard{Evaluator: &e.evaluator, Names: e.layerNames(), Max: e.MaxKeyLoss, Try: e.tryEvaluate}
	for _, l := range e.layers {
		g.Unguarded = append(g.Unguarded, l.WithoutChangeGuard)
	}
	return g
}

// addLossReasons adds the hold reasons of contents that lose too many keys. Only the writer calls
// it.
func (e *Engine) addLossReasons(reasons [][]string) {
	skip := make([]bool, len(reasons))
	for i := range reasons {
		skip[i] = reasons[i] != nil
	}
	held, suppressed := e.admission.lossGuard.Hold(e.cell.Load(), e.liveCandidate().contents, e.newest(), skip)
	for i, l := range e.layers {
		l.suppressedHold = suppressed[i]
		if held[i] != nil {
			reasons[i] = held[i]
		}
	}
}

// lossProblems returns why contents would lose too many keys if they became live without the
// others: the keys may have moved to a layer that is rejected. It returns nothing at boot, when the
// change guard is off.
func (e *Engine) lossProblems(contents []*pipeline.Content) (problems source.Problems, layers []int) {
	if e.writer.batch == nil {
		return nil, nil
	}
	held := e.admission.lossGuard.Losses(e.cell.Load(), e.applied(), e.newest(), contents)
	layers = slices.Sorted(maps.Keys(held))
	for _, i := range layers {
		at := source.Position{Layer: e.layers[i].name, Document: pipeline.FirstName(contents[i]), Revision: contents[i].Shown()}
		for _, reason := range held[i] {
			problems = append(problems, &source.Problem{Kind: source.Invalid, Position: at, Message: "without the other layers of this change, " + reason})
		}
	}
	return problems, layers
}
