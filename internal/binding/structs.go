package binding

import (
	"reflect"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// fields are the fields of a struct and of the structs that are squashed into it.
type fields struct {
	list  []field
	byKey map[string]int
	// byAlias are the indexes of the fields with old names; nil if there are none.
	byAlias map[string]int
	// remain takes the keys without a field; nil if such keys are problems.
	remain *field
	// absent are the fields with defaults, here or below.
	absent []int
	// unbound reports whether the struct has fields that are not bound, embedded whether it has
	// embedded pointers.
	unbound, embedded bool
}

type field struct {
	key   string
	index []int // for reflect.Value.FieldByIndex
	codec *codec
	def   *fallback
	// goName is the path of the field in Go, for mistakes.
	goName string
	shape  *tree.Shape
	depth  int
	// scalar is String for a string and Int64 for an integer; otherwise it is not set.
	scalar reflect.Kind
	// aliases are the old names of the key.
	aliases []string
}

// fallback is a default.
type fallback struct {
	node  *tree.Node    // its text
	value reflect.Value // ready to be copied; invalid if a copy would share memory
}

// few is the number of fields up to which a linear search is as fast as a map.
const few = 6

// find returns the index of the field of a key, or -1. next is a guess: most trees have the order
// of the struct.
func (f *fields) find(key string, next int) int {
	if next < len(f.list) && f.list[next].key == key {
		return next
	}
	if f.byKey != nil {
		if i, ok := f.byKey[key]; ok {
			return i
		}
		return -1
	}
	for i := range f.list {
		if f.list[i].key == key {
			return i
		}
	}
	return -1
}

// needs records, for each field in embedded pointers of t, the keys that allocate these pointers;
// see of and fill.
func (f *fields) needs(t reflect.Type) {
	for i := range f.list {
		index := f.list[i].index
		for depth := 1; depth < len(index); depth++ {
			if t.FieldByIndex(index[:depth]).Type.Kind() != reflect.Pointer {
				continue
			}
			var keys []string
			for j := range f.list {
				if other := f.list[j].index; len(other) > depth && slices.Equal(other[:depth], index[:depth]) {
					keys = append(keys, f.list[j].key)
				}
			}
			f.list[i].shape.Needs = append(f.list[i].shape.Needs, keys)
		}
	}
}

// bindStruct binds a struct.
func (k *codec) bindStruct(r *run, n *tree.Node, v reflect.Value) {
	if n = r.fromText(n, tree.StructOf); n == nil {
		return
	}
	if n.Kind != tree.Map {
		r.wrong(n, "a map")
		return
	}
	f := k.fields
	var some [4]uint64
	seen := some[:]
	if len(f.list) > 64*len(some) {
		seen = make([]uint64, len(f.list)/64+1)
	}
	var rest []tree.Entry
	next := 0
	for i := range n.Entries {
		e := &n.Entries[i]
		at := f.find(e.Key, next)
		if at < 0 {
			if at = f.findAlias(r, n, e); at == isOther {
				continue
			}
		}
		if at < 0 {
			if f.remain != nil && f.remain.takes(e.Key) {
				rest = append(rest, *e)
			} else {
				r.unknown(e, f.list) // also if it is null: it is misspelt all the same
			}
			continue
		}
		next = at + 1
		if e.Value == nil || e.Value.Kind == tree.Null {
			continue
		}
		seen[at/64] |= 1 << (at % 64)
		field := &f.list[at]
		r.written(e.Key, e.Alias)
		field.codec.bind(r, e.Value, field.of(v))
		r.up()
	}
	if rest != nil {
		f.remain.codec.bind(r, tree.NewMap(n.Doc, n.Line, n.Column, rest), f.remain.of(v))
	}
	for _, at := range f.absent {
		if seen[at/64]&(1<<(at%64)) == 0 {
			f.list[at].fill(r, v)
		}
	}
}

// fillStruct sets the defaults of a struct for which the tree has no value.
func (k *codec) fillStruct(r *run, v reflect.Value) {
	for _, at := range k.fields.absent {
		k.fields.list[at].fill(r, v)
	}
}

// of returns the field in v. It allocates the embedded pointers on the way.
func (f *field) of(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	for i, at := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v
}

// fill sets the default of the field, unless the field is in an embedded pointer that is nil.
func (f *field) fill(r *run, v reflect.Value) {
	for i, at := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	switch {
	case f.def == nil:
		r.key(f.key)
		f.codec.fill(r, v)
		r.up()
	case f.def.value.IsValid():
		v.Set(f.def.value)
	default:
		r.key(f.key)
		f.codec.bind(r, f.def.node, v)
		r.up()
	}
}
