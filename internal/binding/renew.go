package binding

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
)

// renewing fills v, which is zero and settable, from n, as a binding does, and takes from last what
// did not change: last was bound from was, without problems, and was not written into.
type renewing func(r *renewal, n, was *tree.Node, v, last reflect.Value, at place) *tree.Changes

// renewal is a run that knows the last value.
type renewal struct {
	*run
	hashing hashing
	// sum is where the digest of the new value is added up. It starts as that of the last value.
	sum *uint64
	// private counts the values around this one of which checking calls a method, which may write
	// into them. What is taken from the last value is then copied and not shared.
	private int
}

// renew binds n by k. What is the same as in was is taken from last.
func (r *renewal) renew(k *codec, n, was *tree.Node, v, last reflect.Value, at place) *tree.Changes {
	same := tree.Alike(n, was)
	if same && r.take(k, v, last) {
		return nil
	}
	if k.renew == nil {
		return r.again(k, n, same, v, last, at)
	}
	if k.validates {
		r.private++
		defer func() { r.private-- }()
	}
	return k.renew(r, n, was, v, last, at)
}

// canTake reports whether values of k can be taken from the last value as a whole.
func (r *renewal) canTake(k *codec) bool {
	return k.sealed && (k.plain || r.private == 0 || k.clonable)
}

// take sets v to the last value, and reports whether it could.
func (r *renewal) take(k *codec, v, last reflect.Value) bool {
	switch {
	case !r.canTake(k):
		return false
	case k.plain || r.private == 0:
		v.Set(last)
	default:
		k.clone(v, last)
	}
	return true
}

// again binds n without the last value. same reports that the result is equal to it.
func (r *renewal) again(k *codec, n *tree.Node, same bool, v, last reflect.Value, at place) *tree.Changes {
	k.bind(r.run, n, v)
	if same {
		return remadeUnlessSealed(k)
	}
	r.replaced(k, v, last, at)
	return tree.AllChanged
}

// replaced counts a value that takes the place of the last one.
func (r *renewal) replaced(k *codec, v, last reflect.Value, at place) {
	*r.sum += k.digest(&r.hashing, v, at) - k.digest(&r.hashing, last, at)
}

// remadeUnlessSealed returns the changes of a value that was bound again from the same node.
// Methods may have written into fields of the last one that are not bound, unless it is sealed.
func remadeUnlessSealed(k *codec) *tree.Changes {
	if k.sealed {
		return nil
	}
	return tree.AllRemade
}

func (k *codec) renewPointer(r *renewal, n, was *tree.Node, v, last reflect.Value, at place) *tree.Changes {
	if last.IsNil() {
		return r.again(k, n, false, v, last, at)
	}
	p := reflect.New(k.typ.Elem())
	changes := r.renew(k.elem, n, was, p.Elem(), last.Elem(), at)
	v.Set(p)
	return changes
}

func (k *codec) renewList(r *renewal, n, was *tree.Node, v, last reflect.Value, at place) (changes *tree.Changes) {
	if n.Kind != tree.List || was.Kind != tree.List || n.Places != nil || was.Places != nil || last.Len() != len(was.Items) || last.IsNil() {
		return r.again(k, n, tree.Alike(n, was), v, last, at)
	}
	v.Set(reflect.MakeSlice(k.typ, len(n.Items), len(n.Items)))
	if len(n.Items) != len(was.Items) {
		*r.sum += extent(v, at) - extent(last, at)
		changes = &tree.Changes{}
	}
	inside := at.inside()
	for i, item := range n.Items {
		below := inside.below(i)
		r.item(i)
		switch {
		case i >= len(was.Items):
			r.element(k.elem, item, v.Index(i))
			*r.sum += k.elem.digest(&r.hashing, v.Index(i), below)
			changes = changes.WithItem(i, tree.AllChanged)
		case !isNull(item) && !isNull(was.Items[i]):
			changes = changes.WithItem(i, r.renew(k.elem, item, was.Items[i], v.Index(i), last.Index(i), below))
		default:
			r.element(k.elem, item, v.Index(i))
			r.replaced(k.elem, v.Index(i), last.Index(i), below)
			changes = changes.WithItem(i, tree.AllChanged)
		}
		r.up()
	}
	for i := len(n.Items); i < len(was.Items); i++ {
		*r.sum -= k.elem.digest(&r.hashing, last.Index(i), inside.below(i))
	}
	return changes
}

func isNull(n *tree.Node) bool { return n == nil || n.Kind == tree.Null }

func (k *codec) renewMap(r *renewal, n, was *tree.Node, v, last reflect.Value, at place) *tree.Changes {
	if n.Kind != tree.Map || was.Kind != tree.Map {
		return r.again(k, n, tree.Alike(n, was), v, last, at)
	}
	return k.renewEntries(r, n, n.Entries, was, v, last, at)
}

// renewEntries is renewMap for some of the entries of n. Those of was that are in last are the ones
// that a map of the same type would have from was.
func (k *codec) renewEntries(r *renewal, n *tree.Node, entries []tree.Entry, was *tree.Node, v, last reflect.Value, at place) (changes *tree.Changes) {
	if !k.textKeys || last.IsNil() {
		made := tree.NewMap(n.Doc, n.Line, n.Column, entries)
		return r.again(k, made, tree.Alike(n, was), v, last, at)
	}
	m := newEntries(k, v, last, len(entries))
	elem, whole := k.elem, r.canTake(k.elem)
	had := 0 // entries of last that the new map has too
	next := 0
	var rest []renewed
	for i := range entries {
		e := &entries[i]
		if isNull(e.Value) {
			continue
		}
		var old *tree.Entry
		old, next = entryNear(was, e.Key, next)
		if old == nil || isNull(old.Value) {
			rest = append(rest, renewed{e, nil})
			continue
		}
		if had++; !whole || !tree.Alike(e.Value, old.Value) {
			rest = append(rest, renewed{e, old.Value})
		}
	}
	if whole {
		m.takeAll(r)
	}
	if had < last.Len() {
		for _, key := range m.drop(n) {
			*r.sum -= elem.digest(&r.hashing, last.MapIndex(key), at.key(key.String()))
			changes = changes.WithKey(key.String(), tree.AllChanged)
		}
	}
	into := mapping{v, m.key, m.value, elem, k.readKey, ""}
	for _, e := range rest {
		if e.was == nil {
			r.entry(e.Entry, into)
			m.key.SetString(e.Key)
			if made := v.MapIndex(m.key); made.IsValid() {
				*r.sum += elem.digest(&r.hashing, made, at.key(e.Key))
			}
			changes = changes.WithKey(e.Key, tree.AllChanged)
			continue
		}
		r.key(e.Key)
		m.key.SetString(e.Key)
		m.value.SetZero()
		changes = changes.WithKey(e.Key, r.renew(elem, e.Value, e.was, m.value, last.MapIndex(m.key), at.key(e.Key)))
		v.SetMapIndex(m.key, m.value)
		r.up()
	}
	if v.Len() != last.Len() {
		*r.sum += extent(v, at) - extent(last, at)
	}
	return changes
}

// renewed is an entry that is not taken from the last map as it is, with its last node.
type renewed struct {
	*tree.Entry
	was *tree.Node
}

// entryNear returns the entry of a map with a key, and where to look for the next one: most trees
// keep their order.
func entryNear(n *tree.Node, key string, next int) (*tree.Entry, int) {
	if next < len(n.Entries) && n.Entries[next].Key == key {
		return &n.Entries[next], next + 1
	}
	for i := next + 1; i < min(next+3, len(n.Entries)); i++ {
		if n.Entries[i].Key == key {
			return &n.Entries[i], i + 1
		}
	}
	return n.Entry(key), next
}

// renewedMap is a map that takes most of its entries from the last one.
type renewedMap struct {
	*codec
	m, last    reflect.Value
	key, value reflect.Value
}

func newEntries(k *codec, v, last reflect.Value, size int) renewedMap {
	v.Set(reflect.MakeMapWithSize(k.typ, size))
	return renewedMap{k, v, last, reflect.New(k.typ.Key()).Elem(), reflect.New(k.elem.typ).Elem()}
}

// takeAll takes all entries of the last map.
func (m *renewedMap) takeAll(r *renewal) {
	shared := m.elem.plain || r.private == 0
	copied := m.value
	if !shared {
		copied = reflect.New(m.elem.typ).Elem()
	}
	for entries := m.last.MapRange(); entries.Next(); {
		m.key.SetIterKey(entries)
		m.value.SetIterValue(entries)
		if !shared {
			copied.SetZero()
			m.elem.clone(copied, m.value)
		}
		m.m.SetMapIndex(m.key, copied)
	}
}

// drop removes the entries that n does not have, and returns their keys.
func (m *renewedMap) drop(n *tree.Node) (gone []reflect.Value) {
	for entries := m.last.MapRange(); entries.Next(); {
		if e := n.Entry(entries.Key().String()); e == nil || isNull(e.Value) {
			gone = append(gone, entries.Key())
			m.m.SetMapIndex(entries.Key(), reflect.Value{})
		}
	}
	return gone
}
