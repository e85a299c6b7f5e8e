package pipeline

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

// Evaluation is what a selection of contents, one per layer, would be as a version. It has either
// problems or a state.
type Evaluation struct {
	Next      *State // without a version, resources and causes
	Unchanged bool   // Next has the merged tree of the live version
	Problems  source.Problems
	Steps     []observe.Step
}

// Evaluator turns contents into versions. It keeps its last results, from which it takes what did
// not change, and is otherwise pure. Only the writer uses it, except for Schema and the methods and
// fields of the Decoder, which any goroutine may use.
type Evaluator struct {
	*Decoder
	// Schema is the current schema. Any goroutine may load it.
	Schema atomic.Pointer[schema.Schema]
	// Mismatches returns the documents in contents that may not apply together, as problems.
	Mismatches func(contents []*Content) source.Problems
	// Prepared is the last state that was found good, with its resources, or nil. A state with the
	// same tree gets its values.
	Prepared *State

	merged     *Merged   // the last merge
	mergedGood *Merged   // the last merge without problems
	spelled    respelled // the last result of respell
}

// ForgetMerge drops the last merge, which is of no use to another decision.
func (e *Evaluator) ForgetMerge() { e.merged = nil }

// Evaluate takes contents through the steps that change nothing: decode, merge, guard, bind and
// validate. It returns all problems that the first failing step finds. live is the live version, or
// nil for none.
func (e *Evaluator) Evaluate(contents []*Content, live *State) (v Evaluation) {
	began := time.Now()
	step := func(name string) {
		now := time.Now()
		v.Steps = append(v.Steps, observe.Step{Name: name, Began: began, Took: now.Sub(began)})
		began = now
	}
	// decode: the watcher has decoded new contents; decode the rest by this schema
	roots, standalone, problems := e.DecodeAll(contents)
	if problems != nil {
		v.Problems = append(problems, standalone...)
		return v
	}
	if v.Problems = wording.OwnAll(e.Mismatches(contents)); v.Problems != nil {
		return v // a release applies as a whole or not at all
	}

	// layer: merge all documents, lowest first
	all := e.Merge(roots)
	if all.problems != nil {
		step(stepMerge)
		_, problems := e.bindAndValidate(all.Tree, standalone, live)
		step(stepValidate)
		v.Problems = slices.Concat(all.problems, problems)
		return v
	}
	next := &State{Full: all.sum(), Merged: all.Tree, Schema: e.Schema.Load(), Contents: contents, Roots: roots}

	// guard: keep the live values of restart-only fields
	if v.Problems = e.freeze(next, live, standalone); v.Problems != nil {
		return v
	}
	if next.Pending != nil {
		next.Full = verify.Full(next.Merged)
	}
	step(stepMerge)
	v.Next = next
	if v.Unchanged = live != nil && live.Full == next.Full && live.Schema == next.Schema && standalone == nil; v.Unchanged {
		return v
	}

	// bind the tree to the types of the sections, and validate: check tags and Validate methods
	if r := e.Prepared; r != nil && r.Schema == next.Schema && r.Full == next.Full && standalone == nil {
		next.Values = r.Values // already validated; resources may hold pointers into them
		return v
	}
	next.Values, v.Problems = e.bindAndValidate(next.Merged, standalone, live)
	step(stepValidate)
	return v
}

// Merged is the merged tree of some documents.
type Merged struct {
	roots     []*tree.Node
	schema    *schema.Schema
	Tree      *tree.Node
	problems  source.Problems
	digest    [32]byte
	hasDigest bool
}

// Merge merges documents, lowest first. It keeps the last result, since a decision merges the same
// documents several times, and the last good one, from which most of the next merge is taken.
func (e *Evaluator) Merge(roots []*tree.Node) *Merged {
	s := e.Schema.Load()
	if e.merged != nil && e.merged.schema == s && slices.Equal(e.merged.roots, roots) {
		return e.merged
	}
	m := &Merged{roots: roots, schema: s}
	if last := e.mergedGood; last != nil && last.schema == s && !e.Whole.Load() {
		m.Tree, m.problems = s.Merger.MergeAfter(last.roots, last.Tree, roots)
	} else {
		m.Tree, m.problems = s.Merger.Merge(roots...)
	}
	if m.problems == nil {
		e.mergedGood = m
	}
	m.problems = wording.OwnAll(m.problems)
	e.merged = m
	return m
}

func (m *Merged) sum() [32]byte {
	if !m.hasDigest {
		m.digest, m.hasDigest = verify.Full(m.Tree), true
	}
	return m.digest
}

// bindAndValidate binds a merged tree and validates what it could bind. Use the values only if it
// returns no problems.
func (e *Evaluator) bindAndValidate(merged *tree.Node, standalone source.Problems, live *State) (values []any, problems source.Problems) {
	values, problems = e.bind(merged, standalone, live)
	all := problem.Set{} // two sections may bind the same key
	all.Add(problems)
	all.Add(e.Schema.Load().Validate(values, merged))
	return values, all.All
}

// bind binds the merged tree. It adds the standalone problems of keys that a higher layer hides,
// which would otherwise appear only after that layer drops the key.
func (e *Evaluator) bind(merged *tree.Node, standalone source.Problems, live *State) (values []any, problems source.Problems) {
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
func (e *Evaluator) freeze(next *State, live *State, standalone source.Problems) source.Problems {
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
	next.Pending = pendingKeys(next.Merged, pending)
	next.Merged = frozen
	return nil
}

// The names of the steps of an evaluation, as events show them.
const (
	stepMerge    = "merge"
	stepValidate = "validate"
)
