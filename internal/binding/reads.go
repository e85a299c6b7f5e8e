package binding

import (
	"encoding"
	"reflect"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
)

// Reads returns the keys on which the result of a function of T depends, as far as copies of live
// show it: it changes one field after the other, and asks differs whether the function's result for
// that copy is another one than for live. A function that fails on a copy counts as another result.
//
// The keys are the highest under which everything is read, in the order of the struct: "db", and
// not all keys of db. A list or map is one key. ok is false if the result for an unchanged copy is
// already another one, such as for a function that reads unexported fields, which copies lack.
func (p *Plan[T]) Reads(live *T, differs func(*T) bool) (keys []tree.Path, ok bool) {
	root := p.p.root
	v := reflect.ValueOf(live).Elem()
	if root.fields == nil { // a map
		if differs(live) {
			return nil, false
		}
		return nil, true
	}
	probe := new(T)
	at := reflect.ValueOf(probe).Elem()
	c := prober{plan: p.p, differs: func() bool { return differs(probe) }}
	c.copy(root, at, v)
	if c.differs() {
		return nil, false
	}
	c.fields(nil, root, at)
	return c.keys, true
}

// prober changes the fields of one copy, each for one call of differs.
type prober struct {
	plan    *plan
	differs func() bool
	keys    []tree.Path
}

// structOf returns the codec of a struct whose fields have keys, for the struct itself and for a
// pointer to it; nil for every other type.
func (c *prober) structOf(t reflect.Type) *codec {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if k := c.plan.codecs[t]; k != nil && k.fields != nil && len(k.fields.list) > 0 {
		return k
	}
	return nil
}

// copy copies the bound fields of a struct. Lists and maps are shared, since the prober replaces
// them as a whole.
func (c *prober) copy(k *codec, to, from reflect.Value) {
	all := k.fields.list
	if k.fields.remain != nil {
		all = append(slices.Clone(all), *k.fields.remain)
	}
	for i := range all {
		f := &all[i]
		src, ok := f.in(from)
		if !ok {
			continue
		}
		dst := f.of(to)
		inner := c.structOf(src.Type())
		switch {
		case inner == nil, src.Kind() == reflect.Pointer && src.IsNil():
			dst.Set(src)
		case src.Kind() == reflect.Pointer:
			dst.Set(reflect.New(src.Type().Elem()))
			c.copy(inner, dst.Elem(), src.Elem())
		default:
			c.copy(inner, dst, src)
		}
	}
}

// in returns the field in v, and false if an embedded pointer around it is nil.
func (f *field) in(v reflect.Value) (reflect.Value, bool) {
	for i, at := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v, true
}

// fields probes the fields of a struct, and reports whether all of them are read. The keys of a
// struct that is read as a whole are replaced by its own.
func (c *prober) fields(at tree.Path, k *codec, v reflect.Value) (all bool) {
	all = true
	before := len(c.keys)
	for i := range k.fields.list {
		f := &k.fields.list[i]
		value, ok := f.in(v)
		if !ok {
			all = false
			continue
		}
		all = c.field(at.Join(f.key), value) && all
	}
	if f := k.fields.remain; f != nil {
		if value, ok := f.in(v); ok && c.leaf(value) {
			c.keys, all = append(c.keys, at.Join("*")), all && true
		} else {
			all = false
		}
	}
	if all && len(at) > 0 {
		c.keys = append(c.keys[:before], at)
	}
	return all
}

func (c *prober) field(at tree.Path, v reflect.Value) (read bool) {
	inner := c.structOf(v.Type())
	switch {
	case inner == nil:
		if read = c.leaf(v); read {
			c.keys = append(c.keys, at)
		}
		return read
	case v.Kind() != reflect.Pointer:
		return c.fields(at, inner, v)
	case v.IsNil():
		v.Set(reflect.New(v.Type().Elem()))
		read = c.fields(at, inner, v.Elem())
		if !read && c.differs() { // it depends on whether the key is there
			c.keys, read = append(c.keys, at), true
		}
		v.SetZero()
		return read
	}
	return c.fields(at, inner, v.Elem())
}

// leaf reports whether another value of a field makes a difference.
func (c *prober) leaf(v reflect.Value) bool {
	kept := reflect.ValueOf(v.Interface())
	defer func() {
		if kept.IsValid() {
			v.Set(kept)
		} else {
			v.SetZero()
		}
	}()
	for _, other := range variants(v) {
		v.Set(other)
		if c.differs() {
			return true
		}
	}
	return false
}

// texts are values of types that read a text, one for each usual form.
var texts = []string{"~", "1", "1s", "192.0.2.1", "http://nacre.invalid/", "2001-02-03T04:05:06Z", "debug", "UTC"}

// variants returns values of v's type that differ from v: an empty one, and one that is not.
func variants(v reflect.Value) (all []reflect.Value) {
	t := v.Type()
	if !v.IsZero() {
		all = append(all, reflect.Zero(t))
	}
	next := reflect.New(t).Elem()
	next.Set(v)
	switch {
	case t == timeType:
		next.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Second)))
	case reflect.PointerTo(t).Implements(textType):
		return append(all, fromTexts(v)...)
	default:
		if !vary(next) {
			return all
		}
	}
	return append(all, next)
}

// fromTexts returns a value that differs from v and that a text stands for.
func fromTexts(v reflect.Value) []reflect.Value {
	for _, text := range texts {
		next := reflect.New(v.Type())
		if next.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) == nil && !next.Elem().IsZero() &&
			!reflect.DeepEqual(next.Elem().Interface(), v.Interface()) {
			return []reflect.Value{next.Elem()}
		}
	}
	return nil
}

// vary changes a value in place, without changing the memory that it refers to, and reports whether
// it could.
func vary(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() ^ 1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(v.Uint() ^ 1)
	case reflect.Float32, reflect.Float64:
		if v.Float() == 1 {
			v.SetFloat(2)
		} else {
			v.SetFloat(1)
		}
	case reflect.String:
		v.SetString(v.String() + "~")
	case reflect.Slice:
		longer := reflect.MakeSlice(v.Type(), 0, v.Len()+1)
		v.Set(reflect.Append(reflect.AppendSlice(longer, v), reflect.Zero(v.Type().Elem())))
	case reflect.Map:
		return varyMap(v)
	case reflect.Pointer:
		other := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			other.Elem().Set(v.Elem())
			if !vary(other.Elem()) {
				return false
			}
		}
		v.Set(other)
	case reflect.Interface:
		if v.NumMethod() > 0 {
			return false
		}
		v.Set(reflect.ValueOf("~"))
	case reflect.Array:
		return v.Len() > 0 && vary(v.Index(0))
	case reflect.Struct:
		changed := false
		for _, f := range v.Fields() {
			if f.CanSet() {
				changed = vary(f) || changed
			}
		}
		return changed
	default:
		return false
	}
	return true
}

// varyMap replaces a map by one with another entry.
func varyMap(v reflect.Value) bool {
	key := reflect.New(v.Type().Key()).Elem()
	if !vary(key) {
		return false
	}
	more := reflect.MakeMapWithSize(v.Type(), v.Len()+1)
	for entries := v.MapRange(); entries.Next(); {
		more.SetMapIndex(entries.Key(), entries.Value())
	}
	more.SetMapIndex(key, reflect.Zero(v.Type().Elem()))
	v.Set(more)
	return true
}
