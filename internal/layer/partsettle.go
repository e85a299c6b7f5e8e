package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// settledEntries returns the entries of a run as settle and bare make them. It reports false if
// that could depend on other entries of the map, or could change what they become.
func (p *part) settledEntries(l *level, entries []tree.Entry) ([]tree.Entry, bool) {
	run := l.node.Entries[l.from:l.to]
	if p.b.settles && keyed(l.shape) {
		// Whether a key looks misspelled depends on the keys that the map has.
		shared := p.policy.Shared && !p.policy.AllowUnknown
		if shared && !sameNames(run, entries) && (hasVerdict(l.node.Entries[:l.from]) || hasVerdict(l.node.Entries[l.to:])) {
			return nil, false
		}
		s := p.settler()
		s.written = slices.Clone(p.path)
		for i, e := range entries {
			if key, _, _ := p.keyOf(l.shape, e.Key); shared && l.shape.At(key) == nil && !tree.Passes(e.Key) {
				return nil, false
			}
			entries[i] = s.entry(e, l.node, l.shape)
		}
	}
	made := tree.NewMap(p.doc, 0, 0, entries)
	before := tree.NewMap(p.doc, 0, 0, run)
	for i := range entries {
		key := entries[i].Key
		if made.Entry(key) != &entries[i] || l.node.Entry(key) != nil && before.Entry(key) == nil {
			return nil, false // defined twice, perhaps under two names
		}
	}
	if keyed(l.shape) {
		entries = bare(made, l.shape).Entries
	}
	return entries, true
}

// settledItems is settledEntries for items.
func (p *part) settledItems(l *level, items []*tree.Node) ([]*tree.Node, bool) {
	if len(items) != l.to-l.from && p.b.settles && (len(p.policy.Allowed) > 0 || p.noticed) {
		return nil, false // the items below have other paths now
	}
	if l.shape == nil || l.shape.Kind != tree.ListOf {
		return items, true
	}
	if p.b.settles {
		s := p.settler()
		s.written = slices.Clone(p.path)
		for i, item := range items {
			place := tree.Item(l.node.Place(l.from + i))
			s.enterAs(place, place)
			items[i] = s.node(item, l.shape.Elem)
			s.leaveBoth()
		}
	}
	return bare(tree.NewList(p.doc, 0, 0, items), l.shape).Items, true
}

// sameNames reports whether two runs have the same names, as the document has them.
func sameNames(settled, read []tree.Entry) bool {
	return slices.EqualFunc(settled, read, func(a, b tree.Entry) bool { return nameOf(&a) == b.Key })
}

// nameOf returns the name by which a document has an entry.
func nameOf(e *tree.Entry) string {
	if e.Alias != "" {
		return e.Alias
	}
	return e.Key
}

func hasVerdict(entries []tree.Entry) bool {
	return slices.ContainsFunc(entries, func(e tree.Entry) bool { return e.Verdict != tree.Unjudged })
}
