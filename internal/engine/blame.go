package engine

import (
	"slices"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// blame finds the changed layers that problems may come from. A problem names the layer of the
// value that is wrong; one of a key that is missing, or of a struct as a whole, names at best the
// layer that has the map around it, which is often another one.
type blame struct {
	feeds      []*layerState
	base, next []*layerContent // what is live and what is wanted, by layer
	changed    []int           // the layers in which the two differ
	index      map[string]int
}

func (e *Engine) newBlame(base, next []*layerContent) *blame {
	b := &blame{feeds: e.layers, base: base, next: next, index: map[string]int{}}
	for i, f := range e.layers {
		if next[i] != nil && next[i] != base[i] {
			b.changed = append(b.changed, i)
			b.index[f.name] = i
		}
	}
	return b
}

// layers returns the changed layers that problems may come from, in order. Vague says that no
// problem names a single layer.
func (b *blame) layers(problems source.Problems) (all []int, vague bool) {
	guilty := map[int]bool{}
	vague = true
	asked := map[string]bool{}
	for _, p := range problems {
		if p.Key != "" && asked[p.Key] && p.Kind != source.Missing {
			continue
		}
		named, isNamed := b.index[p.Position.Layer]
		path, ok := tree.ParsePath(p.Key)
		if !ok || len(path) == 0 {
			continue // a problem of the whole is reported in the highest layer, since it has no better place
		}
		if p.Kind != source.Missing && isNamed && b.isValue(named, path) {
			guilty[named], vague = true, false
			continue
		}
		asked[p.Key] = true
		found := 0
		for _, i := range b.changed {
			if p.Kind == source.Missing && b.lost(i, path) || p.Kind != source.Missing && b.differs(i, path) {
				guilty[i] = true
				found++
			}
		}
		if found == 0 && isNamed {
			guilty[named] = true
		}
		vague = vague && found != 1
	}
	for _, i := range b.changed {
		if guilty[i] {
			all = append(all, i)
		}
	}
	return all, vague
}

// isValue reports whether a layer has a scalar or a list at a path.
func (b *blame) isValue(layer int, p tree.Path) bool {
	for _, d := range b.next[layer].named {
		if n := d.root.Lookup(p); n != nil && (n.Kind == tree.Scalar || n.Kind == tree.List) {
			return true
		}
	}
	return false
}

// lost reports whether a layer had something at a path and no longer has it.
func (b *blame) lost(layer int, p tree.Path) bool {
	return b.base[layer].says(p) && !b.next[layer].says(p)
}

// differs reports whether a layer says something else at a path, or below it, than it did.
func (b *blame) differs(layer int, p tree.Path) bool {
	old, next := b.base[layer], b.next[layer]
	for i, d := range next.named {
		if !tree.Same(old.rootNear(i, d.name).Lookup(p), d.root.Lookup(p)) {
			return true
		}
	}
	if old == nil {
		return false
	}
	for i, d := range old.named {
		if d.root.Lookup(p) != nil && next.rootNear(i, d.name) == nil {
			return true
		}
	}
	return false
}

// says reports whether a document of a content has something at a path, and not null.
func (c *layerContent) says(p tree.Path) bool {
	return c != nil && slices.ContainsFunc(c.named, func(d named) bool {
		n := d.root.Lookup(p)
		return n != nil && !guard.TakesAway(n)
	})
}

// rootNear is root for a document that probably has a place in the order of documents, as it has in
// another revision.
func (c *layerContent) rootNear(i int, name string) *tree.Node {
	if c != nil && i < len(c.named) && c.named[i].name == name {
		return c.named[i].root
	}
	if c == nil {
		return nil
	}
	return c.root(name)
}
