package binding

import (
	"hash/maphash"
	"math"
	"reflect"
	"strings"
)

// structures has the digests of types whose values other code makes, by what they consist of.
type structures struct {
	known map[reflect.Type]*structure
}

// structure is a type with all its fields, exported or not.
type structure struct {
	digest digest
	// hidden reports that some of the memory of a value cannot be known: a function, a channel, an
	// interface, or what package sync guards.
	hidden bool
	below  []*structure
}

// of returns the digest of a type, and whether it covers all memory of a value. Otherwise, the
// digest is always zero.
func (s *structures) of(t reflect.Type) (digest, bool) {
	if s.known == nil {
		s.known = make(map[reflect.Type]*structure)
	}
	root := s.look(t)
	for changed := true; changed; { // types may be recursive
		changed = false
		for _, k := range s.known {
			for _, below := range k.below {
				if below.hidden && !k.hidden {
					k.hidden, changed = true, true
				}
			}
		}
	}
	if root.hidden {
		return func(*hashing, reflect.Value, place) uint64 { return 0 }, false
	}
	return root.digest, true
}

func (s *structures) look(t reflect.Type) *structure {
	if k, ok := s.known[t]; ok {
		return k
	}
	k := &structure{}
	s.known[t] = k
	k.digest = digestScalar(t.Kind())
	switch t.Kind() {
	case reflect.Pointer:
		if t.Elem() == locationType { // it cannot be changed
			k.digest = digestAddress
			return k
		}
		k.digest = digestPointer(s.inside(k, t.Elem()))
	case reflect.Slice:
		k.digest = digestSlice(s.inside(k, t.Elem()))
	case reflect.Array:
		k.digest = digestArray(s.inside(k, t.Elem()))
	case reflect.Map:
		k.digest = digestOpaqueMap(s.inside(k, t.Key()), s.inside(k, t.Elem()))
	case reflect.Struct:
		if t.PkgPath() == "sync" || strings.HasPrefix(t.PkgPath(), "sync/") {
			k.hidden = true
			return k
		}
		var all []digest
		for f := range t.Fields() {
			all = append(all, s.inside(k, f.Type))
		}
		k.digest = func(h *hashing, v reflect.Value, at place) (sum uint64) {
			at = at.inside()
			for i, part := range all {
				sum += part(h, v.Field(i), at.below(i))
			}
			return sum
		}
	default:
		k.hidden = k.digest == nil
	}
	return k
}

// inside returns the digest of what is below k.
func (s *structures) inside(k *structure, t reflect.Type) digest {
	below := s.look(t)
	k.below = append(k.below, below)
	return func(h *hashing, v reflect.Value, at place) uint64 { return below.digest(h, v, at) }
}

// digestScalar returns the digest of a kind of scalar; nil for other kinds.
func digestScalar(kind reflect.Kind) digest {
	switch kind {
	case reflect.String:
		return func(_ *hashing, v reflect.Value, at place) uint64 { return at.holds(maphash.String(seed, v.String())) }
	case reflect.Bool:
		return func(_ *hashing, v reflect.Value, at place) uint64 {
			if v.Bool() {
				return at.holds(1)
			}
			return at.holds(0)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(_ *hashing, v reflect.Value, at place) uint64 { return at.holds(uint64(v.Int())) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(_ *hashing, v reflect.Value, at place) uint64 { return at.holds(v.Uint()) }
	case reflect.Float32, reflect.Float64:
		return func(_ *hashing, v reflect.Value, at place) uint64 { return at.holds(math.Float64bits(v.Float())) }
	case reflect.Complex64, reflect.Complex128:
		return func(_ *hashing, v reflect.Value, at place) uint64 {
			c := v.Complex()
			at = at.inside()
			return at.below(0).holds(math.Float64bits(real(c))) + at.below(1).holds(math.Float64bits(imag(c)))
		}
	}
	return nil
}

func digestAddress(_ *hashing, v reflect.Value, at place) uint64 {
	return at.holds(uint64(v.Pointer()))
}

// digestOpaqueMap is digestMap for a map that reflection may read, but not take out of its field.
func digestOpaqueMap(key, elem digest) digest {
	return func(h *hashing, v reflect.Value, at place) uint64 {
		if !h.enter() {
			return 0
		}
		defer h.leave()
		sum := extent(v, at)
		for entries := v.MapRange(); entries.Next(); {
			sum += elem(h, entries.Value(), place(mix(uint64(at), key(h, entries.Key(), 0))))
		}
		return sum
	}
}
