package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// candidate is a choice of one content a layer (nil: none), which may become a version.
type candidate struct {
	contents     []*layerContent
	started      time.Time
	causes       []observe.Cause
	news         bool // a content is not the applied one; a document that is absent before and after is not a cause
	prepareOnly  bool // stop before the swap
	evaluateOnly bool // build nothing either
}

// apply is the flow: what a configuration goes through on its way from its layers to its
// subscribers. Each step is a package that knows nothing of the others. Until the swap nothing is
// touched: whichever step refuses the candidate, everything that was live stays live, and all the
// problems that the step found are returned.
func (e *Engine) apply(c candidate) source.Problems {
	// decode: what has come is verified and decoded already, see arrived; what else is new to the
	// plan is now
	roots, alone, problems := e.decode(c.contents)
	if problems != nil {
		return append(problems, alone...)
	}
	if problems := wording.OwnAll(e.manifestMismatches(c.contents)); problems != nil {
		return problems // never a part of a release
	}

	// layer: all of them, from scratch, lowest first
	all := e.merge(roots)
	merged := all.tree
	next := &State{full: all.sum(), At: time.Now(), Causes: c.causes, Merged: merged,
		schema: e.schema, contents: c.contents, roots: roots}
	live := e.cell.Load()

	// guard: what takes effect only after a restart stays as it is
	if problems := e.freeze(next, live, alone); problems != nil {
		return problems
	}
	if next.pending != nil {
		merged = next.Merged
		next.full = verify.Full(merged)
	}
	if live != nil && live.full == next.full && live.schema == next.schema && alone == nil {
		return e.unchanged(c, next, live)
	}

	// bind: tree to the service's type and those of its sections, strictly; and validate: tags and
	// the service's own rules
	if r := e.prepared; r != nil && r.schema == next.schema && r.full == next.full && alone == nil {
		next.Values = r.Values // good, and what was built from them may know where they are
	} else if next.Values, problems = e.check(merged, alone); problems != nil {
		return problems
	}

	if c.evaluateOnly {
		return nil
	}

	// prepare: build the resources of the service, before any reader sees the version
	if problems := e.prepare(next); problems != nil {
		return problems
	}
	if c.prepareOnly {
		e.prepared = next
		return nil
	}

	// swap: from here on every Get returns the new version
	next.Version = live.version() + 1
	if !e.swap(next) {
		return nil // the config was closed meanwhile
	}
	e.activate(live, next, true)

	// notify: each subscriber at its own pace; and keep the copy for a bad day
	e.publish(next, live, c, observe.Applied, nil)
	return nil
}

// mergedRoots is what some documents say together.
type mergedRoots struct {
	roots   []*tree.Node
	tree    *tree.Node
	digest  [32]byte
	sumDone bool
}

// merge merges documents, lowest first. It keeps the last result until the decision that the writer
// makes is over: a decision looks at the same documents several times.
func (e *Engine) merge(roots []*tree.Node) *mergedRoots {
	if e.merged == nil || !slices.Equal(e.merged.roots, roots) {
		e.merged = &mergedRoots{roots: roots, tree: layer.Merge(roots...)}
	}
	return e.merged
}

func (m *mergedRoots) sum() [32]byte {
	if !m.sumDone {
		m.digest, m.sumDone = verify.Full(m.tree), true
	}
	return m.digest
}

// check binds a merged tree and validates the values, if there are any.
func (e *Engine) check(merged *tree.Node, alone source.Problems) (values []any, problems source.Problems) {
	if values, problems = e.bind(merged, alone); values != nil {
		problems = append(problems, e.schema.validate(values, merged)...)
	}
	return values, problems
}

// bind binds the merged tree, and adds what is wrong in a document under a key that a higher one
// hides: it would come up on the day on which the higher one goes.
func (e *Engine) bind(merged *tree.Node, alone source.Problems) (values []any, problems source.Problems) {
	var had []any
	if live := e.cell.Load(); live != nil {
		had = live.Values
	}
	values, problems = e.schema.bind(merged, had)
	for _, p := range alone {
		if slices.ContainsFunc(problems, func(q *source.Problem) bool { return q.Position == p.Position && q.Key == p.Key }) {
			continue
		}
		problems = append(problems, p)
		if p.Kind != source.UnknownKey {
			values = nil
		}
	}
	return values, problems
}

// unchanged accepts a candidate with the live merged tree: only a comment changed, or a value that
// a higher layer overrides.
func (e *Engine) unchanged(c candidate, next, live *State) source.Problems {
	if c.prepareOnly {
		return nil
	}
	if e.accept(next) {
		e.tell(observe.Event{Kind: observe.Unchanged, Version: live.Version, Causes: c.causes})
		e.reportPending(next)
		e.keepLastGood() // what is hidden today counts on the day on which nothing hides it
	}
	return nil
}

// publish reports a new live version to the history, the observers and the subscribers, and has it
// saved.
func (e *Engine) publish(next, old *State, c candidate, kind observe.EventKind, problems source.Problems) {
	if !e.fallingBack {
		e.snapshotSuspended.Store(false)
	}
	changed, diff := e.changedKeys(old, next)
	e.recordHistory(next, observe.HistoryEntry{Diff: diff, Kind: kind, Time: next.At, Version: next.Version,
		Sum: next.Sum(), KeyedSum: e.KeyedSum(next), Causes: c.causes, Problems: problems})
	e.tell(observe.Event{Kind: observe.Applied, Version: next.Version, Sum: next.Sum(), KeyedSum: e.KeyedSum(next),
		Causes: c.causes, Changed: changed, Took: time.Since(c.started)})
	e.reportPending(next)
	e.hub.Publish(delivery{state: next, causes: next.Causes})
	if old == nil {
		e.saver.putBoot()
		return
	}
	e.keepLastGood()
}

// changedKeys lists the keys in which two versions differ, with what may be shown of their values.
func (e *Engine) changedKeys(old, next *State) (changed []string, diff []observe.KeyChange) {
	if old == nil {
		return nil, nil
	}
	tree.Diff(old.Merged, next.Merged, func(p tree.Path) bool {
		shape, secret := e.schema.shape.Lookup(p)
		key := observe.KeyChange{Key: p.String()}
		if n := old.Merged.Lookup(p); n != nil {
			key.Old = clip(show(n, shape, secret))
		}
		if n := next.Merged.Lookup(p); n != nil {
			key.New = clip(show(n, shape, secret))
		}
		changed, diff = append(changed, key.Key), append(diff, key)
		return len(changed) < maxChanged
	})
	return changed, diff
}

// maxChanged is how many keys a version names as changed.
const maxChanged = 100

// maxShown is how much of a value the history keeps, in bytes.
const maxShown = 200

func clip(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
