package given

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
)

// Copy returns a copy of a value that shares nothing with it that binding fills; see the package
// comment. Pointers and maps that are the same in v, also in circles, are the same in the copy.
func Copy(v reflect.Value) reflect.Value {
	into := reflect.New(v.Type()).Elem()
	c := copier{made: map[visit]reflect.Value{}}
	c.copy(into, v)
	return into
}

// visit identifies a pointer, map or list of a value.
type visit struct {
	at  uintptr
	len int
	typ reflect.Type
}

func visitOf(v reflect.Value) visit {
	at := visit{at: v.Pointer(), typ: v.Type()}
	if v.Kind() == reflect.Slice {
		at.len = v.Len()
	}
	return at
}

// copier copies one value.
type copier struct{ made map[visit]reflect.Value }

// copy sets dst, a settable value, to a copy of src.
func (c *copier) copy(dst, src reflect.Value) {
	dst.Set(src)
	c.parts(dst, src)
}

// parts replaces what dst shares with src, of which it is a shallow copy.
func (c *copier) parts(dst, src reflect.Value) {
	switch src.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if src.IsNil() {
			return
		}
		at := visitOf(src)
		if had, ok := c.made[at]; ok {
			dst.Set(had)
			return
		}
		if made := c.shell(src); made.IsValid() {
			c.made[at] = made
			c.fill(made, src)
			dst.Set(made)
		}
	case reflect.Interface:
		if src.IsNil() || src.Type().NumMethod() > 0 || src.Elem().Kind() == reflect.Pointer {
			return
		}
		inner := reflect.New(src.Elem().Type()).Elem()
		c.copy(inner, src.Elem())
		dst.Set(inner)
	case reflect.Array:
		for i := range src.Len() {
			c.parts(dst.Index(i), src.Index(i))
		}
	case reflect.Struct:
		if tree.OneValue(src.Type()) {
			return
		}
		for i := range src.NumField() {
			if place, err := tree.FieldOf(src.Type().Field(i)); err == nil && !place.Skip {
				c.parts(dst.Field(i), src.Field(i))
			}
		}
	}
}

// shell returns an empty value for the copy of a pointer, map or list, or the zero Value for one
// that is shared.
func (c *copier) shell(src reflect.Value) reflect.Value {
	t := src.Type()
	switch src.Kind() {
	case reflect.Map:
		return reflect.MakeMapWithSize(t, src.Len())
	case reflect.Slice:
		return reflect.MakeSlice(t, src.Len(), src.Len())
	}
	if elem := t.Elem(); elem.Kind() == reflect.Struct && !hasExported(elem) { // its address may be its meaning, as that of a *time.Location
		return reflect.Value{}
	}
	return reflect.New(t.Elem()).Convert(t)
}

// fill copies what a pointer, map or list holds into its shell.
func (c *copier) fill(made, src reflect.Value) {
	switch src.Kind() {
	case reflect.Pointer:
		c.copy(made.Elem(), src.Elem())
	case reflect.Map:
		for iter := src.MapRange(); iter.Next(); {
			elem := reflect.New(src.Type().Elem()).Elem()
			c.copy(elem, iter.Value())
			made.SetMapIndex(iter.Key(), elem)
		}
	case reflect.Slice:
		reflect.Copy(made, src)
		for i := range src.Len() {
			c.parts(made.Index(i), src.Index(i))
		}
	}
}

func hasExported(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return true
		}
	}
	return false
}
