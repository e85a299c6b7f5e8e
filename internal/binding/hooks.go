package binding

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// hooked returns a binding that runs the hooks before the codec.
func hooked(hooks []hook, k *codec) binding {
	inner := k.bind
	k.plainly = inner
	return func(r *run, n *tree.Node, v reflect.Value) {
		from := r.shown(n)
		out, err, ok := r.convert(hooks, n, from, v)
		switch {
		case !ok:
		case err != nil:
			r.unread(n, "a value that converts to a "+k.typ.String(), err)
		case r.unchanged(out, from, n):
			inner(r, n, v)
		case out == nil: // as in mapstructure, there is nothing to set
		default:
			r.made(hooks, k, inner, n, out, v)
		}
	}
}

// made binds what hooks returned for n. Items of a list and entries of a map go through the hooks
// one by one, as in mapstructure. Any other value that has the type of the field is assigned.
func (r *run) made(hooks []hook, k *codec, inner binding, n *tree.Node, out any, v reflect.Value) {
	parts := k.shape.Kind == tree.ListOf || k.shape.Kind == tree.MapOf
	if !parts && assign(v, out) {
		return
	}
	if made, err := r.graft(out, n); err == nil {
		inner(r, made, v)
		return
	}
	if !assign(v, out) {
		r.adopt(hooks, n, out, v)
	}
}

// convert runs the hooks, each on the result of the previous one.
func (r *run) convert(hooks []hook, n *tree.Node, from any, to reflect.Value) (out any, err error, ok bool) {
	out = from
	ok = r.guard(n, "a hook", func() {
		for _, h := range hooks {
			if out == nil {
				return
			}
			if out, err = h(reflect.ValueOf(out), to); err != nil {
				return
			}
			if v, ok := out.(reflect.Value); ok {
				if out = nil; v.IsValid() {
					out = v.Interface()
				}
			}
		}
	})
	if v := reflect.ValueOf(out); v.Kind() == reflect.Pointer && v.IsNil() {
		out = nil
	}
	return out, err, ok
}

// assign sets v to a hook's result, if that is a value of its type or a pointer to one.
func assign(v reflect.Value, out any) bool {
	made := reflect.ValueOf(out)
	if made.Kind() == reflect.Pointer && !made.Type().AssignableTo(v.Type()) {
		made = made.Elem()
	}
	if !made.Type().AssignableTo(v.Type()) {
		return false
	}
	v.Set(made)
	return true
}

// shown returns what a hook gets for a node: Go's own maps, lists and scalars, the same each time.
// Whole numbers are of type int, as decoders of typed formats return them.
func (r *run) shown(n *tree.Node) any {
	switch n.Kind {
	case tree.Scalar:
		switch x := n.Value.(type) {
		case source.Text:
			return string(x)
		case int64:
			if int64(int(x)) == x {
				return int(x)
			}
		}
		return n.Value
	case tree.Null:
		return nil
	}
	if p, ok := r.plain[n]; ok {
		return p
	}
	var p any
	if n.Kind == tree.List {
		l := make([]any, len(n.Items))
		for i, item := range n.Items {
			l[i] = r.shown(item)
		}
		p = l
	} else {
		m := make(map[string]any, len(n.Entries))
		for i := range n.Entries {
			m[n.Entries[i].Key] = r.shown(n.Entries[i].Value)
		}
		p = m
	}
	if r.plain == nil {
		r.plain = make(map[*tree.Node]any)
	}
	r.plain[n] = p
	return p
}

// unchanged reports whether out is what a hook got for n, without changes in it. The walk compares
// deeper levels when it reaches them.
func (r *run) unchanged(out, from any, n *tree.Node) bool {
	switch n.Kind {
	case tree.Scalar:
		return out == from
	case tree.List:
		l, ok := out.([]any)
		if !ok || len(l) != len(n.Items) {
			return false
		}
		for i, item := range n.Items {
			if !r.isShown(l[i], item) {
				return false
			}
		}
		return true
	}
	m, ok := out.(map[string]any)
	if !ok || len(m) != len(n.Entries) {
		return false
	}
	for i := range n.Entries {
		if x, ok := m[n.Entries[i].Key]; !ok || !r.isShown(x, n.Entries[i].Value) {
			return false
		}
	}
	return true
}

// isShown reports whether x is what hooks get for n: the same scalar, or the identical map or list.
func (r *run) isShown(x any, n *tree.Node) bool {
	shown := r.shown(n)
	switch n.Kind {
	case tree.Scalar, tree.Null:
		return x == shown
	}
	a, b := reflect.ValueOf(x), reflect.ValueOf(shown)
	return a.IsValid() && a.Type() == b.Type() && a.Len() == b.Len() && a.UnsafePointer() == b.UnsafePointer()
}

var errDeep = errors.New("deeper than a tree can be")

// graft makes a tree of what a hook returned for n. Values taken from n keep their positions; new
// values have the position of n. New strings are text without a type, because the hook, and not the
// document, made them.
func (r *run) graft(out any, n *tree.Node) (*tree.Node, error) { return r.graftAt(out, n, n, 0) }

func (r *run) graftAt(out any, was, near *tree.Node, depth int) (*tree.Node, error) {
	if depth > tree.MaxDepth {
		return nil, errDeep
	}
	if was != nil {
		if r.isShown(out, was) && was.Kind == tree.Scalar {
			return was, nil
		}
		near = was
	}
	v := reflect.ValueOf(out)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Map:
		plain, ok := reflect.TypeAssert[map[string]any](v)
		if !ok {
			return r.graftPlain(out, near)
		}
		var entries []tree.Entry
		for i := range entriesOf(was) { // in the old order, which the order of problems follows
			e := was.Entries[i]
			if x, ok := plain[e.Key]; ok {
				child, err := r.graftAt(x, e.Value, near, depth+1)
				if err != nil {
					return nil, err
				}
				e.Value = child
				entries = append(entries, e)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(plain)) {
			if was.Entry(key) != nil {
				continue
			}
			child, err := r.graftAt(plain[key], nil, near, depth+1)
			if err != nil {
				return nil, err
			}
			entries = append(entries, tree.Entry{Key: key, Value: child})
		}
		return tree.NewMap(near.Doc, near.Line, near.Column, entries), nil
	case reflect.Slice:
		plain, ok := reflect.TypeAssert[[]any](v)
		if !ok {
			return r.graftPlain(out, near)
		}
		items := make([]*tree.Node, len(plain))
		for i, x := range plain {
			var old *tree.Node
			if was != nil && was.Kind == tree.List && i < len(was.Items) {
				old = was.Items[i]
			}
			child, err := r.graftAt(x, old, near, depth+1)
			if err != nil {
				return nil, err
			}
			items[i] = child
		}
		return tree.NewList(near.Doc, near.Line, near.Column, items), nil
	}
	return r.graftPlain(out, near)
}

func entriesOf(n *tree.Node) []tree.Entry {
	if n == nil || n.Kind != tree.Map {
		return nil
	}
	return n.Entries
}

// graftPlain makes a tree of a value that contains nothing of the old tree.
func (r *run) graftPlain(out any, near *tree.Node) (*tree.Node, error) {
	n, err := tree.FromPlain(near.Doc, out)
	if err != nil {
		return nil, err
	}
	return placed(n, near), nil
}

func placed(n, near *tree.Node) *tree.Node {
	switch n.Kind {
	case tree.List:
		items := make([]*tree.Node, len(n.Items))
		for i := range items {
			items[i] = placed(n.Items[i], near)
		}
		return tree.NewList(near.Doc, near.Line, near.Column, items)
	case tree.Map:
		entries := make([]tree.Entry, len(n.Entries))
		for i, e := range n.Entries {
			entries[i] = tree.Entry{Key: e.Key, Value: placed(e.Value, near)}
		}
		return tree.NewMap(near.Doc, near.Line, near.Column, entries)
	}
	value := n.Value
	if s, ok := value.(string); ok {
		value = source.Text(s)
	}
	return tree.NewScalar(near.Doc, near.Line, near.Column, value)
}

// hookedKey returns a keyReader that runs the hooks first.
func hookedKey(hooks []hook, t reflect.Type, read keyReader) keyReader {
	return func(key string, into reflect.Value) error {
		var out any = key
		for _, h := range hooks {
			var err error
			if out, err = h(reflect.ValueOf(out), into); err != nil {
				return err
			}
			if out == nil {
				return errKey
			}
		}
		if out != any(key) && assign(into, out) {
			return nil
		}
		if s, ok := out.(string); ok && read != nil {
			return read(s, into)
		}
		return errKey
	}
}
