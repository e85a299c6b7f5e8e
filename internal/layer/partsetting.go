package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// target returns the only value that a setting can mean; nil if there are none or several, if the
// value cannot have that text, or if the name is one of those that count towards a limit of the
// document.
func (p *part) target(f *flat, s *setting) *target {
	found := f.resolver.resolve(s.name, s.value)
	if len(found) != 1 || found[0].section && !tree.HasText(s.value, found[0].shape.Kind) || p.isLong(f) {
		return nil
	}
	return &found[0]
}

func (p *part) isLong(f *flat) bool { return f.resolver.beyond > 0 || f.resolver.tries > fairTries }

// levelsTo returns the levels to the map or list that has, or would have, the value at a target. It
// returns nil if the document does not have them, or has them under other names. The run of the
// last level is the value, or empty.
func (p *part) levelsTo(root *tree.Node, t *target) (levels []level) {
	n, shape := root, p.shape
	for i, s := range t.steps {
		if n.Kind != tree.Map && n.Kind != tree.List || (n.Kind == tree.List) != (s.index >= 0) {
			return nil
		}
		l := level{node: n, shape: shape}
		name := s.segment()
		if n.Kind == tree.Map && keyed(shape) {
			name, _, _ = p.keyOf(shape, s.key)
		}
		l.from = n.ChildIndex(name)
		l.to = l.from + 1
		levels = append(levels, l)
		last := i == len(t.steps)-1
		if l.from < 0 {
			if !last {
				return nil
			}
			return levels
		}
		if n.Kind == tree.Map && nameOf(&n.Entries[l.from]) != s.key {
			return nil
		}
		n, shape = l.child(l.from)
	}
	return levels
}

// replaceSetting returns the root with another value of a setting, or nil.
func (p *part) replaceSetting(root *tree.Node, f *flat, was, now *setting) *tree.Node {
	unused := len(f.resolver.resolve(was.name, was.value))+len(f.resolver.resolve(now.name, now.value)) == 0
	if unused && !p.isLong(f) {
		return root // a name that no key fits is not in the tree
	}
	before, after := p.target(f, was), p.target(f, now)
	if before == nil || after == nil || !slices.Equal(before.steps, after.steps) {
		return nil
	}
	return p.put(root, f, after, now)
}

// withSetting returns the root with one more setting, or nil.
func (p *part) withSetting(root *tree.Node, f *flat, s *setting) *tree.Node {
	t := p.target(f, s)
	if t == nil {
		return nil
	}
	levels := p.levelsTo(root, t)
	if levels == nil || levels[len(levels)-1].from >= 0 || !areBuilt(levels) {
		return nil
	}
	return p.put(root, f, t, s)
}

// areBuilt reports whether all levels are maps that are built from several settings. The position
// of such a map is that of its key. The position of a map that is set as a whole is that of its
// text.
func areBuilt(levels []level) bool {
	for i := range levels {
		l := &levels[i]
		if i < len(levels)-1 {
			if at, below := l.place(l.from), levels[i+1].node; below.Line != at.line || below.Column != at.column {
				return false
			}
		}
	}
	return true
}

// rebuiltFrom is rebuilt for maps that have one setting more or less: each has the position of its
// first setting. It returns nil if that changes the order of the keys around it.
func rebuiltFrom(levels []level, n *tree.Node) *tree.Node {
	for i := len(levels) - 2; i >= 0; i-- {
		l := &levels[i]
		e := l.node.Entries[l.from]
		e.Value, e.Line, e.Column = n, n.Entries[0].Line, n.Entries[0].Column
		n.Line, n.Column = e.Line, e.Column
		if l.from > 0 && l.place(l.from-1).line > e.Line || l.to < l.count() && l.place(l.to).line < e.Line {
			return nil
		}
		n = l.node.SplicedEntries(l.from, l.to, []tree.Entry{e}, tree.Shift{})
	}
	return n
}

// withoutSetting returns the root without a setting, or nil.
func (p *part) withoutSetting(root *tree.Node, f *flat, s *setting) *tree.Node {
	t := p.target(f, s)
	if t == nil {
		return nil
	}
	levels := p.levelsTo(root, t)
	if levels == nil {
		return nil
	}
	last := &levels[len(levels)-1]
	p.path = pathOf(levels)
	if last.from < 0 || last.place(last.from).line != s.line || last.count() == 1 {
		return nil
	}
	if _, ok := p.settledEntries(last, nil); !ok {
		return nil
	}
	return rebuiltFrom(levels, last.node.SplicedEntries(last.from, last.to, nil, tree.Shift{}))
}

// put returns the root with the value of a setting at its target, or nil.
func (p *part) put(root *tree.Node, f *flat, t *target, s *setting) *tree.Node {
	node, fault := f.nodeOf(s, *t)
	levels := p.levelsTo(root, t)
	if fault != "" || levels == nil || !p.count(size(node), s.line, s.column) {
		return nil
	}
	p.path = pathOf(levels)
	last := &levels[len(levels)-1]
	var n *tree.Node
	if last.node.Kind == tree.List {
		items, ok := p.settledItems(last, []*tree.Node{node})
		if !ok || last.from < 0 {
			return nil
		}
		n = last.node.SplicedItems(last.from, last.to, items, tree.Shift{})
	} else {
		added := last.from < 0
		if added {
			last.from = last.search(position{s.line, s.column})
			last.to = last.from
		}
		entry := tree.Entry{Key: t.steps[len(t.steps)-1].key, Value: node, Line: s.line, Column: s.column}
		entries, ok := p.settledEntries(last, []tree.Entry{entry})
		if !ok {
			return nil
		}
		n = last.node.SplicedEntries(last.from, last.to, entries, tree.Shift{})
		if added {
			return rebuiltFrom(levels, n)
		}
	}
	return rebuilt(levels, n, tree.Shift{})
}
