package given

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// encoder makes the tree of a value. A zero field is in the tree only if it has a default, since
// the default does not apply to it: otherwise it is the value of a key that no layer sets.
type encoder struct {
	doc    *tree.Doc
	budget int            // how many more nodes the tree may have
	within map[visit]bool // the pointers, maps and lists around the value
}

// value returns the tree of a value, or nil for nothing.
func (e *encoder) value(v reflect.Value, depth int) *tree.Node {
	if e.budget--; e.budget < 0 || depth > tree.MaxDepth {
		return e.opaque(v)
	}
	if n := e.text(v); n != nil {
		return n
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return e.value(v.Elem(), depth+1)
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if v.IsNil() {
			return nil
		}
		at := visitOf(v)
		if e.within[at] {
			return e.opaque(v)
		}
		e.within[at] = true
		defer delete(e.within, at)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return e.value(v.Elem(), depth+1)
	case reflect.Struct:
		return tree.NewMap(e.doc, 0, 0, e.fields(v, depth))
	case reflect.Map:
		return tree.NewMap(e.doc, 0, 0, e.entries(v, depth, nil))
	case reflect.Slice, reflect.Array:
		items := make([]*tree.Node, v.Len())
		for i := range items {
			if items[i] = e.value(v.Index(i), depth+1); items[i] == nil {
				items[i] = tree.NewScalar(e.doc, 0, 0, nil)
			}
		}
		return tree.NewList(e.doc, 0, 0, items)
	}
	return e.scalar(v)
}

// fields returns the entries of a struct.
func (e *encoder) fields(v reflect.Value, depth int) (entries []tree.Entry) {
	all := fieldsOf(v.Type())
	for _, f := range all {
		value, ok := f.in(v, false)
		if !ok || f.remain {
			continue
		}
		_, defaulted := f.tag.Lookup("default")
		if value.IsZero() && !defaulted && (value.Kind() != reflect.Struct || isOne(value.Type())) {
			continue
		}
		n := e.value(value, depth+1)
		if n == nil && defaulted && value.Kind() == reflect.Map {
			n = tree.NewMap(e.doc, 0, 0, nil)
		}
		if n == nil && defaulted && value.Kind() == reflect.Slice {
			n = tree.NewList(e.doc, 0, 0, nil)
		}
		if n != nil {
			entries = append(entries, tree.Entry{Key: f.key, Value: n})
		}
	}
	for _, f := range all {
		if rest, ok := f.in(v, false); ok && f.remain && rest.Kind() == reflect.Map {
			entries = append(entries, e.entries(rest, depth, entries)...)
		}
	}
	return entries
}

// entries returns the entries of a map, sorted by key, without keys that are in others.
func (e *encoder) entries(v reflect.Value, depth int, others []tree.Entry) (entries []tree.Entry) {
	used := map[string]bool{}
	for _, other := range others {
		used[other.Key] = true
	}
	for iter := v.MapRange(); iter.Next(); {
		key := keyText(iter.Key())
		if used[key] {
			continue
		}
		used[key] = true
		if n := e.value(iter.Value(), depth+1); n != nil {
			entries = append(entries, tree.Entry{Key: key, Value: n})
		}
	}
	slices.SortFunc(entries, func(a, b tree.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return entries
}

// text returns the node of a value whose type has a form of its own, or nil for any other value.
func (e *encoder) text(v reflect.Value) (n *tree.Node) {
	t := v.Type()
	if !v.CanInterface() || t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil
	}
	defer func() {
		if recover() != nil { // code of the service
			n = e.opaque(v)
		}
	}()
	p := reflect.New(t)
	p.Elem().Set(v)
	one := tree.OneValue(t)
	switch m := p.Interface().(type) {
	case *time.Time, *time.Duration:
		return e.scalar(v)
	case *json.RawMessage:
		var plain any
		if json.Unmarshal(*m, &plain) == nil && plain != nil {
			return e.value(reflect.ValueOf(plain), 0)
		}
		return e.opaque(v)
	case interface{ Reveal() string }:
		return tree.NewScalar(e.doc, 0, 0, m.Reveal())
	case encoding.TextMarshaler:
		if text, err := m.MarshalText(); one && err == nil {
			return tree.NewScalar(e.doc, 0, 0, string(text))
		}
	case fmt.Stringer:
		if one {
			return tree.NewScalar(e.doc, 0, 0, m.String())
		}
	}
	if one && t.Kind() == reflect.Struct {
		return e.opaque(v)
	}
	if t.Kind() == reflect.Slice && t.Elem() == reflect.TypeFor[byte]() && !v.IsNil() {
		return tree.NewScalar(e.doc, 0, 0, string(v.Bytes()))
	}
	return nil
}

// scalar returns the node of a scalar.
func (e *encoder) scalar(v reflect.Value) *tree.Node {
	if v.CanInterface() {
		if n, err := tree.FromPlain(e.doc, v.Interface()); err == nil {
			return n
		}
	}
	return e.opaque(v)
}

// opaque returns the node of a value that has no form in a tree.
func (e *encoder) opaque(v reflect.Value) *tree.Node {
	return tree.NewScalar(e.doc, 0, 0, source.Text("("+v.Type().String()+")"))
}
