package blame

import (
	"slices"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Change finds the changed layers that problems may come from. A problem names the layer of the
// wrong value. A problem of a missing key, or of a struct as a whole, at best names the layer of
// the enclosing map, which is often a different one.
type Change struct {
	names      []string
	shape      *tree.Shape
	base, next []*pipeline.Content // the live contents and those of the candidate, by layer
	Layers     []int               // the layers in which the two differ
	index      map[string]int
	documents  map[document][]*tree.Node // of the changed layers, by name; filled when it is needed
}

// document identifies a document of a layer.
type document struct {
	layer int
	name  string
}

// NewChange compares the contents of a candidate with the live ones. names are those of the layers.
func NewChange(names []string, shape *tree.Shape, base, next []*pipeline.Content) *Change {
	b := &Change{names: names, shape: shape, base: base, next: next, index: map[string]int{}}
	for i, name := range names {
		if next[i] != nil && next[i] != base[i] {
			b.Layers = append(b.Layers, i)
			b.index[name] = i
		}
	}
	return b
}

// Suspects returns the changed layers that problems may come from, in order. vague reports that no
// problem identifies a single layer.
func (b *Change) Suspects(problems source.Problems) (all []int, vague bool) {
	suspected := map[int]bool{}
	vague = true
	seen := map[string]bool{}
	for _, p := range problems {
		if p.Key != "" && seen[p.Key] && p.Kind != source.Missing {
			continue
		}
		named, isNamed := b.index[p.Position.Layer]
		path, ok := tree.ParsePath(p.Key)
		if !ok || len(path) == 0 {
			continue // a problem of the whole configuration has the position of the highest layer
		}
		if p.Kind != source.Missing && isNamed && (b.isValue(named, p.Position.Document, path) || b.isMergedItem(path)) {
			suspected[named], vague = true, false
			continue
		}
		seen[p.Key] = true
		found := 0
		for _, i := range b.Layers {
			if p.Kind == source.Missing && b.drops(i, path) || p.Kind != source.Missing && b.differs(i, path) {
				suspected[i] = true
				found++
			}
		}
		if found == 0 && isNamed {
			suspected[named] = true
		}
		vague = vague && found != 1
	}
	for _, i := range b.Layers {
		if suspected[i] {
			all = append(all, i)
		}
	}
	return all, vague
}

// isValue reports whether a document of a layer has a scalar or a list at a path.
func (b *Change) isValue(layer int, name string, p tree.Path) bool {
	if b.documents == nil {
		b.documents = map[document][]*tree.Node{}
		for _, i := range b.Layers {
			for _, d := range b.next[i].Decoded().Named {
				at := document{i, d.Document}
				b.documents[at] = append(b.documents[at], d.Root)
			}
		}
	}
	return slices.ContainsFunc(b.documents[document{layer, name}], func(root *tree.Node) bool {
		n := root.Lookup(p)
		return n != nil && (n.Kind == tree.Scalar || n.Kind == tree.List)
	})
}

// isMergedItem reports whether a path leads through a list whose items are merged one by one: the
// item has another path in its document, and only the position of a problem tells the layer.
func (b *Change) isMergedItem(p tree.Path) bool {
	shape := b.shape
	for _, segment := range p {
		if shape != nil && shape.Kind == tree.ListOf && shape.Merge.Joins() {
			return true
		}
		shape = shape.At(segment)
	}
	return false
}

// drops reports whether a layer had something at a path and no longer has.
func (b *Change) drops(layer int, p tree.Path) bool {
	return b.base[layer].Sets(p) && !b.next[layer].Sets(p)
}

// differs reports whether a layer changes the value at a path or below it.
func (b *Change) differs(layer int, p tree.Path) bool {
	old, next := b.base[layer], b.next[layer]
	for i, d := range next.Decoded().Named {
		if !tree.Same(old.RootAt(i, d.Name).Lookup(p), d.Root.Lookup(p)) {
			return true
		}
	}
	if old == nil {
		return false
	}
	for i, d := range old.Decoded().Named {
		if d.Root.Lookup(p) != nil && next.RootAt(i, d.Name) == nil {
			return true
		}
	}
	return false
}

// ProblemsOf returns the problems that concern a changed layer: those with a position in it or
// whose key it changes, and those that no other changed layer explains, such as a required key that
// is missing. If there are none, it returns all.
func (b *Change) ProblemsOf(problems source.Problems, layer int) (own source.Problems) {
	for _, p := range problems {
		_, changed := b.index[p.Position.Layer]
		suspects, _ := b.Suspects(source.Problems{p})
		if p.Position.Layer == b.names[layer] || slices.Contains(suspects, layer) || suspects == nil && !changed {
			own = append(own, p)
		}
	}
	if own == nil {
		return problems
	}
	return own
}
