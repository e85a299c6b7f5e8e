package given

import (
	"reflect"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Value is a Go value and its key: empty for the service's own value, that of a section otherwise.
type Value struct {
	At tree.Path
	Go reflect.Value
}

// Document holds values and makes trees of them.
type Document struct {
	values  []Value // the service's own first
	ordinal int
}

// New returns a document of copies of values, of which the first is the service's own.
func New(values ...Value) *Document {
	d := &Document{values: slices.Clone(values)}
	for i := range d.values {
		d.values[i].Go = Copy(d.values[i].Go)
	}
	return d
}

// WithOrdinal returns the document with another ordinal; see tree.Given.
func (d *Document) WithOrdinal(n int) *Document { return &Document{values: d.values, ordinal: n} }

// Of returns the document that a node of a tree is from, or nil.
func Of(n *tree.Node) *Document {
	if r, ok := tree.GivenOf(n).(*rooted); ok {
		return r.Document
	}
	return nil
}

// Value returns a copy of the value of a type at a path.
func (d *Document) Value(at tree.Path, t reflect.Type) (reflect.Value, bool) {
	v, ok := d.find(at, t)
	if !ok {
		return v, false
	}
	return Copy(v), true
}

// find returns the value of a type at a path: one of the document's own, or a part of one.
func (d *Document) find(at tree.Path, t reflect.Type) (reflect.Value, bool) {
	for _, own := range slices.Backward(d.values) {
		if len(own.At) > len(at) || !slices.Equal(own.At, at[:len(own.At)]) {
			continue
		}
		if v, ok := part(own.Go, at[len(own.At):], t); ok {
			return v, true
		}
	}
	return reflect.Value{}, false
}

// With returns a document with another value at a path, at which there must be one of the type of
// v. It reports false if there is none, or if it cannot be replaced.
func (d *Document) With(at tree.Path, v reflect.Value) (*Document, bool) {
	next := New(d.values...)
	for i, own := range slices.Backward(next.values) {
		if len(own.At) > len(at) || !slices.Equal(own.At, at[:len(own.At)]) {
			continue
		}
		if _, ok := part(own.Go, at[len(own.At):], v.Type()); !ok {
			continue
		}
		whole := reflect.New(own.Go.Type()).Elem()
		whole.Set(own.Go)
		if !replace(whole, at[len(own.At):], Copy(v)) {
			return nil, false
		}
		next.values[i].Go = whole
		return next, true
	}
	return nil, false
}

// Has reports whether the tree of the document has a value at a path.
func (d *Document) Has(at tree.Path) bool { return d.Root(new(tree.Doc)).Lookup(at) != nil }

// Root returns the tree of the values with nodes of doc, and sets doc.Given. A value of a section
// replaces what the service's own value has at its key.
func (d *Document) Root(doc *tree.Doc) *tree.Node {
	e := encoder{doc: doc, budget: tree.MaxNodes, within: map[visit]bool{}}
	var root *tree.Node
	for i, own := range d.values {
		n := e.value(own.Go, 0)
		if n == nil || n.Kind != tree.Map {
			n = tree.NewMap(doc, 0, 0, nil) // a nil map
		}
		if i == 0 {
			root = n
			continue
		}
		root = graft(root, own.At, n)
	}
	doc.Given = &rooted{d, root}
	return root
}

// graft returns a tree with a node at a path.
func graft(root *tree.Node, at tree.Path, n *tree.Node) *tree.Node {
	if len(at) == 0 {
		return n
	}
	below := tree.NewMap(n.Doc, 0, 0, nil)
	if child := root.Child(at[0]); child != nil && child.Kind == tree.Map {
		below = child
	}
	below = graft(below, at[1:], n)
	entries := slices.DeleteFunc(slices.Clone(root.Entries), func(e tree.Entry) bool { return e.Key == at[0] })
	return tree.NewMap(n.Doc, 0, 0, append(entries, tree.Entry{Key: at[0], Value: below}))
}

// DeepEqual reports whether two documents have deeply equal values.
func (d *Document) DeepEqual(other *Document) bool {
	return slices.EqualFunc(d.values, other.values, func(a, b Value) bool {
		return slices.Equal(a.At, b.At) && a.Go.Type() == b.Go.Type() && reflect.DeepEqual(a.Go.Interface(), b.Go.Interface())
	})
}

// rooted is a document with a tree that was made of it.
type rooted struct {
	*Document
	root *tree.Node
}

// Ordinal returns the ordinal; see tree.Given.
func (r *rooted) Ordinal() int { return r.ordinal }

// Bind sets dst to the value at a path; see tree.Given.
func (r *rooted) Bind(at tree.Path, piece *tree.Node, dst reflect.Value) bool {
	v, ok := r.find(at, dst.Type())
	if !ok {
		return false
	}
	dst.Set(Copy(v))
	restore(at, dst, piece, r.root.Lookup(at))
	return true
}

// restore sets the parts of v whose nodes are from other documents to their values there. n is the
// node of v, and own the node that v has in its own document; nil for none.
func restore(at tree.Path, v reflect.Value, n, own *tree.Node) {
	switch {
	case n == own:
	case n == nil:
		v.SetZero()
	case own == nil || n.Doc != own.Doc || n.Kind != own.Kind:
		v.SetZero()
		if d := Of(n); d != nil {
			if other, ok := d.Value(at, v.Type()); ok {
				v.Set(other)
			}
		}
	case n.Kind == tree.Map:
		for _, e := range own.Entries {
			edit(v, e.Key, func(child reflect.Value) { restore(at.Join(e.Key), child, n.Child(e.Key), e.Value) })
		}
		for _, e := range n.Entries {
			if own.Entry(e.Key) == nil {
				edit(v, e.Key, func(child reflect.Value) { restore(at.Join(e.Key), child, e.Value, nil) })
			}
		}
	case n.Kind == tree.List:
		for i := range n.Items {
			edit(v, tree.Item(i), func(child reflect.Value) { restore(at.Join(tree.Item(i)), child, n.Items[i], own.Items[i]) })
		}
	}
}
