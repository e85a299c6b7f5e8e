package engine

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/problem"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// evaluation is what a selection of contents, one per layer, would be as a version. It has either
// problems or a state.
type evaluation struct {
	next      *State // without a version, resources and causes
	unchanged bool   // next has the merged tree of the live version
	problems  source.Problems
	steps     []observe.Step
}

// evaluator turns contents into versions. It keeps its last results, from which it takes what did
// not change, and is otherwise pure. Only the writer uses it, except for Schema.
type evaluator struct {
	*decoder
	// Schema is the current schema. Any goroutine may load it.
	Schema atomic.Pointer[schema.Schema]
	// Mismatches returns the documents in contents that may not apply together, as problems.
	Mismatches func(contents []*layerContent) source.Problems
	// Prepared is the last state that was found good, with its resources, or nil. A state with the
	// same tree gets its values.
	Prepared *State

	merged     *mergedRoots // the last merge
	mergedGood *mergedRoots // the last merge without problems
	spelled    respelled    // the last result of respell
}

// forgetMerge drops the last merge, which is of no use to another decision.
func (e *evaluator) forgetMerge() { e.merged = nil }

// evaluate takes contents through the steps that change nothing: decode, merge, guard, bind and
// validate. It returns all problems that the first failing step finds. live is the live version, or
// nil for none.
func (e *evaluator) evaluate(contents []*layerContent, live *State) (v evaluation) {
	began := time.Now()
	step := func(name string) {
		now := time.Now()
		v.steps = append(v.steps, observe.Step{Name: name, Began: began, Took: now.Sub(began)})
		began = now
	}
	// decode: the watcher has decoded new contents; decode the rest by this schema
	roots, standalone, problems := e.decodeAll(contents)
	if problems != nil {
		v.problems = append(problems, standalone...)
		return v
	}
	if v.problems = wording.OwnAll(e.Mismatches(contents)); v.problems != nil {
		return v // a release applies as a whole or not at all
	}

	// layer: merge all documents, lowest first
	all := e.merge(roots)
	if all.problems != nil {
		step(stepMerge)
		_, problems := e.bindAndValidate(all.tree, standalone, live)
		step(stepValidate)
		v.problems = slices.Concat(all.problems, problems)
		return v
	}
	next := &State{full: all.sum(), Merged: all.tree, schema: e.Schema.Load(), contents: contents, roots: roots}

	// guard: keep the live values of restart-only fields
	if v.problems = e.freeze(next, live, standalone); v.problems != nil {
		return v
	}
	if next.pending != nil {
		next.full = verify.Full(next.Merged)
	}
	step(stepMerge)
	v.next = next
	if v.unchanged = live != nil && live.full == next.full && live.schema == next.schema && standalone == nil; v.unchanged {
		return v
	}

	// bind the tree to the types of the sections, and validate: check tags and Validate methods
	if r := e.Prepared; r != nil && r.schema == next.schema && r.full == next.full && standalone == nil {
		next.Values = r.Values // already validated; resources may hold pointers into them
		return v
	}
	next.Values, v.problems = e.bindAndValidate(next.Merged, standalone, live)
	step(stepValidate)
	return v
}

// mergedRoots is the merged tree of some documents.
type mergedRoots struct {
	roots     []*tree.Node
	schema    *schema.Schema
	tree      *tree.Node
	problems  source.Problems
	digest    [32]byte
	hasDigest bool
}

// merge merges documents, lowest first. It keeps the last result, since a decision merges the same
// documents several times, and the last good one, from which most of the next merge is taken.
func (e *evaluator) merge(roots []*tree.Node) *mergedRoots {
	s := e.Schema.Load()
	if e.merged != nil && e.merged.schema == s && slices.Equal(e.merged.roots, roots) {
		return e.merged
	}
	m := &mergedRoots{roots: roots, schema: s}
	if last := e.mergedGood; last != nil && last.schema == s && !e.Whole.Load() {
		m.tree, m.problems = s.Merger.MergeAfter(last.roots, last.tree, roots)
	} else {
		m.tree, m.problems = s.Merger.Merge(roots...)
	}
	if m.problems == nil {
		e.mergedGood = m
	}
	m.problems = wording.OwnAll(m.problems)
	e.merged = m
	return m
}

func (m *mergedRoots) sum() [32]byte {
	if !m.hasDigest {
		m.digest, m.hasDigest = verify.Full(m.tree), true
	}
	return m.digest
}

// bindAndValidate binds a merged tree and validates what it could bind. Use the values only if
// it returns no problems.
func (e *evaluator) bindAndValidate(merged *tree.Node, standalone source.Problems, live *State) (values []any, problems source.Problems) {
	values, problems = e.bind(merged, standalone, live)
	all := problem.Set{} // two sections may bind the same key
	all.Add(problems)
	all.Add(e.Schema.Load().Validate(values, merged))
	return values, all.All
}

// bind binds the merged tree. It adds the standalone problems of keys that a higher layer hides,
// which would otherwise appear only after that layer drops the key.
func (e *evaluator) bind(merged *tree.Node, standalone source.Problems, live *State) (values []any, problems source.Problems) {
	var previous []any
	if live != nil {
		previous = live.Values
	}
	values, problems = e.Schema.Load().Bind(merged, previous, e.Whole.Load())
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

// freeze keeps the live values of restart-only fields in a candidate. The values that the candidate
// wants must be good too, since the next start uses them.
func (e *evaluator) freeze(next *State, live *State, standalone source.Problems) source.Problems {
	if live == nil {
		return nil
	}
	frozen, pending := e.Schema.Load().Freezer.Freeze(live.Merged, next.Merged)
	if pending == nil {
		return nil
	}
	if _, problems := e.bindAndValidate(next.Merged, standalone, live); problems != nil {
		return problems
	}
	next.pending = pendingKeys(next.Merged, pending)
	next.Merged = frozen
	return nil
}

// The names of the steps of an evaluation, as events show them.
const (
	stepMerge    = "merge"
	stepValidate = "validate"
)
