package validation

import (
	"reflect"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/tree"
)

// whole reports whether the rules hold for what may differ in the whole value.
func (p *parts) whole(v reflect.Value, changes *tree.Changes) bool {
	if p.root.typ.Kind() == reflect.Struct {
		return p.fields(p.root, v, changes, true)
	}
	return p.value(p.root, v, split(p.tag), changes)
}

// visits reports whether rules of a type must be applied.
func (p *parts) visits(k *kind, changes *tree.Changes) bool {
	return changes.Differs() || p.restless[k.typ]
}

// fields reports whether the rules hold for a struct and what may differ below it. alone is not set
// if those of its own fields are known to hold.
func (p *parts) fields(k *kind, v reflect.Value, changes *tree.Changes, alone bool) bool {
	if !p.visits(k, changes) {
		return true
	}
	if alone {
		if v.CanAddr() {
			v = v.Addr()
		}
		if !v.CanInterface() || p.alone.Struct(v.Interface()) != nil {
			return false
		}
		v = reached(v)
	}
	for _, next := range p.passages[k.typ] {
		below := next.field.changes(changes)
		if !p.visits(next.kind, below) && !next.restless {
			continue
		}
		inner := reached(v.Field(next.field.index))
		if !inner.IsValid() || next.skipsZero && inner.IsZero() {
			continue
		}
		var good bool
		switch {
		case next.kind.typ.Kind() == reflect.Interface:
			good = inner.Kind() != reflect.Struct || inner.Type().ConvertibleTo(timeType)
		case next.items:
			good = p.items(next.kind, inner, next.tag, below, next.restless)
		default:
			good = p.fields(next.kind, inner, below, !next.field.place.Squash)
		}
		if !good {
			return false
		}
	}
	return true
}

// items reports whether the rules in a tag hold for the items of a list or map that may differ, or
// for all of them.
func (p *parts) items(k *kind, v reflect.Value, tag []string, changes *tree.Changes, all bool) bool {
	texts := k.typ.Kind() != reflect.Map || k.typ.Key().Kind() == reflect.String
	if all || changes == nil || changes.Whole || !texts || p.restless[k.elem.typ] {
		return holds(p.validate, v, append([]string{"dive"}, tag...))
	}
	for i, below := range changes.Items {
		if i < v.Len() && below.Differs() && !p.value(k.elem, v.Index(i), tag, below) {
			return false
		}
	}
	for text, below := range changes.Keys {
		key := reflect.ValueOf(text).Convert(k.typ.Key())
		item := v.MapIndex(key)
		if !item.IsValid() || !below.Differs() {
			continue
		}
		if len(tag) > 0 && tag[0] == "keys" {
			entry := reflect.MakeMap(k.typ)
			entry.SetMapIndex(key, item)
			if !holds(p.validate, entry, append([]string{"dive"}, tag...)) {
				return false
			}
			continue
		}
		if !p.value(k.elem, item, tag, below) {
			return false
		}
	}
	return true
}

// value reports whether the rules in a tag hold for a value that may differ, and those below it for
// what may differ there.
func (p *parts) value(k *kind, v reflect.Value, tag []string, changes *tree.Changes) bool {
	inner := pointedAt(k)
	switch {
	case p.isStruct(inner):
		if len(tag) > 0 && !p.one(p.alone, v, append(tag[:len(tag):len(tag)], "structonly")) {
			return false
		}
		if inner == k && skipsZero(tag) && v.IsZero() {
			return true
		}
		v = reached(v)
		return !v.IsValid() || p.fields(inner, v, changes, true)
	case inner.elem == nil || inner.typ.Kind() == reflect.Interface:
		return len(tag) == 0 && inner.typ.Kind() != reflect.Interface || p.one(p.validate, v, tag)
	}
	for i, part := range tag {
		if part != "dive" {
			continue
		}
		if i > 0 && !p.one(p.validate, v, tag[:i]) {
			return false
		}
		v = reached(v)
		return !v.IsValid() || p.items(inner, v, tag[i+1:], changes, false)
	}
	return p.one(p.validate, v, tag)
}

// one reports whether the rules in a tag hold for a value, which may be a struct.
func (p *parts) one(by *validator.Validate, v reflect.Value, tag []string) bool {
	list := reflect.MakeSlice(reflect.SliceOf(v.Type()), 1, 1)
	list.Index(0).Set(v)
	return holds(by, list, append([]string{"dive"}, tag...))
}

func holds(by *validator.Validate, v reflect.Value, tag []string) bool {
	return v.CanInterface() && by.Var(v.Interface(), join(tag)) == nil
}
