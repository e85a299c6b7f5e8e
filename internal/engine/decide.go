package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/problem"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/observe"
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

// applied returns the applied content of each layer.
func (e *Engine) applied() []*pipeline.Content {
	all := make([]*pipeline.Content, len(e.layers))
	for i, l := range e.layers {
		all[i] = l.applied
	}
	return all
}

// newest returns the newest content of each layer.
func (e *Engine) newest() []*pipeline.Content {
	all := make([]*pipeline.Content, len(e.layers))
	for i, l := range e.layers {
		all[i] = l.latest
	}
	return all
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
	problems = e.redactor.Problems(problems)
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

// newestCandidate returns the candidate of each layer's newest content that is not held.
func (e *Engine) newestCandidate() candidate {
	return e.candidateOf(func(l *layerState) *pipeline.Content {
		if l.latest != nil && l.held == nil {
			return l.latest
		}
		return l.applied
	})
}

// liveCandidate returns the candidate of the applied contents.
func (e *Engine) liveCandidate() candidate {
	return e.candidateOf(func(l *layerState) *pipeline.Content { return l.applied })
}

// candidateOf returns a candidate of one content per layer. It decodes contents and reads fields
// that only the writer changes; the caller must be the writer and must not hold mu.
func (e *Engine) candidateOf(of func(*layerState) *pipeline.Content) candidate {
	c := candidate{started: time.Now(), contents: make([]*pipeline.Content, len(e.layers))}
	for i, l := range e.layers {
		c.contents[i] = of(l)
		if next := c.contents[i]; next != nil && next.Decoded().Schema == nil {
			e.evaluator.DecodeContent(l.index, next) // decoding determines how to show its revision
		}
		c.causes = append(c.causes, e.causes(l, c.contents[i])...)
		c.changed = c.changed || c.contents[i] != nil && c.contents[i] != l.applied
	}
	e.nameRelease(c.causes, c.contents)
	return c
}

// recordRejected records that the contents of c that are not in good are rejected, and why. It
// reports a rejection once. Only the writer calls it.
func (e *Engine) recordRejected(c, good candidate, reasons func(layer int) source.Problems) {
	var causes []observe.Cause
	var problems problem.Set
	var acks []func()
	var rejected []*layerState
	changed := false
	b := e.change(e.applied(), c.contents)
	e.mu.Lock()
	for i, l := range e.layers {
		content := c.contents[i]
		if content == nil || content == good.contents[i] || content == l.applied {
			continue
		}
		causes = append(causes, e.causes(l, content)...)
		problemsOfLayer := b.ProblemsOf(reasons(i), i)
		problems.Add(problemsOfLayer)
		if l.rejected.Error() != problemsOfLayer.Error() {
			changed = true
		}
		l.rejected = problemsOfLayer
		if !maps.Equal(l.rejectedLines, content.Decoded().Lines) {
			l.rejectedLines, changed = content.Decoded().Lines, true // published again; its publisher waits for an answer
		}
		if !content.FromDisk && l.notified.rejected != content.Revision {
			l.notified.rejected = content.Revision
			if sum := content.Sum(); l.rejectedSum != sum { // else it was written again, under a new revision
				l.rejectedSum, changed = sum, true
				rejected = append(rejected, l)
			}
			if r, ok := source.As[source.Acknowledger](l.Source); ok {
				acks = append(acks, func() { r.Ack(content.Revision, problemsOfLayer) })
			}
		}
	}
	live := e.cell.Load()
	e.mu.Unlock()
	e.nameRelease(causes, c.contents)
	for _, ack := range acks {
		callSafely(ack)
	}
	for _, l := range rejected {
		e.recordFailure(l, time.Now())
	}
	if !changed {
		return // reported before
	}
	sorted := problems.All
	e.sort(sorted, c.contents)
	e.history.Add(nil, observe.HistoryEntry{Kind: observe.Rejected, Time: time.Now(), Version: live.Number(), Causes: causes, Problems: sorted})
	e.emit(observe.Event{Kind: observe.Rejected, Version: live.Number(), Causes: causes, Problems: sorted,
		Steps: e.takeSteps(c.contents, causes), Took: time.Since(c.started)})
}

// swap makes next live and its contents the applied ones in one step for Health. If the config is
// closed, swap does nothing and returns false.
func (e *Engine) swap(next *pipeline.State) bool {
	return e.commit(next, func() {
		e.followers.swap(next, func() { e.cell.Swap(next) })
	})
}

// accept makes next's contents the applied ones of the live version. It returns false if the config
// is closed.
func (e *Engine) accept(next *pipeline.State) bool { return e.commit(next, func() {}) }

// commit calls swap and marks the contents as applied with mu held, and then acknowledges them to
// their sources. It returns false if the config is closed. Only the writer calls it.
func (e *Engine) commit(next *pipeline.State, swap func()) bool {
	var acks []func()
	var unresolved []observe.Event
	e.mu.Lock()
	if e.isClosed() {
		e.mu.Unlock()
		return false
	}
	swap()
	e.roots, e.pending = next.Roots, next.Pending
	for i, l := range e.layers {
		c := next.Contents[i]
		if l.applied != c {
			e.accepted.Record(l.decode, c)
			if likely := c.Unresolved(); len(likely) > 0 && !slices.Equal(likely, l.applied.Unresolved()) {
				unresolved = append(unresolved, observe.Event{Kind: observe.ReferenceUnresolved, Version: next.Version, Layer: l.name, Reasons: likely})
			}
			l.applied, l.appliedAt, l.refreshProblems = c, time.Now(), nil
		}
		if c == l.latest {
			l.rejected, l.notified.rejected, l.held, l.rejectedSum, l.rejectedLines = nil, "", nil, pipeline.Digest{}, nil
			if l.breaker.Open() {
				l.breaker.Reset() // the layer is back at a good content
				l.showGuard()
			}
		}
		if c != nil && !c.FromSeed && l.notified.live != c.Revision { // a seed has a revision of its own
			l.notified.live = c.Revision
			if r, ok := source.As[source.Acknowledger](l.Source); ok {
				acks = append(acks, func() { r.Ack(c.Revision, nil) })
			}
		}
	}
	e.mu.Unlock()
	e.markSecretsInUse()
	for _, event := range unresolved {
		e.emit(event)
	}
	for _, ack := range acks {
		callSafely(ack)
	}
	return true
}

// callSafely calls f and recovers from a panic.
func callSafely(f func()) {
	defer func() { _ = recover() }()
	f()
}
