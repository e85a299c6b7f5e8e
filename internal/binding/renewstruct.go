package binding

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
)

// renewStruct is bindStruct with the last value.
func (k *codec) renewStruct(r *renewal, n, was *tree.Node, v, last reflect.Value, at place) *tree.Changes {
	if n.Kind != tree.Map || was.Kind != tree.Map {
		return r.again(k, n, tree.Alike(n, was), v, last, at)
	}
	inside := at.inside()
	changes, ok := k.renewFields(r, n, was, v, last, func(i int) place { return inside.below(i) }, func(int) bool { return true })
	if !ok {
		v.SetZero()
		return r.again(k, n, false, v, last, at)
	}
	if changes == nil && !k.sealed {
		changes = &tree.Changes{Remade: true}
	}
	return changes
}

// renewFields renews the fields of a struct, each in its place. It binds those again whose last
// value is not intact. It reports false if the struct must be bound as a whole.
func (k *codec) renewFields(r *renewal, n, was *tree.Node, v, last reflect.Value, at func(int) place, intact func(int) bool) (changes *tree.Changes, ok bool) {
	f := k.fields
	if f.embedded && !f.samePresence(n, was) {
		return nil, false // which fields have a default depends on the others
	}
	seen := make([]bool, len(f.list))
	rest := f.visit(r.run, n, was, func(field int, e, old *tree.Entry) {
		seen[field] = true
		var node *tree.Node
		if old != nil {
			node = old.Value
		}
		changes = changes.WithKey(f.list[field].key, r.renewField(&f.list[field], e, node, v, last, at(field), intact(field)))
	})
	for i := range f.list {
		if !seen[i] {
			below := r.renewAbsent(&f.list[i], was, v, last, at(i), intact(i))
			changes = changes.WithKey(f.list[i].key, below)
		}
	}
	return changes.WithRest(k.renewRemain(r, n, rest, was, v, last, at(len(f.list)), intact(len(f.list)))), true
}

// renewField renews a field that the tree has a value for.
func (r *renewal) renewField(f *field, e *tree.Entry, was *tree.Node, v, last reflect.Value, at place, intact bool) *tree.Changes {
	r.written(e.Key, e.Alias)
	defer r.up()
	to := f.of(v)
	from, ok := f.in(last)
	if ok && intact && !isNull(was) {
		return r.renew(f.codec, e.Value, was, to, from, at)
	}
	f.codec.bind(r.run, e.Value, to)
	*r.sum += f.digest(&r.hashing, v, at) - f.digest(&r.hashing, last, at)
	return tree.AllChanged
}

// renewAbsent sets the default of a field that the tree has no value for.
func (r *renewal) renewAbsent(f *field, was *tree.Node, v, last reflect.Value, at place, intact bool) *tree.Changes {
	if f.def != nil || f.codec.fill != nil {
		f.fill(r.run, v)
	}
	if intact && !f.wasPresent(was) {
		return remadeUnlessSealed(f.codec)
	}
	*r.sum += f.digest(&r.hashing, v, at) - f.digest(&r.hashing, last, at)
	return tree.AllChanged
}

// wasPresent reports whether a map has a value for the field, by any of its names.
func (f *field) wasPresent(n *tree.Node) bool {
	if e := n.Entry(f.key); e != nil && !isNull(e.Value) {
		return true
	}
	for _, alias := range f.aliases {
		if e := n.Entry(alias); e != nil && !isNull(e.Value) {
			return true
		}
	}
	return false
}

// samePresence reports whether two maps have values for the same fields.
func (f *fields) samePresence(a, b *tree.Node) bool {
	for i := range f.list {
		if f.list[i].wasPresent(a) != f.list[i].wasPresent(b) {
			return false
		}
	}
	return true
}

// renewRemain renews the field for all other keys, which are rest.
func (k *codec) renewRemain(r *renewal, n *tree.Node, rest []tree.Entry, was *tree.Node, v, last reflect.Value, at place, intact bool) *tree.Changes {
	f := k.fields.remain
	if f == nil {
		return nil
	}
	from, had := f.in(last)
	had = had && !from.IsNil()
	switch {
	case had && intact && len(rest) > 0:
		if f.codec.validates {
			r.private++
			defer func() { r.private-- }()
		}
		return f.codec.renewEntries(r, n, rest, was, f.of(v), from, at)
	case len(rest) > 0:
		f.codec.bind(r.run, tree.NewMap(n.Doc, n.Line, n.Column, rest), f.of(v))
	case intact && !had:
		return nil
	}
	*r.sum += f.digest(&r.hashing, v, at) - f.digest(&r.hashing, last, at)
	return tree.AllChanged
}

// visit calls do for each entry of n that has a field and a value, with the entry of that key in
// was, the map before, or nil. It returns the entries for the field that takes the rest, and
// reports the unknown ones.
func (f *fields) visit(r *run, n, was *tree.Node, do func(field int, e, old *tree.Entry)) (rest []tree.Entry) {
	next, nextOld := 0, 0
	for i := range n.Entries {
		e := &n.Entries[i]
		field := f.find(e.Key, next)
		var old *tree.Entry
		if field >= 0 {
			old, nextOld = entryNear(was, e.Key, nextOld)
		} else if field = f.findAlias(r, n, e); field == isOther {
			continue
		}
		if field < 0 {
			if f.remain != nil && f.remain.takes(e.Key) {
				rest = append(rest, *e)
			} else if !stillKnown(e, was) {
				r.unknown(e, f.list)
			}
			continue
		}
		next = field + 1
		if isNull(e.Value) {
			continue
		}
		do(field, e, old)
	}
	return rest
}
