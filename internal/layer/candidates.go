package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Candidate is the value of one root at a path.
type Candidate struct {
	// Root is the index of the root among the arguments.
	Root int
	Node *tree.Node
	// Entry is the entry of Node; nil for an item of a list and for the root itself.
	Entry *tree.Entry
	// Written is the path with the names by which the root has the keys; nil if that is the path.
	Written tree.Path
	// Hidden reports whether a higher root replaces it: at the path, or above it, both have a
	// value, and one of the two is not a map, nor are both lists that are merged.
	Hidden bool
	// hiddenBy is the lowest root that replaces it; only of one that is Hidden.
	hiddenBy int
}

// replacedBelow reports whether a root below another replaces the value.
func (c Candidate) replacedBelow(root int) bool { return c.Hidden && c.hiddenBy < root }

// Candidates is the Candidates of a nil Merger.
func Candidates(path tree.Path, roots ...*tree.Node) []Candidate {
	return (*Merger)(nil).Candidates(path, roots...)
}

// Candidates returns the values of the roots, lowest first, at a path of the merged tree. It skips
// nil roots. The candidates that are not Hidden form the value of Merge: they are one value,
// several maps, or several lists. A Null that is not Hidden means that the path is absent.
func (m *Merger) Candidates(path tree.Path, roots ...*tree.Node) []Candidate {
	level := make([]Candidate, 0, len(roots))
	for i, root := range roots {
		if root != nil {
			level = append(level, Candidate{Root: i, Node: root})
		}
	}
	shape := m.root()
	hideLower(shape, level)
	for i, segment := range path {
		level = descend(shape, level, path[:i], segment)
		shape = shape.At(segment)
		hideLower(shape, level)
	}
	for i := range level {
		c := &level[i]
		says := func(low Candidate) bool {
			return !low.replacedBelow(c.Root) && low.Node.Kind != tree.Null && !low.Node.Bare
		}
		if c.Node.Bare && slices.ContainsFunc(level[:i], says) {
			c.Node = c.Node.AsNull() // it removes the values below
		}
	}
	return level
}

// hideLower marks the values of one place, lowest first, that a higher one replaces.
func hideLower(shape *tree.Shape, level []Candidate) {
	for i, high := range level {
		for k := range level[:i] {
			low := &level[k]
			if !low.replacedBelow(high.Root) && !join(shape, high.Node, low.Node) {
				low.Hidden, low.hiddenBy = true, high.Root
			}
		}
	}
}

// join reports whether a higher value leaves a lower one in effect.
func join(shape *tree.Shape, high, low *tree.Node) bool {
	switch {
	case high.Bare:
		return false
	case high.Kind == tree.Map && low.Kind == tree.Map:
		return true
	case ruleOf(shape).Joins() && isList(shape, high):
		return isList(shape, low)
	}
	return false
}

// descend returns the values one segment below some values at a path. An item of a list that was
// merged can have another position in each of the lists that it is from.
func descend(shape *tree.Shape, level []Candidate, at tree.Path, segment string) []Candidate {
	item, isItem := tree.ItemIndex(segment)
	var lists []*tree.Entry
	var of []int // the index in level of each of lists
	for i, c := range level {
		if isItem && !c.Hidden && ruleOf(shape).Joins() && isList(shape, c.Node) {
			lists, of = append(lists, &tree.Entry{Value: c.Node}), append(of, i)
		}
	}
	found := make(map[int]*tree.Node, len(lists))
	if lists != nil {
		groups, _ := grouped(shape, lists)
		if item < len(groups) {
			for _, part := range groups[item] {
				found[of[part.of]] = part.entry.Value
			}
		}
	}
	below := make([]Candidate, 0, len(level))
	for i, c := range level {
		next := Candidate{Root: c.Root, Hidden: c.Hidden, hiddenBy: c.hiddenBy}
		if slices.Contains(of, i) {
			next.Node = found[i]
		} else if next.Node = c.Node.Child(segment); next.Node != nil {
			next.Entry = c.Node.Entry(segment)
		}
		if next.Node != nil {
			next.Written = c.writtenBelow(at, segment, next.Entry)
			below = append(below, next)
		}
	}
	return below
}

// writtenBelow returns the Written of an entry, or an item, of a candidate at a path.
func (c Candidate) writtenBelow(at tree.Path, segment string, e *tree.Entry) tree.Path {
	switch {
	case e != nil && e.Alias != "":
		segment = e.Alias
	case c.Written == nil:
		return nil
	}
	if c.Written != nil {
		at = c.Written
	}
	return at.Join(segment)
}

// hidesAt returns the node of a higher root that replaces the value of a lower one at the path or
// above it, because one of the two is not a map; nil if there is none. The path of the node is
// path[:at].
func hidesAt(shape *tree.Shape, path tree.Path, high, low *tree.Node) (at int, by *tree.Node) {
	for i := 0; high != nil && low != nil; i++ {
		if high.Bare {
			return i, high.AsNull()
		}
		if high.Kind != tree.Map || low.Kind != tree.Map {
			if join(shape, high, low) {
				return 0, nil // the item that the path means depends on all lists
			}
			return i, high
		}
		if i == len(path) {
			break
		}
		high, low, shape = high.Child(path[i]), low.Child(path[i]), shape.At(path[i])
	}
	return 0, nil
}

// Decides is the Decides of a nil Merger.
func Decides(path tree.Path, roots ...*tree.Node) (at int, by *tree.Node) {
	return (*Merger)(nil).Decides(path, roots...)
}

// Decides returns the node because of which Merge has no value at a path: the highest null at the
// path or above it, or the node that replaces a parent of the path in a lower root. The path of the
// node is path[:at]. It returns nil if no root has the path.
func (m *Merger) Decides(path tree.Path, roots ...*tree.Node) (at int, by *tree.Node) {
	for i, high := range slices.Backward(roots) {
		for _, low := range roots[:i] {
			if low.Lookup(path) == nil {
				continue
			}
			if at, by := hidesAt(m.root(), path, high, low); by != nil {
				return at, by
			}
		}
		for at, n := 0, high; n != nil; at++ {
			if n.Kind == tree.Null {
				return at, n
			}
			if at == len(path) {
				break
			}
			n = n.Child(path[at])
		}
	}
	return 0, nil
}
