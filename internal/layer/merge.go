package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Merge merges decoded documents, lowest first: maps merge key by key, any other value replaces the
// value of lower documents, and a null removes it (RFC 7396). A bare key removes it too, and leaves
// an empty map or list. A list replaces a whole list. Merge skips nil roots. The result is never
// nil, and none of its maps contains a Null.
//
// The result shares unchanged subtrees with the roots; a single root is returned itself. So two
// merges that differ in one root share all that this root does not touch, and tree.Diff of them is
// fast.
//
// Entries are in the order of the lowest root that has them. A map that was merged from several has
// the position of the highest, but a document that does not allow unknown keys takes precedence
// over one that does.
func Merge(roots ...*tree.Node) *tree.Node {
	level := make([]*tree.Entry, 0, len(roots))
	for _, r := range roots {
		if r != nil {
			level = append(level, &tree.Entry{Value: r})
		}
	}
	if len(level) > 0 {
		if merged := merge(level); merged.Value != nil && merged.Value.Kind == tree.Map {
			return merged.Value
		}
	}
	return tree.NewMap(nil, 0, 0, nil)
}

// merge merges the values of one place, lowest first. The Value of the result is nil if no value is
// left.
func merge(level []*tree.Entry) tree.Entry {
	top := level[len(level)-1]
	first := len(level) - 1
	if top.Value.Bare && says(level[:first]) {
		return tree.Entry{Key: top.Key} // it takes that away
	}
	for first > 0 && top.Value.Kind == tree.Map && level[first-1].Value.Kind == tree.Map && !level[first-1].Value.Bare {
		first--
	}
	if level = level[first:]; len(level) == 1 {
		return tree.Entry{Key: top.Key, Value: clean(top.Value), Line: top.Line, Column: top.Column}
	}

	size := 0
	for _, e := range level {
		size = max(size, len(e.Value.Entries))
	}
	made := make([]tree.Entry, 0, size)
	if len(level) > maxCompared {
		for _, same := range byKey(level) {
			if m := merge(same); m.Value != nil {
				made = append(made, m)
			}
		}
		return joined(level, made)
	}
	var few [8]*tree.Entry
	for i, e := range level {
		for k := range e.Value.Entries {
			entry := &e.Value.Entries[k]
			if seen(level[:i], entry.Key) {
				continue
			}
			below := append(few[:0], entry)
			for _, higher := range level[i+1:] {
				if h := higher.Value.Entry(entry.Key); h != nil {
					below = append(below, h)
				}
			}
			if m := merge(below); m.Value != nil {
				made = append(made, m)
			}
		}
	}

	return joined(level, made)
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

// joined returns the entry for the merge of some maps, lowest first, with the entries made.
func joined(level []*tree.Entry, made []tree.Entry) tree.Entry {
	lead := lead(level)
	result := tree.Entry{Key: level[len(level)-1].Key, Line: lead.Line, Column: lead.Column}
	for _, e := range slices.Backward(level) {
		if v := e.Value; v.Doc == lead.Value.Doc && same(v, made) {
			result.Value = v
			return result
		}
	}
	result.Value = tree.NewMap(lead.Value.Doc, lead.Value.Line, lead.Value.Column, made)
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

// clean returns n without the nulls in its maps: n itself if there are none, nil for a null.
func clean(n *tree.Node) *tree.Node {
	switch {
	case n.Kind == tree.Null:
		return nil
	case !n.HasNulls():
		return n
	case n.Kind == tree.List:
		items := make([]*tree.Node, len(n.Items))
		for i, item := range n.Items {
			if items[i] = item; item.Kind != tree.Null { // an item of a list removes nothing
				items[i] = clean(item)
			}
		}
		return tree.NewList(n.Doc, n.Line, n.Column, items)
	}
	entries := make([]tree.Entry, 0, len(n.Entries))
	for _, e := range n.Entries {
		if e.Value = clean(e.Value); e.Value != nil {
			entries = append(entries, e)
		}
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, entries)
}
