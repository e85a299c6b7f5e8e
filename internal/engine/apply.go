package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// candidate is one content per layer, or nil for none, that may become a version.
type candidate struct {
	contents     []*layerContent
	started      time.Time
	causes       []observe.Cause
	changed      bool // a content differs from the applied one
	prepareOnly  bool // stop before the swap
	evaluateOnly bool // also build no resources
}

// apply takes a candidate through all steps, from its layers to its subscribers. Each step is a
// package that does not import the others. apply changes nothing before the swap: if a step rejects
// the candidate, the live version stays live, and apply returns all problems that the step found.
// Only the writer calls it.
func (e *Engine) apply(c candidate) source.Problems {
	began := time.Now()
	// decode: the watcher has decoded new contents, see newContent; decode the rest by this schema
	roots, standalone, problems := e.decode(c.contents)
	if problems != nil {
		return append(problems, standalone...)
	}
	if problems := wording.OwnAll(e.manifestMismatches(c.contents)); problems != nil {
		return problems // a release applies as a whole or not at all
	}

	// layer: merge all documents, lowest first
	all := e.merge(roots)
	if all.problems != nil {
		e.endStep(stepMerge, began, c)
		began = time.Now()
		_, problems := e.bindAndValidate(all.tree, standalone)
		e.endStep(stepValidate, began, c)
		return slices.Concat(all.problems, problems)
	}
	merged := all.tree
	next := &State{full: all.sum(), At: time.Now(), Causes: c.causes, Merged: merged,
		schema: e.schema, contents: c.contents, roots: roots}
	live := e.cell.Load()

	// guard: keep the live values of restart-only fields
	if problems := e.freeze(next, live, standalone); problems != nil {
		return problems
	}
	if next.pending != nil {
		merged = next.Merged
		next.full = verify.Full(merged)
	}
	e.endStep(stepMerge, began, c)
	if live != nil && live.full == next.full && live.schema == next.schema && standalone == nil {
		return e.acceptUnchanged(c, next, live)
	}

	// bind the tree to the types of the sections, and validate: check tags and Validate methods
	if r := e.prepared; r != nil && r.schema == next.schema && r.full == next.full && standalone == nil {
		next.Values = r.Values // already validated; resources may hold pointers into them
	} else {
		began = time.Now()
		next.Values, problems = e.bindAndValidate(merged, standalone)
		e.endStep(stepValidate, began, c)
		if problems != nil {
			return problems
		}
	}

	if c.evaluateOnly {
		return nil
	}

	// prepare: build the resources before the version is visible
	began = time.Now()
	problems = e.prepare(next)
	e.endStep(stepBuild, began, c)
	if problems != nil {
		return problems
	}
	if c.prepareOnly {
		e.prepared = next
		return nil
	}

	// swap: from here on, Get returns the new version
	began = time.Now()
	next.Version = live.version() + 1
	if !e.swap(next) {
		return nil // the config is closed
	}
	e.endStep(stepSwap, began, c)
	e.activate(live, next, true)

	// notify: each subscriber at its own pace; save the last known good copy
	e.publish(next, live, c, observe.Applied, nil)
	return nil
}

// mergedRoots is the merged tree of some documents.
type mergedRoots struct {
	roots     []*tree.Node
	schema    *schema
	tree      *tree.Node
	problems  source.Problems
	digest    [32]byte
	hasDigest bool
}

// merge merges documents, lowest first. It keeps the last result until the decision ends, since a
// decision merges the same documents several times. Only the writer calls it.
func (e *Engine) merge(roots []*tree.Node) *mergedRoots {
	if e.merged == nil || e.merged.schema != e.schema || !slices.Equal(e.merged.roots, roots) {
		e.merged = &mergedRoots{roots: roots, schema: e.schema}
		e.merged.tree, e.merged.problems = e.schema.merger.Merge(roots...)
		e.merged.problems = wording.OwnAll(e.merged.problems)
	}
	return e.merged
}

func (m *mergedRoots) sum() [32]byte {
	if !m.hasDigest {
		m.digest, m.hasDigest = verify.Full(m.tree), true
	}
	return m.digest
}

// bindAndValidate binds a merged tree and validates what it could bind. Use the values only if
// it returns no problems.
func (e *Engine) bindAndValidate(merged *tree.Node, standalone source.Problems) (values []any, problems source.Problems) {
	values, problems = e.bind(merged, standalone)
	all := problemSet{} // two sections may bind the same key
	all.add(problems)
	all.add(e.schema.validate(values, merged))
	return values, all.all
}

// bind binds the merged tree. It adds the standalone problems of keys that a higher layer hides,
// which would otherwise appear only after that layer drops the key.
func (e *Engine) bind(merged *tree.Node, standalone source.Problems) (values []any, problems source.Problems) {
	var previous []any
	if live := e.cell.Load(); live != nil {
		previous = live.Values
	}
	values, problems = e.schema.bind(merged, previous)
	for _, p := range standalone {
		if slices.ContainsFunc(problems, func(q *source.Problem) bool {
			return q.Position == p.Position && withoutItems(q.Key) == withoutItems(p.Key)
		}) {
			continue
		}
		problems = append(problems, p)
	}
	return values, problems
}

// withoutItems returns a key without the numbers of items: an item can have another number in the
// merged list than in its document.
func withoutItems(key string) string {
	p, ok := tree.ParsePath(key)
	if !ok || !strings.Contains(key, "[") {
		return key
	}
	for i, segment := range p {
		if _, item := tree.ItemIndex(segment); item {
			p[i] = "[]"
		}
	}
	return strings.Join(p, ".")
}

// acceptUnchanged accepts a candidate with the same merged tree as the live version: only comments
// or hidden values changed. Only the writer calls it.
func (e *Engine) acceptUnchanged(c candidate, next, live *State) source.Problems {
	if c.prepareOnly {
		return nil
	}
	if e.accept(next) {
		e.emit(observe.Event{Kind: observe.Unchanged, Version: live.Version, Causes: c.causes,
			Steps: e.takeSteps(c.contents, c.causes), Took: time.Since(c.started)})
		e.reportPending(next)
		e.reportNotices(next)
		e.saveLastGood() // a hidden value counts as soon as no layer hides it
	}
	return nil
}

// publish reports a new live version to the history, the observers and the subscribers, and has it
// saved. Only the writer calls it.
func (e *Engine) publish(next, old *State, c candidate, kind observe.EventKind, problems source.Problems) {
	if !e.fallingBack {
		e.snapshotSuspended.Store(false)
	}
	if c.contents == nil { // no decision made it
		e.steps = e.steps[:0]
	}
	changed, diff := e.changedKeys(old, next)
	e.recordHistory(next, observe.HistoryEntry{Diff: diff, Kind: kind, Time: next.At, Version: next.Version,
		Sum: next.Sum(), KeyedSum: e.KeyedSum(next), Causes: c.causes, Problems: problems})
	e.emit(observe.Event{Kind: observe.Applied, Version: next.Version, Sum: next.Sum(), KeyedSum: e.KeyedSum(next),
		Causes: c.causes, Changed: changed, Steps: e.takeSteps(next.contents, c.causes), Took: time.Since(c.started)})
	e.reportPending(next)
	e.reportNotices(next)
	e.hub.Publish(delivery{state: next, causes: next.Causes})
	if old == nil {
		e.saver.requestAfterBoot()
		return
	}
	e.saveLastGood()
}

// changedKeys lists the keys in which two versions differ, with the displayable text of their
// values.
func (e *Engine) changedKeys(old, next *State) (changed []string, diff []observe.KeyChange) {
	if old == nil {
		return nil, nil
	}
	tree.Diff(old.Merged, next.Merged, func(p tree.Path) bool {
		shape, secret := e.schema.shape.Lookup(p)
		key := observe.KeyChange{Key: p.String()}
		if n := old.Merged.Lookup(p); n != nil {
			key.Old = clip(valueText(n, shape, secret))
		}
		if n := next.Merged.Lookup(p); n != nil {
			key.New = clip(valueText(n, shape, secret))
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
