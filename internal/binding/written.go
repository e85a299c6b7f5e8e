package binding

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Written reports whether a value was written into since BindAfter bound it, by the service or by a
// Validate method.
func (p *Plan[T]) Written(v *T, from *Bound) bool {
	var h hashing
	for i, sum := range p.p.sums(&h, reflect.ValueOf(v).Elem()) {
		if sum != from.sums[i] {
			return true
		}
	}
	return h.broken
}

// Differences returns the keys in which two values differ, at most limit of them, in the order of
// the struct. A value that is not a struct, list or map is compared as a whole, and a part that
// cannot be compared, such as a function, is equal.
func (p *Plan[T]) Differences(a, b *T, limit int) []tree.Path {
	d := differing{limit: limit}
	d.compare(nil, p.p.root, reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
	return d.keys
}

// differing is one comparison of two values.
type differing struct {
	hashing hashing
	keys    []tree.Path
	limit   int
}

func (d *differing) add(at tree.Path) { d.keys = append(d.keys, at) }

func (d *differing) compare(at tree.Path, k *codec, a, b reflect.Value) {
	if len(d.keys) >= d.limit || d.same(k, a, b) {
		return
	}
	before := len(d.keys)
	switch {
	case k.fields != nil:
		for i := range k.fields.list {
			f := &k.fields.list[i]
			d.field(at.Join(f.key), f, a, b)
		}
		if k.fields.remain != nil {
			d.field(at, k.fields.remain, a, b)
		}
	case k.elem == nil:
	case k.typ.Kind() == reflect.Pointer:
		if !a.IsNil() && !b.IsNil() {
			d.compare(at, k.elem, a.Elem(), b.Elem())
		}
	case k.typ.Kind() == reflect.Map:
		d.entries(at, k, a, b)
	case a.Len() == b.Len():
		for i := range a.Len() {
			d.compare(at.Join(tree.Item(i)), k.elem, a.Index(i), b.Index(i))
		}
	}
	if len(d.keys) == before {
		d.add(at)
	}
}

func (d *differing) same(k *codec, a, b reflect.Value) bool {
	same := k.digest(&d.hashing, a, 0) == k.digest(&d.hashing, b, 0) && !d.hashing.broken
	d.hashing.broken = false
	return same
}

func (d *differing) field(at tree.Path, f *field, a, b reflect.Value) {
	x, inA := f.in(a)
	y, inB := f.in(b)
	switch {
	case inA && inB:
		d.compare(at, f.codec, x, y)
	case inA != inB && len(d.keys) < d.limit:
		d.add(at)
	}
}

func (d *differing) entries(at tree.Path, k *codec, a, b reflect.Value) {
	keys := a.MapKeys()
	for _, key := range b.MapKeys() {
		if !a.MapIndex(key).IsValid() {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(tree.KeyText(a), tree.KeyText(b)) })
	for _, key := range keys {
		x, y := a.MapIndex(key), b.MapIndex(key)
		switch below := at.Join(tree.KeyText(key)); {
		case x.IsValid() && y.IsValid():
			d.compare(below, k.elem, x, y)
		case len(d.keys) < d.limit:
			d.add(below)
		}
	}
}
