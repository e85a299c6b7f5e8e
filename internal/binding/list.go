package binding

import (
	"fmt"
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// buildList binds slices and arrays.
func (c *compiler) buildList(k *codec) {
	c.enter("[]")
	elem := c.codec(k.typ.Elem())
	c.leave()
	k.shape.Kind = tree.ListOf
	k.shape.Elem = elem.shape
	k.elem = elem
	c.shapes = append(c.shapes, func() { k.shape.Type = "list of " + elem.shape.Type })
	if k.typ.Kind() == reflect.Array {
		k.plain = elem.plain
		buildArray(k, elem)
		c.later = append(c.later, func() {
			if elem.fill != nil {
				k.fill = func(r *run, v reflect.Value) { fillItems(r, elem, v) }
			}
		})
		return
	}
	k.nilable = true
	k.renew = k.renewList
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		items, ok := r.items(n)
		if !ok {
			return
		}
		v.Set(reflect.MakeSlice(k.typ, len(items), len(items)))
		r.elements(elem, n, items, v)
	}
}

func buildArray(k, elem *codec) {
	want := k.typ.Len()
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		items, ok := r.items(n)
		if !ok {
			return
		}
		if n.Places != nil { // of one document by itself
			items = items[:min(len(items), want)]
		} else if len(items) != want {
			r.wrongly(n, fmt.Sprintf("must be a list of %d, not of %d", want, len(items)))
			return
		}
		r.elements(elem, n, items, v)
	}
}

func fillItems(r *run, elem *codec, v reflect.Value) {
	for i := range v.Len() {
		r.item(i)
		elem.fill(r, v.Index(i))
		r.up()
	}
}

// elements binds the items of the list n.
func (r *run) elements(elem *codec, n *tree.Node, items []*tree.Node, v reflect.Value) {
	for i, item := range items {
		r.item(n.Place(i))
		r.element(elem, item, v.Index(i))
		r.up()
	}
}

// element binds an item of a list.
func (r *run) element(elem *codec, item *tree.Node, v reflect.Value) {
	switch {
	case item != nil && item.Kind != tree.Null:
		elem.bind(r, item, v)
	case elem.fields != nil:
		if elem.fill != nil {
			elem.fill(r, v)
		}
	case !elem.nilable:
		// A null item is a mistake, and not a zero value.
		r.wrongly(item, "must not be null")
	}
}

// items returns the items of a list, or of text such as "a,b" or JSON.
func (r *run) items(n *tree.Node) ([]*tree.Node, bool) {
	if n = r.fromText(n, tree.ListOf); n == nil {
		return nil, false
	}
	if n.Kind == tree.List {
		return n.Items, true
	}
	text, ok := untyped(n)
	if !ok {
		message := must(n, "a list")
		if n.Kind == tree.Scalar {
			message += "; put it in square brackets"
		}
		r.wrongly(n, message)
		return nil, false
	}
	parts := tree.SplitText(text)
	items := make([]*tree.Node, len(parts))
	for i, part := range parts {
		items[i] = tree.NewScalar(n.Doc, n.Line, n.Column, source.Text(part))
	}
	return items, true
}

// fromText returns what a text without a type means at a place of a kind, and n itself if it is not
// such a text. It returns nil after it has recorded a problem.
func (r *run) fromText(n *tree.Node, kind tree.ShapeKind) *tree.Node {
	made, fault := tree.FromText(n, kind)
	if fault != "" {
		r.wrongly(n, fault)
		return nil
	}
	return made
}
