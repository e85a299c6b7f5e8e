package layer

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// isList reports whether a value is a list that may be merged with lower ones: a list, or text that
// is a list of scalars, such as "a,b".
func isList(shape *tree.Shape, n *tree.Node) bool {
	if n.Kind == tree.List {
		return !n.Bare && (n.Places != nil || ruleOf(shape).Joins())
	}
	_, text := n.Value.(source.Text)
	return text && ruleOf(shape).Joins() && shape.Elem != nil && shape.Elem.Kind == tree.Leaf
}

// itemsOf returns the items of a list, which may be text.
func itemsOf(n *tree.Node) []tree.Entry {
	if text, ok := n.Value.(source.Text); ok {
		parts := tree.SplitText(string(text))
		items := make([]tree.Entry, len(parts))
		for i, part := range parts {
			item := tree.NewScalar(n.Doc, n.Line, n.Column, source.Text(part))
			item.Ref = n.Ref
			items[i].Value = item
		}
		return items
	}
	items := make([]tree.Entry, len(n.Items))
	for i, item := range n.Items {
		items[i].Value = item
	}
	return items
}

// mergeLists merges the values of one place, lowest first, of which the highest is a list.
func (w *merging) mergeLists(shape *tree.Shape, level []*tree.Entry) tree.Entry {
	last := len(level) - 1
	top, lower := level[last], level[:last]
	if rule := ruleOf(shape); !rule.Joins() {
		if rule.How == tree.MergeUnset && says(lower) {
			kept := w.merge(shape, lower)
			w.fault(source.Invalid, top, "", "names items of a list that "+kept.Value.Position().String()+" provides, and its other items would be lost; "+fixOf(shape))
			return kept
		}
		return w.alone(shape, top)
	}
	first := last
	for first > 0 && (isList(shape, level[first-1].Value) || level[first-1].Value.Kind == tree.List && !level[first-1].Value.Bare) {
		first--
	}
	if first == last {
		return w.alone(shape, top)
	}
	groups, faults := grouped(shape, level[first:])
	for _, f := range faults {
		w.fault(f.kind, f.item, f.segment, f.message)
	}
	items := make([]*tree.Node, 0, len(groups))
	for i, group := range groups {
		if len(group) == 1 && group[0].entry.Value.Kind == tree.Null {
			items = append(items, group[0].entry.Value) // an item of a list removes nothing
			continue
		}
		same := make([]*tree.Entry, len(group))
		for k := range group {
			same[k] = &group[k].entry
		}
		if m := w.below(tree.Item(i), shape.Elem, same); m.Value != nil {
			items = append(items, m.Value)
		}
	}
	made := *top
	made.Value = tree.NewList(top.Value.Doc, top.Value.Line, top.Value.Column, items)
	return made
}

// fixOf returns what to do about a document that names items of a lower list.
func fixOf(shape *tree.Shape) string {
	if shape == nil || shape.Field == "" {
		return "give the whole list in one layer"
	}
	byKey := ""
	if e := shape.Elem; e != nil && e.Kind != tree.Leaf && e.Kind != tree.ListOf {
		byKey = ` or merge:"key=…" (by a key of the items)`
	}
	return "give the whole list in one layer, or tag the field " + shape.Field + ` with merge:"index" (by position)` + byKey
}

// fault records a problem of a value at the current place, or at an item of it.
func (w *merging) fault(kind source.Kind, at *tree.Entry, segment, message string) {
	path := w.path
	if segment != "" {
		path = path.Join(segment)
	}
	if len(w.problems) < maxProblems {
		w.problems = append(w.problems, &source.Problem{Kind: kind, Position: at.Position(), Key: path.String(), Message: message})
	}
}

// member is an item of one of the lists that are merged.
type member struct {
	of    int // the index of its list
	entry tree.Entry
}

// itemFault is a problem of an item; segment is the item in its own document.
type itemFault struct {
	kind    source.Kind
	item    *tree.Entry
	segment string
	message string
}

// grouped returns the items of the merge of some lists, lowest first, by the rule of their shape.
// Each consists of the items that are merged, lowest first.
func grouped(shape *tree.Shape, lists []*tree.Entry) (groups [][]member, faults []itemFault) {
	rule := ruleOf(shape)
	byKey := map[string]int{}
	for of, list := range lists {
		items := itemsOf(list.Value)
		keys, keyFaults := itemKeys(rule, list.Value, items)
		faults = append(faults, keyFaults...)
		for i := range items {
			next := member{of, items[i]}
			at := len(groups)
			switch rule.How {
			case tree.MergeIndex:
				if at = list.Value.Place(i); at > len(groups) {
					faults = append(faults, itemFault{source.Invalid, &items[i], tree.Item(at), fmt.Sprintf(
						"is item %d of a list that has %d; the next one is item %d", at, len(groups), len(groups))})
					continue
				}
				if at < len(groups) && next.entry.Value.Kind == tree.Null {
					faults = append(faults, itemFault{source.Invalid, &items[i], tree.Item(at),
						"must not be null: no layer can remove a single item of a lower list, because the positions of the others would change"})
					continue
				}
			case tree.MergeKey:
				if keys[i] == nil {
					continue // a fault
				}
				if had, known := byKey[*keys[i]]; known {
					at = had
				} else {
					byKey[*keys[i]] = at
				}
			}
			if at == len(groups) {
				groups = append(groups, nil)
			}
			groups[at] = append(groups[at], next)
		}
	}
	return groups, faults
}

// itemKeys returns the text by which each item of a list is matched, or nil for an item that cannot
// be matched, and the problems of such items. It returns nil if the rule has no key.
func itemKeys(rule tree.MergeRule, list *tree.Node, items []tree.Entry) (keys []*string, faults []itemFault) {
	if rule.How != tree.MergeKey {
		return nil, nil
	}
	keys = make([]*string, len(items))
	seen := make(map[string]int, len(items))
	for i := range items {
		fault := func(kind source.Kind, message string) {
			faults = append(faults, itemFault{kind, &items[i], tree.Item(list.Place(i)), message})
		}
		e := items[i].Value.Entry(rule.Key)
		switch {
		case e == nil || e.Value.Kind == tree.Null:
			fault(source.Invalid, "has no key "+rule.Key+", by which the items of this list are matched")
			continue
		case e.Value.Kind != tree.Scalar:
			fault(source.WrongType, "has a list or map as its key "+rule.Key+", by which the items of this list are matched; write a single value")
			continue
		case e.Value.Ref != "":
			fault(source.Invalid, "has a reference as its key "+rule.Key+", by which the items of this list are matched; write the value itself")
			continue
		}
		key := scalarText(e.Value.Value)
		if first, twice := seen[key]; twice {
			fault(source.DuplicateKey, fmt.Sprintf("has the same %s as item %d of this document", rule.Key, list.Place(first)))
			continue
		}
		seen[key], keys[i] = i, &key
	}
	return keys, faults
}

// scalarText returns the text of a scalar, the same for all formats.
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case source.Text:
		return string(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// clean returns n without the nulls in its maps, and with lists without Places: n itself if there
// are none, nil for a null.
func (w *merging) clean(shape *tree.Shape, n *tree.Node) *tree.Node {
	switch {
	case n.Kind == tree.Null:
		return nil
	case !n.HasNulls() && !n.HasPlaces():
		return n
	case n.Kind == tree.List:
		items := make([]*tree.Node, 0, len(n.Items))
		for i, item := range n.Items {
			if n.Place(i) != i {
				w.fault(source.Invalid, &tree.Entry{Value: item}, tree.Item(n.Place(i)), fmt.Sprintf(
					"is item %d of a list that has no item %d in any layer", n.Place(i), i))
				break
			}
			if item.Kind != tree.Null { // an item of a list removes nothing
				item = w.cleanBelow(tree.Item(i), shape.At(tree.Item(i)), item)
			}
			items = append(items, item)
		}
		return tree.NewList(n.Doc, n.Line, n.Column, items)
	}
	entries := make([]tree.Entry, 0, len(n.Entries))
	for _, e := range n.Entries {
		if e.Value = w.cleanBelow(e.Key, shape.At(e.Key), e.Value); e.Value != nil {
			entries = append(entries, e)
		}
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, entries)
}

func (w *merging) cleanBelow(segment string, shape *tree.Shape, n *tree.Node) *tree.Node {
	w.path = append(w.path, segment)
	defer func() { w.path = w.path[:len(w.path)-1] }()
	return w.clean(shape, n)
}

// Check returns the problems of the items of a document that no other document can fix: an item
// without the key by which the items of its list are matched, and two items with the same one.
func (m *Merger) Check(root *tree.Node) source.Problems {
	if m == nil || root == nil {
		return nil
	}
	w := merging{}
	w.check(m, m.shape, root)
	return w.problems
}

func (w *merging) check(m *Merger, shape *tree.Shape, n *tree.Node) {
	if !m.keyed[shape] {
		return
	}
	below := func(segment string, child *tree.Node) {
		w.path = append(w.path, segment)
		w.check(m, shape.At(segment), child)
		w.path = w.path[:len(w.path)-1]
	}
	switch n.Kind {
	case tree.Map:
		for i := range n.Entries {
			below(n.Entries[i].Key, n.Entries[i].Value)
		}
	case tree.List:
		_, faults := itemKeys(ruleOf(shape), n, itemsOf(n))
		for _, f := range faults {
			w.fault(f.kind, f.item, f.segment, f.message)
		}
		for i, item := range n.Items {
			below(tree.Item(n.Place(i)), item)
		}
	}
}
