package binding

import (
	"hash/maphash"
	"math"
	"math/bits"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
)

// digest returns the part of a value in the digest of what it is in. The digest of a value is the
// sum of the parts of all that is in it, each of which depends on its place, so that what changes
// in one place changes the digest by the difference of two parts.
type digest func(h *hashing, v reflect.Value, at place) uint64

// place identifies a place in a value.
type place uint64

// inside returns the place from which those of the fields or items of a value count, so that the
// second item of the first list is in another place than the first item of the second one.
func (p place) inside() place { return place(mix(uint64(p), 0x8ebc6af09c88c6e3)) }

// below returns the place of the n-th field or item, counted from inside.
func (p place) below(n int) place { return p + place(n+1)*0x9e3779b97f4a7c15 }

// key returns the place of the entry of a map.
func (p place) key(text string) place { return place(mix(uint64(p), maphash.String(seed, text))) }

// holds returns the part of a scalar.
func (p place) holds(x uint64) uint64 { return mix(uint64(p)^0x9e3779b97f4a7c15, x) }

var seed = maphash.MakeSeed()

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0xa0761d6478bd642f, b^0xe7037ed1a0b428db)
	return hi ^ lo
}

// hashing is the state of one walk over a value.
type hashing struct {
	depth int
	// broken reports that the value has something in it that binding cannot have made.
	broken bool
	// spare are the variables for the entries of maps, by the type of the map.
	spare map[reflect.Type][]pair
}

type pair struct{ key, value reflect.Value }

// enter reports whether the walk continues. A value that contains itself has been written into.
func (h *hashing) enter() bool {
	h.depth++
	h.broken = h.broken || h.depth > tree.MaxDepth
	return !h.broken
}

func (h *hashing) leave() { h.depth-- }

// take returns variables for the entries of maps of type t; give ends their use.
func (h *hashing) take(t reflect.Type) pair {
	if free := h.spare[t]; len(free) > 0 {
		h.spare[t] = free[:len(free)-1]
		return free[len(free)-1]
	}
	return pair{reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()}
}

func (h *hashing) give(t reflect.Type, p pair) {
	if h.spare == nil {
		h.spare = make(map[reflect.Type][]pair)
	}
	h.spare[t] = append(h.spare[t], p)
}

// digestOf returns the digest of the values of a codec. Those of other codecs are looked up when it
// runs, because types may be recursive.
func digestOf(k *codec, opaque *structures) digest {
	switch {
	case k.fields != nil:
		return k.fields.digest
	case k.loose:
		return digestLoose
	case k.elem == nil:
		d, _ := opaque.of(k.typ)
		return d
	}
	elem := k.elem
	inner := func(h *hashing, v reflect.Value, at place) uint64 { return elem.digest(h, v, at) }
	switch k.typ.Kind() {
	case reflect.Map:
		key, _ := opaque.of(k.typ.Key())
		return digestMap(k.typ, key, inner)
	case reflect.Pointer:
		return digestPointer(inner)
	case reflect.Array:
		return digestArray(inner)
	}
	return digestSlice(inner)
}

// digest returns the part of a struct: its fields that are bound.
func (f *fields) digest(h *hashing, v reflect.Value, at place) (sum uint64) {
	at = at.inside()
	for i := range f.list {
		field := &f.list[i]
		if len(field.index) > 1 {
			sum += field.digest(h, v, at.below(i))
			continue
		}
		value := v.Field(field.index[0])
		switch field.scalar { // without a call for what most fields are
		case reflect.String:
			sum += at.below(i).holds(maphash.String(seed, value.String()))
		case reflect.Int64:
			sum += at.below(i).holds(uint64(value.Int()))
		default:
			sum += field.codec.digest(h, value, at.below(i))
		}
	}
	if f.remain != nil {
		sum += f.remain.digest(h, v, at.below(len(f.list)))
	}
	return sum
}

// digest returns the part of the field in the struct v.
func (f *field) digest(h *hashing, v reflect.Value, at place) uint64 {
	value, ok := f.in(v)
	if !ok {
		return at.holds(absent)
	}
	return f.codec.digest(h, value, at)
}

// absent stands for what is nil.
const absent = 1<<63 + 1

func digestPointer(elem digest) digest {
	return func(h *hashing, v reflect.Value, at place) uint64 {
		if v.IsNil() {
			return at.holds(absent)
		}
		if !h.enter() {
			return 0
		}
		defer h.leave()
		return elem(h, v.Elem(), at)
	}
}

func digestSlice(elem digest) digest {
	return func(h *hashing, v reflect.Value, at place) uint64 {
		if !h.enter() {
			return 0
		}
		sum := extent(v, at)
		at = at.inside()
		for i := range v.Len() {
			sum += elem(h, v.Index(i), at.below(i))
		}
		h.leave()
		return sum
	}
}

// extent returns the part of a list or map that says how many items it has.
func extent(v reflect.Value, at place) uint64 {
	if v.IsNil() {
		return at.holds(absent)
	}
	return at.holds(uint64(v.Len()))
}

func digestArray(elem digest) digest {
	return func(h *hashing, v reflect.Value, at place) (sum uint64) {
		at = at.inside()
		for i := range v.Len() {
			sum += elem(h, v.Index(i), at.below(i))
		}
		return sum
	}
}

func digestMap(t reflect.Type, key, elem digest) digest {
	texts := t.Key().Kind() == reflect.String
	return func(h *hashing, v reflect.Value, at place) uint64 {
		sum := extent(v, at)
		if m, ok := reflect.TypeAssert[map[string]string](v); ok {
			for key, text := range m {
				sum += at.key(key).holds(maphash.String(seed, text))
			}
			return sum
		}
		if v.Len() == 0 || !h.enter() {
			return sum
		}
		p := h.take(t)
		for entries := v.MapRange(); entries.Next(); {
			p.key.SetIterKey(entries)
			p.value.SetIterValue(entries)
			below := place(mix(uint64(at), key(h, p.key, 0)))
			if texts {
				below = at.key(p.key.String())
			}
			sum += elem(h, p.value, below)
		}
		p.key.SetZero()
		p.value.SetZero()
		h.give(t, p)
		h.leave()
		return sum
	}
}

// digestLoose returns the part of a value of any type, which must be of those that
// [tree.Node.Plain] returns.
func digestLoose(h *hashing, v reflect.Value, at place) uint64 {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return at.holds(absent)
	}
	if !v.CanInterface() {
		h.broken = true
		return 0
	}
	return digestPlain(h, v.Interface(), at)
}

func digestPlain(h *hashing, x any, at place) (sum uint64) {
	if !h.enter() {
		return 0
	}
	defer h.leave()
	at = at.inside()
	switch x := x.(type) {
	case nil:
		return at.holds(absent)
	case string:
		return at.below(0).holds(maphash.String(seed, x))
	case bool:
		if x {
			return at.below(1).holds(1)
		}
		return at.below(1).holds(0)
	case int64:
		return at.below(2).holds(uint64(x))
	case uint64:
		return at.below(3).holds(x)
	case float64:
		return at.below(4).holds(math.Float64bits(x))
	case time.Time:
		return at.below(5).holds(uint64(x.UnixNano())) + at.below(6).holds(maphash.String(seed, x.Format(time.RFC3339Nano)))
	case []any:
		at = at.below(7).inside()
		sum = at.holds(uint64(len(x)))
		for i := range x {
			sum += digestPlain(h, x[i], at.below(i))
		}
		return sum
	case map[string]any:
		at = at.below(8).inside()
		sum = at.holds(uint64(len(x)))
		for key := range x {
			sum += digestPlain(h, x[key], at.key(key))
		}
		return sum
	}
	h.broken = true
	return 0
}
