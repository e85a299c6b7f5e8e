package layer

import (
	"math"
	"sort"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// part decodes the part of a document that has changed: a run of entries of one map, or of items of
// one list. It looks for the smallest run that has the change in its lines.
type part struct {
	*reading
	change
	b *basis
	// noticed reports whether there are notices of the document before.
	noticed bool
	// first and end are the positions of the part in the document before. end is not in it.
	first, end position
}

// position is a line and a column.
type position struct{ line, column int32 }

func (a position) before(b position) bool {
	return a.line < b.line || a.line == b.line && a.column < b.column
}

// textEnd is after every position of a text.
var textEnd = position{math.MaxInt32, math.MaxInt32}

// level is a map or list around the change, with the run of its children that the change is in.
// The run is empty if children were only added.
type level struct {
	node     *tree.Node
	shape    *tree.Shape // nil where settle and bare do nothing
	from, to int
}

func (l *level) count() int { return len(l.node.Items) + len(l.node.Entries) }

// place returns the position of a child: that of its key, or of the item itself.
func (l *level) place(i int) position {
	if l.node.Kind == tree.List {
		return position{l.node.Items[i].Line, l.node.Items[i].Column}
	}
	return position{l.node.Entries[i].Line, l.node.Entries[i].Column}
}

// child returns a child and its shape.
func (l *level) child(i int) (*tree.Node, *tree.Shape) {
	if l.node.Kind == tree.List {
		if l.shape == nil || l.shape.Kind != tree.ListOf {
			return l.node.Items[i], nil
		}
		return l.node.Items[i], l.shape.Elem
	}
	e := &l.node.Entries[i]
	if !keyed(l.shape) {
		return e.Value, nil
	}
	return e.Value, l.shape.At(e.Key)
}

// keyed reports whether a shape takes a map.
func keyed(s *tree.Shape) bool {
	return s != nil && (s.Kind == tree.StructOf || s.Kind == tree.RemainderOf || s.Kind == tree.MapOf)
}

// search returns the first child whose position is not before p.
func (l *level) search(p position) int {
	return sort.Search(l.count(), func(i int) bool { return !l.place(i).before(p) })
}

// descend returns the maps and lists around the change, outermost first. run finds the run of a
// level, and reports whether there is one.
func (p *part) descend(run func(*level) bool) (levels []level) {
	n, shape := p.b.root, p.shape
	for {
		l := level{node: n, shape: shape}
		if l.count() == 0 || !run(&l) {
			return levels
		}
		levels = append(levels, l)
		if l.to != l.from+1 {
			return levels
		}
		below, shapeBelow := l.child(l.from)
		if shapeBelow == nil && p.b.settles && len(p.policy.Allowed) > 0 {
			return levels // the verdict on an unknown key depends on the keys below it
		}
		n, shape = below, shapeBelow
	}
}

// Tries are limited, so that a document which cannot be decoded in part costs little more than one
// that is decoded in full.
const (
	maxPartTries = 3
	smallPart    = 64 << 10 // bytes
)

// smallest returns the root with the smallest run decoded again that can be; nil if none can be.
// children decodes the run of the last level to a map or list that has only those children.
func (p *part) smallest(levels []level, children func([]level) *tree.Node) *tree.Node {
	for tries := 0; tries < maxPartTries && len(levels) > 0; tries++ {
		p.problems, p.unused, p.deprecated = nil, nil, nil
		p.stopped, p.entire, p.nodes = false, false, p.b.nodes
		p.path = pathOf(levels)
		if made := children(levels); made != nil && p.quiet() {
			p.path = pathOf(levels)
			if root := p.splice(levels, made); root != nil && p.quiet() {
				return root
			}
		}
		levels = levels[:len(levels)-1]
	}
	return nil
}

// quiet reports whether the part has nothing to report, and means the same in every document.
func (p *part) quiet() bool {
	return len(p.problems)+len(p.unused)+len(p.deprecated) == 0 && !p.stopped && !p.entire
}

// touches reports whether one of the notices of the document before is in the part.
func (p *part) touches(notices source.Problems) bool {
	for _, n := range notices {
		at := position{int32(n.Position.Line), int32(n.Position.Column)} //nolint:gosec // from an int32
		if !at.before(p.first) && at.before(p.end) {
			return true
		}
	}
	return false
}

// pathOf returns the path of the last level.
func pathOf(levels []level) tree.Path {
	path := tree.Path{}
	for _, l := range levels[:len(levels)-1] {
		if l.node.Kind == tree.List {
			path = append(path, tree.Item(l.node.Place(l.from)))
		} else {
			path = append(path, l.node.Entries[l.from].Key)
		}
	}
	return path
}

// splice returns the root with other children in place of the run of the last level, or nil if
// other values of the document might depend on them.
func (p *part) splice(levels []level, made *tree.Node) *tree.Node {
	last := &levels[len(levels)-1]
	var n *tree.Node
	if last.node.Kind == tree.List {
		items, ok := p.settledItems(last, made.Items)
		if !ok {
			return nil
		}
		n = last.node.SplicedItems(last.from, last.to, items, p.shift)
	} else {
		entries, ok := p.settledEntries(last, made.Entries)
		if !ok {
			return nil
		}
		n = last.node.SplicedEntries(last.from, last.to, entries, p.shift)
	}
	return rebuilt(levels, n, p.shift)
}

// rebuilt returns the root with n in place of the last level.
func rebuilt(levels []level, n *tree.Node, shift tree.Shift) *tree.Node {
	for i := len(levels) - 2; i >= 0; i-- {
		l := &levels[i]
		if l.node.Kind == tree.List {
			n = l.node.SplicedItems(l.from, l.to, []*tree.Node{n}, shift)
			continue
		}
		e := l.node.Entries[l.from]
		e.Value = n
		n = l.node.SplicedEntries(l.from, l.to, []tree.Entry{e}, shift)
	}
	return n
}
