package layer

import (
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// texts replaces the texts without a type, of a document that its source has decoded, by the maps
// and lists that they mean: "a=1,b=2" or JSON. It returns n itself if it has none.
func (r *reading) texts(n *tree.Node, shape *tree.Shape) *tree.Node {
	if shape == nil || shape.Kind == tree.Leaf || shape.Kind == tree.Any {
		return n
	}
	switch n.Kind {
	case tree.Scalar:
		made, fault := tree.FromText(n, shape.Kind)
		switch {
		case fault != "":
			r.report(source.Malformed, n.Line, n.Column, fault)
		case made == n || r.count(size(made), n.Line, n.Column):
			return made
		}
	case tree.List:
		items := make([]*tree.Node, len(n.Items))
		changed := false
		for i, item := range n.Items {
			r.enter(tree.Item(i))
			items[i] = r.texts(item, shape.At(tree.Item(i)))
			r.leave()
			changed = changed || items[i] != item
		}
		if changed {
			return tree.NewList(n.Doc, n.Line, n.Column, items)
		}
	case tree.Map:
		entries := make([]tree.Entry, len(n.Entries))
		changed := false
		for i, e := range n.Entries {
			r.enter(e.Key)
			key, _, _ := r.keyOf(shape, e.Key)
			e.Value = r.texts(e.Value, shape.At(key))
			r.leave()
			changed = changed || e.Value != n.Entries[i].Value
			entries[i] = e
		}
		if changed {
			return tree.NewMap(n.Doc, n.Line, n.Column, entries)
		}
	}
	return n
}
