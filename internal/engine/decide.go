package engine

import (
	"slices"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/source"
)

// decide makes the newest good contents live; see the package comment. Only the writer calls it.
func (e *Engine) decide() {
	e.writer.rebuildTimer.clear()
	defer e.evaluator.ForgetMerge()
	e.admit()
	for e.decideOn(e.newestCandidate()) && e.retryHeld() { // a new version may lift the hold of another layer
		continue
	}
}

// decideOn applies the good part of a candidate, and reports whether the applied contents changed.
// Only the writer calls it.
func (e *Engine) decideOn(c candidate) (accepted bool) {
	if !c.changed || e.pinned() {
		return false
	}
	defer e.beginBuilding()()
	before := e.applied()
	if problems := e.tryApply(c); problems != nil {
		e.applyPartially(c, problems)
	}
	e.scheduleRebuild()
	return !slices.Equal(before, e.applied())
}

// retryHeld checks the held layers again and reports whether one is no longer held. Only the writer
// calls it.
func (e *Engine) retryHeld() (released bool) {
	held := slices.DeleteFunc(slices.Clone(e.layers), func(l *layerState) bool { return l.held == nil })
	if len(held) == 0 {
		return false
	}
	e.admit()
	return slices.ContainsFunc(held, func(l *layerState) bool { return l.held == nil && l.suppressedHold == nil })
}

// tryApply applies a candidate, and returns the problems as they may be shown. Only the writer
// calls it.
func (e *Engine) tryApply(c candidate) source.Problems {
	e.writer.steps = e.writer.steps[:0]
	return e.try(c.contents, func() source.Problems { return e.apply(c) })
}

// tryRehearse is rehearse, and returns the problems as they may be shown. Only the writer calls it.
func (e *Engine) tryRehearse(contents []*pipeline.Content) source.Problems {
	return e.try(contents, func() source.Problems { return e.rehearse(contents) })
}

// tryEvaluate returns the problems of evaluate as they may be shown. Only the writer calls it.
func (e *Engine) tryEvaluate(contents []*pipeline.Content) source.Problems {
	return e.try(contents, func() source.Problems { return e.evaluator.Evaluate(contents, e.cell.Load()).Problems })
}

// try calls f for contents and turns a panic into a problem, so that no content can end the writer.
func (e *Engine) try(contents []*pipeline.Content, f func() source.Problems) (problems source.Problems) {
	defer func() {
		if v := recover(); v != nil {
			problems = source.Problems{pipeline.Panicked(rescue.NewPanic(v), source.Position{})}
		}
	}()
	return e.reported(e.withAbsent(f(), contents), contents)
}

// reported returns the problems of contents as they may be shown: without secrets, in order, and
// with the revisions of the contents.
func (e *Engine) reported(problems source.Problems, contents []*pipeline.Content) source.Problems {
	problems = e.evaluator.Redactor.Problems(problems)
	revisions := map[string]source.Revision{}
	for i, c := range contents {
		if c != nil {
			revisions[e.layers[i].name] = c.Shown()
		}
	}
	for _, p := range problems {
		if p.Position.Revision == "" {
			p.Position.Revision = revisions[p.Position.Layer]
		}
	}
	e.sort(problems, contents)
	return problems
}
