package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Merger merges documents by the rules of the struct that they are bound to. It is immutable and
// safe for concurrent use. A nil Merger has no rules.
type Merger struct {
	shape *tree.Shape
	keyed map[*tree.Shape]bool // shapes with a list below them whose items are matched by a key
}

// NewMerger returns the merger of a shape.
func NewMerger(shape *tree.Shape) *Merger {
	m := &Merger{shape: shape, keyed: map[*tree.Shape]bool{}}
	// A type may contain itself, so repeat until a pass finds nothing new.
	for more := true; more; {
		more = m.spread(shape, map[*tree.Shape]bool{})
	}
	return m
}

// spread marks the shapes above a list with a key, and reports whether it marked a new one.
func (m *Merger) spread(s *tree.Shape, seen map[*tree.Shape]bool) (more bool) {
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	has := ruleOf(s).How == tree.MergeKey
	for _, f := range s.Fields {
		more = m.spread(f, seen) || more
		has = has || m.keyed[f]
	}
	more = m.spread(s.Elem, seen) || more
	if has = has || m.keyed[s.Elem]; has && !m.keyed[s] {
		m.keyed[s], more = true, true
	}
	return more
}

// ruleOf returns how the lists of a shape merge.
func ruleOf(s *tree.Shape) tree.MergeRule {
	if s == nil || s.Kind != tree.ListOf {
		return tree.MergeRule{}
	}
	return s.Merge
}

// Merge is the Merge of a nil Merger, without the problems.
func Merge(roots ...*tree.Node) *tree.Node {
	merged, _ := (*Merger)(nil).Merge(roots...)
	return merged
}

// Merge merges decoded documents, lowest first: maps merge key by key, lists by the rule of their
// field, any other value replaces the value of lower documents, and a null removes it (RFC 7396). A
// bare key removes it too, and leaves an empty map or list. Without a rule, a list replaces a whole
// list, and a document that gives single items of a lower list is a problem. Merge skips nil roots.
// The result is never nil, and none of its maps contains a Null. Where there is a problem, the
// result has the values of the lower documents.
//
// The result shares unchanged subtrees with the roots; a single root is returned itself. So two
// merges that differ in one root share all that this root does not touch, and tree.Diff of them is
// fast.
//
// Entries are in the order of the lowest root that has them. A map that was merged from several has
// the position of the highest, but a document that does not allow unknown keys takes precedence
// over one that does.
func (m *Merger) Merge(roots ...*tree.Node) (*tree.Node, source.Problems) {
	if level := levelOf(roots); len(level) > 0 {
		w := merging{}
		if merged := w.merge(m.root(), level); merged.Value != nil && merged.Value.Kind == tree.Map {
			return merged.Value, w.problems
		}
	}
	return tree.NewMap(nil, 0, 0, nil), nil
}

// MergeValues merges the values of one place, lowest first, by the rules of its shape. The result
// is nil if there are none, and where there is a problem, it has the values of the lower ones.
func MergeValues(shape *tree.Shape, values ...*tree.Node) *tree.Node {
	level := make([]*tree.Entry, len(values))
	for i, v := range values {
		level[i] = &tree.Entry{Value: v}
	}
	if len(level) == 0 {
		return nil
	}
	return new(merging).merge(shape, level).Value
}

func (m *Merger) root() *tree.Shape {
	if m == nil {
		return nil
	}
	return m.shape
}

// merging is the state of one merge.
type merging struct {
	path     tree.Path // of the current place
	problems source.Problems
}

// below merges the values of one place below the current one.
func (w *merging) below(segment string, shape *tree.Shape, level []*tree.Entry) tree.Entry {
	w.path = append(w.path, segment)
	e := w.merge(shape, level)
	w.path = w.path[:len(w.path)-1]
	return e
}

// merge merges the values of one place, lowest first. The Value of the result is nil if no value is
// left.
func (w *merging) merge(shape *tree.Shape, level []*tree.Entry) tree.Entry {
	top := level[len(level)-1]
	first := len(level) - 1
	if top.Value.Bare && says(level[:first]) {
		return tree.Entry{Key: top.Key} // it takes that away
	}
	if first > 0 && isList(shape, top.Value) {
		return w.mergeLists(shape, level)
	}
	for first > 0 && top.Value.Kind == tree.Map && level[first-1].Value.Kind == tree.Map && !level[first-1].Value.Bare {
		first--
	}
	if level = level[first:]; len(level) == 1 {
		return w.alone(shape, top)
	}

	size := 0
	for _, e := range level {
		size = max(size, len(e.Value.Entries))
	}
	made := make([]tree.Entry, 0, size)
	if len(level) > maxCompared {
		for _, same := range byKey(level) {
			if m := w.below(same[0].Key, shape.At(same[0].Key), same); m.Value != nil {
				made = append(made, m)
			}
		}
		return joined(level, made, nil)
	}
	var few [8]*tree.Entry
	for i, e := range level {
		for k := range e.Value.Entries {
			entry := &e.Value.Entries[k]
			if seen(level[:i], entry.Key) {
				continue
			}
			same := append(few[:0], entry)
			for _, higher := range level[i+1:] {
				if h := higher.Value.Entry(entry.Key); h != nil {
					same = append(same, h)
				}
			}
			if m := w.below(entry.Key, shape.At(entry.Key), same); m.Value != nil {
				made = append(made, m)
			}
		}
	}

	return joined(level, made, nil)
}

// alone returns the entry of a value that replaces all lower ones.
func (w *merging) alone(shape *tree.Shape, e *tree.Entry) tree.Entry {
	made := *e
	made.Value = w.clean(shape, e.Value)
	return made
}

// maxCompared is the number of maps up to which keys are found by comparison. More maps are
// indexed.
const maxCompared = 8

// byKey returns the entries of some maps, lowest first, by key. The keys are in the order of the
// lowest map that has them.
func byKey(level []*tree.Entry) (all [][]*tree.Entry) {
	index := map[string]int{}
	for _, e := range level {
		for k := range e.Value.Entries {
			entry := &e.Value.Entries[k]
			i, known := index[entry.Key]
			if !known {
				i, all = len(all), append(all, nil)
				index[entry.Key] = i
			}
			all[i] = append(all[i], entry)
		}
	}
	return all
}

// joined returns the entry for the merge of some maps, lowest first, with the entries made. like is
// a map that has the same keys at the same positions, or nil.
func joined(level []*tree.Entry, made []tree.Entry, like *tree.Node) tree.Entry {
	lead := lead(level)
	result := tree.Entry{Key: level[len(level)-1].Key, Line: lead.Line, Column: lead.Column, Alias: lead.Alias, Verdict: lead.Verdict}
	for _, e := range level {
		result.Verdict = result.Verdict.Worst(e.Verdict)
	}
	for _, e := range slices.Backward(level) {
		if v := e.Value; v.Doc == lead.Value.Doc && same(v, made) {
			result.Value = v
			return result
		}
	}
	if v := lead.Value; like != nil {
		result.Value = like.WithEntries(v.Doc, v.Line, v.Column, made)
	} else {
		result.Value = tree.NewMap(v.Doc, v.Line, v.Column, made)
	}
	return result
}

// says reports whether a place has a value in level, the values of the layers, apart from bare
// keys.
func says(level []*tree.Entry) (something bool) {
	for _, e := range level {
		switch {
		case e.Value.Kind == tree.Null:
			something = false
		case e.Value.Bare:
			something = false // it has no value, and removes those below
		default:
			something = true
		}
	}
	return something
}

func seen(lower []*tree.Entry, key string) bool {
	for _, e := range lower {
		if e.Value.Entry(key) != nil {
			return true
		}
	}
	return false
}

// lead returns the map whose position a merged map has: the highest, or the highest that must not
// have unknown keys. Otherwise an unknown map would be accepted because another document allows it.
func lead(level []*tree.Entry) *tree.Entry {
	for _, e := range slices.Backward(level) {
		if e.Verdict == tree.Refused {
			return e
		}
	}
	for _, e := range slices.Backward(level) {
		if d := e.Value.Doc; d != nil && !d.AllowUnknown {
			return e
		}
	}
	return level[len(level)-1]
}

// same reports whether a map has exactly these entries.
func same(m *tree.Node, made []tree.Entry) bool {
	if len(m.Entries) != len(made) {
		return false
	}
	for i := range made {
		if e := m.Entry(made[i].Key); e == nil || e.Value != made[i].Value {
			return false
		}
	}
	return true
}
