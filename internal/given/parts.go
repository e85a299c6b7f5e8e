package given

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// field is a field of a struct with its key.
type field struct {
	key   string
	index []int
	tag   reflect.StructTag
	// remain marks the field for the keys without another field; it has no key.
	remain bool
}

// fieldsOf returns the fields of a struct type that binding fills, in the order of the struct. The
// fields of squashed structs are among them; of several with one key, that at the smallest depth.
func fieldsOf(t reflect.Type) (all []field) {
	var collect func(t reflect.Type, index []int, around []reflect.Type)
	collect = func(t reflect.Type, index []int, around []reflect.Type) {
		for i := range t.NumField() {
			sf := t.Field(i)
			place, err := tree.FieldOf(sf)
			at := append(slices.Clone(index), i)
			switch {
			case err != nil || place.Skip:
			case place.Squash:
				inner := sf.Type
				if inner.Kind() == reflect.Pointer {
					inner = inner.Elem()
				}
				if inner.Kind() == reflect.Struct && !slices.Contains(around, inner) {
					collect(inner, at, append(slices.Clone(around), inner))
				}
			case place.Remain:
				all = append(all, field{index: at, remain: true})
			default:
				if had := slices.IndexFunc(all, func(f field) bool { return f.key == place.Key && !f.remain }); had < 0 {
					all = append(all, field{key: place.Key, index: at, tag: sf.Tag})
				} else if len(all[had].index) > len(at) {
					all[had] = field{key: place.Key, index: at, tag: sf.Tag}
				}
			}
		}
	}
	collect(t, nil, []reflect.Type{t})
	return all
}

// in returns the field in a struct. It reports false if the field is in an embedded pointer that is
// nil, unless allocate is set.
func (f *field) in(v reflect.Value, allocate bool) (reflect.Value, bool) {
	for i, at := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !allocate {
					return v, false
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v, true
}

// isOne reports whether a type is one value in a tree, whatever it consists of.
func isOne(t reflect.Type) bool {
	return tree.OneValue(t) || t.Kind() == reflect.Interface && t.NumMethod() > 0
}

// part returns the value of a type at a path below v, behind any pointers.
func part(v reflect.Value, at tree.Path, t reflect.Type) (reflect.Value, bool) {
	for {
		if len(at) == 0 && v.Type() == t {
			return v, true
		}
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
			continue
		}
		if len(at) == 0 || isOne(v.Type()) {
			return v, false
		}
		child, ok := childOf(v, at[0])
		if !ok {
			return v, false
		}
		v, at = child, at[1:]
	}
}

// childOf returns the value for one segment of a path in a struct, map or list.
func childOf(v reflect.Value, segment string) (child reflect.Value, ok bool) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if f.key == segment && !f.remain {
				return f.in(v, false)
			}
			if f.remain && !ok {
				if rest, there := f.in(v, false); there && rest.Kind() == reflect.Map {
					child, ok = childOf(rest, segment)
				}
			}
		}
		return child, ok
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if keyText(key) == segment {
				return v.MapIndex(key), true
			}
		}
	case reflect.Slice, reflect.Array:
		if i, ok := itemOf(segment); ok && i < v.Len() {
			return v.Index(i), true
		}
	}
	return v, false
}

// edit calls change with a settable value for one segment of a path in v, which is settable. It
// does nothing and reports false if v has no such part.
func edit(v reflect.Value, segment string, change func(reflect.Value)) bool {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return edit(v.Elem(), segment, change)
	case reflect.Interface:
		if v.IsNil() {
			return false
		}
		inner := reflect.New(v.Elem().Type()).Elem()
		inner.Set(v.Elem())
		done := edit(inner, segment, change)
		v.Set(inner)
		return done
	case reflect.Struct:
		var remain *field
		for _, f := range fieldsOf(v.Type()) {
			if f.remain {
				remain = &f
			} else if f.key == segment {
				child, _ := f.in(v, true)
				change(child)
				return true
			}
		}
		if remain == nil {
			return false
		}
		rest, _ := remain.in(v, true)
		return edit(rest, segment, change)
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if keyText(key) == segment {
				elem := reflect.New(v.Type().Elem()).Elem()
				elem.Set(v.MapIndex(key))
				change(elem)
				v.SetMapIndex(key, elem)
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		if i, ok := itemOf(segment); ok && i < v.Len() {
			change(v.Index(i))
			return true
		}
	}
	return false
}

// replace sets the value at a path below v, behind any pointers, to one of the same type.
func replace(v reflect.Value, at tree.Path, by reflect.Value) (done bool) {
	if len(at) > 0 {
		edit(v, at[0], func(child reflect.Value) { done = replace(child, at[1:], by) })
		return done
	}
	for v.Type() != by.Type() {
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return false
		}
		v = v.Elem()
	}
	v.Set(by)
	return true
}

func itemOf(segment string) (int, bool) {
	text, open := strings.CutPrefix(segment, "[")
	text, closed := strings.CutSuffix(text, "]")
	i, err := strconv.Atoi(text)
	return i, open && closed && err == nil && i >= 0
}

// keyText returns the key of a Go map as the key of a tree.
func keyText(key reflect.Value) (text string) {
	defer func() {
		if recover() != nil { // code of the service
			text = fmt.Sprintf("(%s)", key.Type())
		}
	}()
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](key); ok && key.Kind() != reflect.String {
		if b, err := m.MarshalText(); err == nil {
			return string(b)
		}
	}
	return tree.KeyText(key)
}
