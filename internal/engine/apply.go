package engine

import (
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/inspect"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// apply takes a candidate through all steps, from its layers to its subscribers. Each step is a
// package that does not import the others. apply changes nothing before the swap: if a step rejects
// the candidate, the live version stays live, and apply returns all problems that the step found.
// Only the writer calls it.
func (e *Engine) apply(c candidate) source.Problems {
	v := e.evaluator.Evaluate(c.contents, e.cell.Load())
	e.writer.steps = append(e.writer.steps, v.Steps...)
	if v.Problems != nil {
		return v.Problems
	}
	next, live := v.Next, e.cell.Load()
	if v.Unchanged {
		e.acceptUnchanged(c, next, live)
		return nil
	}

	// prepare: build the resources before the version is visible
	began := time.Now()
	problems := e.prepare(next)
	e.endStep(stepBuild, began)
	if problems != nil {
		return problems
	}

	// swap: from here on, Get returns the new version
	began = time.Now()
	next.Version, next.At, next.Causes = live.Number()+1, began, c.causes
	if !e.swap(next) {
		return nil // the config is closed
	}
	e.endStep(stepSwap, began)
	e.activate(live, next, true)

	// notify: each subscriber at its own pace; save the last known good copy
	e.publish(next, live, c, observe.Applied, nil)
	return nil
}

// rehearse returns the problems that apply would have found in contents, including those of builds.
// It changes nothing; what it built is used again if the same decision applies the same values.
// Only the writer calls it.
func (e *Engine) rehearse(contents []*pipeline.Content) source.Problems {
	v := e.evaluator.Evaluate(contents, e.cell.Load())
	if v.Problems != nil || v.Unchanged {
		return v.Problems
	}
	if problems := e.prepare(v.Next); problems != nil {
		return problems
	}
	e.evaluator.Prepared = v.Next
	return nil
}

// acceptUnchanged accepts a candidate with the same merged tree as the live version: only comments
// or hidden values changed. Only the writer calls it.
func (e *Engine) acceptUnchanged(c candidate, next, live *pipeline.State) {
	if e.accept(next) {
		e.emit(observe.Event{Kind: observe.Unchanged, Version: live.Version, Causes: c.causes,
			Steps: e.takeSteps(c.contents, c.causes), Took: time.Since(c.started)})
		e.reportPending(next)
		e.reportNotices(next)
		e.copies.saver.Request() // a hidden value counts as soon as no layer hides it
	}
}

// publish reports a new live version to the history, the observers and the subscribers, and has it
// saved. Only the writer calls it.
func (e *Engine) publish(next, old *pipeline.State, c candidate, kind observe.EventKind, problems source.Problems) {
	if !e.writer.fallingBack {
		e.copies.suspended.Store(false)
	}
	if c.contents == nil { // no decision made it
		e.writer.steps = e.writer.steps[:0]
	}
	changed, diff := e.changedKeys(old, next)
	e.history.Add(next, observe.HistoryEntry{Diff: diff, Kind: kind, Time: next.At, Version: next.Version,
		Sum: next.Sum(), KeyedSum: e.KeyedSum(next), Causes: c.causes, Problems: problems})
	e.emit(observe.Event{Kind: observe.Applied, Version: next.Version, Sum: next.Sum(), KeyedSum: e.KeyedSum(next),
		Causes: c.causes, Changed: changed, Steps: e.takeSteps(next.Contents, c.causes), Took: time.Since(c.started)})
	e.reportPending(next)
	e.reportNotices(next)
	e.releaseTrees()
	e.startSelfCheck(next, old)
	e.hub.Publish(delivery{state: next, causes: next.Causes})
	if old == nil {
		e.copies.saver.RequestAfterBoot()
		return
	}
	e.copies.saver.Request()
}

// changedKeys lists the keys in which two versions differ, with the displayable text of their
// values.
func (e *Engine) changedKeys(old, next *pipeline.State) (changed []string, diff []observe.KeyChange) {
	if old == nil {
		return nil, nil
	}
	tree.Diff(old.Merged, next.Merged, func(p tree.Path) bool {
		shape, secret := e.schema().Shape.Lookup(p)
		key := observe.KeyChange{Key: p.String()}
		if n := old.Merged.Lookup(p); n != nil {
			key.Old = clip(inspect.ValueText(n, shape, secret))
		}
		if n := next.Merged.Lookup(p); n != nil {
			key.New = clip(inspect.ValueText(n, shape, secret))
		}
		changed, diff = append(changed, key.Key), append(diff, key)
		return len(changed) < maxChanged
	})
	return changed, diff
}

// maxChanged is the number of keys that a version reports as changed.
const maxChanged = 100

// maxShown is the number of bytes of a value that the history keeps.
const maxShown = 200

// clip returns at most maxShown bytes of a text.
func clip(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
