package layer

import "github.com/nacre-go/nacre/internal/tree"

// bare gives bare keys a meaning in a map of structs, maps or lists: in
//
//	volumes:
//	  data:
//
// there is a volume called data, with all defaults. YAML decodes such a key as null. A null removes
// the values of lower layers, so the key becomes an empty map or list that removes them too; see
// tree.Node.Bare. bare returns n itself if it has no null.
func bare(n *tree.Node, shape *tree.Shape) *tree.Node {
	if !n.HasNulls() || shape == nil {
		return n
	}
	switch n.Kind {
	case tree.Map:
		if shape.Kind == tree.Leaf || shape.Kind == tree.Any || shape.Kind == tree.ListOf {
			return n
		}
		entries := make([]tree.Entry, len(n.Entries))
		for i, e := range n.Entries {
			below := shape.At(e.Key)
			_, isField := shape.Fields[e.Key]
			switch {
			case e.Value.Kind != tree.Null:
				e.Value = bare(e.Value, below)
			case !isField && below != nil && (below.Kind == tree.StructOf || below.Kind == tree.RemainderOf || below.Kind == tree.MapOf):
				e.Value = tree.NewBare(tree.Map, e.Value)
			case !isField && below != nil && below.Kind == tree.ListOf:
				e.Value = tree.NewBare(tree.List, e.Value)
			}
			entries[i] = e
		}
		return tree.NewMap(n.Doc, n.Line, n.Column, entries)
	case tree.List:
		if shape.Kind != tree.ListOf {
			return n
		}
		items := make([]*tree.Node, len(n.Items))
		for i, item := range n.Items {
			items[i] = bare(item, shape.Elem)
		}
		return n.WithItems(items)
	}
	return n
}
