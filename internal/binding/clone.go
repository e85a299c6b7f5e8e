package binding

import (
	"maps"
	"reflect"
)

// clone sets to to a copy of a value that shares no memory with it that can be changed. The type
// must be clonable.
func (k *codec) clone(to, from reflect.Value) {
	switch {
	case k.plain:
		to.Set(from)
	case k.fields != nil:
		to.Set(from)
		if k.fields.embedded {
			to.SetZero()
		}
		for i := range k.fields.list {
			k.fields.list[i].clone(to, from, k.fields.embedded)
		}
		if k.fields.remain != nil {
			k.fields.remain.clone(to, from, k.fields.embedded)
		}
	case k.loose:
		if !from.IsNil() {
			to.Set(reflect.ValueOf(clonePlain(from.Interface())))
		}
	case from.IsNil():
		to.SetZero()
	case k.elem == nil: // a slice without pointers in it, such as []byte
		to.Set(reflect.MakeSlice(k.typ, from.Len(), from.Len()))
		reflect.Copy(to, from)
	case k.typ.Kind() == reflect.Pointer:
		to.Set(reflect.New(k.typ.Elem()))
		k.elem.clone(to.Elem(), from.Elem())
	case k.typ.Kind() == reflect.Map:
		k.cloneMap(to, from)
	default:
		to.Set(reflect.MakeSlice(k.typ, from.Len(), from.Len()))
		if k.elem.plain {
			reflect.Copy(to, from)
			return
		}
		for i := range from.Len() {
			k.elem.clone(to.Index(i), from.Index(i))
		}
	}
}

// clone copies the field from one struct to another, which has the plain fields already, unless
// all is set.
func (f *field) clone(to, from reflect.Value, all bool) {
	if f.codec.plain && !all {
		return
	}
	if value, ok := f.in(from); ok {
		f.codec.clone(f.of(to), value)
	}
}

func (k *codec) cloneMap(to, from reflect.Value) {
	if m, ok := reflect.TypeAssert[map[string]string](from); ok {
		out := make(map[string]string, len(m))
		maps.Copy(out, m)
		to.Set(reflect.ValueOf(out))
		return
	}
	to.Set(reflect.MakeMapWithSize(k.typ, from.Len()))
	key, value, copied := reflect.New(k.typ.Key()).Elem(), reflect.New(k.typ.Elem()).Elem(), reflect.New(k.typ.Elem()).Elem()
	for entries := from.MapRange(); entries.Next(); {
		key.SetIterKey(entries)
		value.SetIterValue(entries)
		copied.SetZero()
		k.elem.clone(copied, value)
		to.SetMapIndex(key, copied)
	}
}

// clonePlain copies a value of those that [tree.Node.Plain] returns.
func clonePlain(x any) any {
	switch x := x.(type) {
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = clonePlain(x[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for key := range x {
			out[key] = clonePlain(x[key])
		}
		return out
	}
	return x
}
