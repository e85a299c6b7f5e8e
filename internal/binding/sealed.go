package binding

import (
	"reflect"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// prepareAfter finds out which values can be used again, and how.
func (p *plan) prepareAfter() {
	opaque := &structures{}
	for _, k := range p.codecs {
		k.sealed, k.clonable = true, true
		k.validates = validates(k.typ)
		k.digest = digestOf(k, opaque)
		switch {
		case k.fields != nil:
			k.sealed = !k.fields.unbound
			for i := range k.fields.list {
				k.fields.list[i].setScalar()
			}
		case k.loose || k.elem != nil:
			k.clonable = k.typ.Kind() != reflect.Array || k.plain
		default:
			_, k.sealed = opaque.of(k.typ)
			k.clonable = k.plain || k.typ.Kind() == reflect.Slice && isPlain(k.typ.Elem())
		}
		if k.typ.Kind() == reflect.Map && k.elem != nil {
			_, k.sealed = opaque.of(k.typ.Key())
		}
	}
	for changed := true; changed; { // a type depends on those below it, and a recursive one on itself
		changed = false
		for _, k := range p.codecs {
			sealed, clonable := k.sealed, k.clonable
			for _, below := range k.below() {
				sealed, clonable = sealed && below.sealed, clonable && (below.clonable || below.plain)
			}
			if sealed != k.sealed || clonable != k.clonable {
				k.sealed, k.clonable, changed = sealed, clonable, true
			}
		}
	}
}

// setScalar finds out whether the digest of the field is that of a string or an integer.
func (f *field) setScalar() {
	switch v := reflect.New(f.codec.typ).Elem(); {
	case f.codec.elem != nil || f.codec.fields != nil || f.codec.loose:
	case v.Kind() == reflect.String:
		f.scalar = reflect.String
	case v.CanInt():
		f.scalar = reflect.Int64
	}
}

// below returns the codecs of the fields or items of k.
func (k *codec) below() (all []*codec) {
	if k.elem != nil {
		return []*codec{k.elem}
	}
	if k.fields != nil {
		for i := range k.fields.list {
			all = append(all, k.fields.list[i].codec)
		}
		if k.fields.remain != nil {
			all = append(all, k.fields.remain.codec)
		}
	}
	return all
}

var validatingType = reflect.TypeFor[interface{ Validate() error }]()

// validates reports whether checking a value of type t calls a method on it, which may write into
// it.
func validates(t reflect.Type) bool {
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return false
	}
	if t.Implements(validatingType) || reflect.PointerTo(t).Implements(validatingType) {
		return true
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for f := range t.Fields() {
		if strings.Contains(f.Tag.Get("validate"), "validateFn") {
			return true
		}
		place, err := tree.FieldOf(f)
		if inner := f.Type; err == nil && place.Squash {
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if validates(inner) {
				return true
			}
		}
	}
	return false
}
