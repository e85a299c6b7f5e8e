package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Merge folds decoded documents, lowest first: maps merge key by key, everything else replaces what is below it, and a null
// takes it away (RFC 7396). So does a bare key, of which an empty map or list is left where there is nothing below it. A list replaces a list as a whole. Roots that are nil are skipped. The result is never nil, and
// none of its maps holds a Null.
//
// The result shares with the roots every subtree that stands in it unchanged; a root that alone has a say is returned itself.
// So two merges of which one root differs share all that it does not touch, and tree.Diff of them is quick.
//
// Entries come in the order of the lowest root that has them. A map that was made of several stands where the highest of
// them stands, but a document that does not allow unknown keys goes before one that does.
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

// merge folds what stands at one place, lowest first; the Value of the result is nil where there is nothing in the end.
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

// maxCompared is how many maps are compared with each other, key by key; more of them are gone through once.
const maxCompared = 8

// byKey returns the entries of some maps, lowest first, by their keys, which come in the order of the lowest map that has them.
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

// joined is the entry for some maps, lowest first, that together have the entries made.
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

// says reports whether there is something at a place of which the layers say level, bare keys aside.
func says(level []*tree.Entry) (something bool) {
	for _, e := range level {
		switch {
		case e.Value.Kind == tree.Null:
			something = false
		case e.Value.Bare:
			something = false // it stands there by itself, or takes away what did
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

// lead returns whose position a merged map has: the highest, but one that must not have unknown keys if there is one, lest
// an unknown map pass because somebody else may have it.
func lead(level []*tree.Entry) *tree.Entry {
	for _, e := range slices.Backward(level) {
		if d := e.Value.Doc; d != nil && !d.AllowUnknown {
			return e
		}
	}
	return level[len(level)-1]
}

// same reports whether a map has just these entries.
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
			if items[i] = item; item.Kind != tree.Null { // an item of a list takes nothing away
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
