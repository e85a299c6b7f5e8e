package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// prepare builds the resources of a candidate.
func (e *Engine) prepare(next *pipeline.State) source.Problems {
	if e.writer.batch == nil {
		return nil // at boot there is nothing to build
	}
	set, failures := e.writer.batch.Build(e.life.ctx, next)
	next.Built.Store(set)
	return e.buildProblems(failures)
}

// buildProblems converts failed builds to problems, which are not redacted yet.
func (e *Engine) buildProblems(failures []resource.Failure) (problems source.Problems) {
	for _, f := range failures {
		reason, err := e.evaluator.Redactor.CleanText(f.Err)
		message := wording.Join(wording.Own("resource "+f.Name+" cannot be built: "), reason)
		problems = append(problems, message.On(&source.Problem{Kind: source.BuildFailed, Err: err}))
	}
	return problems
}

// beginBuilding begins a decision, in which each resource is built at most once per value; the
// function that it returns ends it. Only the writer calls it.
func (e *Engine) beginBuilding() (end func()) {
	if e.writer.batch != nil {
		return func() {} // within another decision
	}
	e.writer.batch = e.resources.Begin(e.builtSets()...)
	return func() {
		e.writer.batch.End(e.builtSet())
		e.writer.batch, e.evaluator.Prepared = nil, nil
	}
}

// builtSet returns the resources of the live version.
func (e *Engine) builtSet() *resource.Set { return e.builtSets()[0] }

// builtSets returns the resources of the live version and, during probation, those of the version
// before it.
func (e *Engine) builtSets() []*resource.Set {
	sets := []*resource.Set{nil}
	if live := e.cell.Load(); live != nil {
		sets[0] = live.Built.Load()
	}
	if p := e.rollout.probation.Load(); p != nil {
		sets = append(sets, p.built)
	}
	return sets
}
