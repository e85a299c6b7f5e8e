package engine

import (
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/search"
	"github.com/nacre-go/nacre/source"
)

// applyPartially applies the good part of a rejected candidate and records the rest as rejected.
// Only the writer calls it.
func (e *Engine) applyPartially(c candidate, problems source.Problems) {
	began := time.Now()
	base := e.liveCandidate().contents
	s := search.Search{
		Names: e.layerNames(), Shape: e.schema().Shape, Live: base, Wanted: c.contents, Groups: e.releaseGroups(c.contents),
		Try:          e.tryRehearse,
		IsIncomplete: func(contents []*pipeline.Content) bool { return e.mismatches(contents) != nil },
		Losses:       e.lossProblems,
		Report:       func(own source.Problems) source.Problems { return e.reported(own, c.contents) },
	}
	for i, l := range e.layers {
		if l.suppressedHold != nil { // the change guard would hold it
			s.Hopeless = append(s.Hopeless, i)
		}
	}
	best, reasonsOf := s.Largest(problems)
	good := e.candidateOf(func(l *layerState) *pipeline.Content { return best[l.index] })
	reasons := func(layer int) source.Problems { return reasonsOf[layer] }
	e.endStep(stepSearch, began)
	e.recordRejected(c, good, reasons)
	if !good.changed {
		return
	}
	if problems := e.tryApply(good); problems != nil { // it was evaluated before; reject it as a whole if it fails now
		e.recordRejected(good, e.liveCandidate(), func(int) source.Problems { return problems })
	}
}

// releaseGroups returns the groups of layers that can be tried separately, lowest first: each layer
// is a group, except that the layers of a release are one group.
func (e *Engine) releaseGroups(contents []*pipeline.Content) (groups [][]int) {
	release := -1
	m, _ := e.admission.gate.ManifestOf(contents)
	now := e.standing()
	for i, l := range e.layers {
		if m == nil || contents[i] == nil || l.latest == nil || !e.admission.gate.IsPartOfRelease(i, now) {
			groups = append(groups, []int{i})
			continue
		}
		if release < 0 {
			release = len(groups)
			groups = append(groups, nil)
		}
		groups[release] = append(groups[release], i)
	}
	return groups
}
