package binding

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// adopt binds a hook's result that neither has the field's type nor can be part of a tree, such as
// a struct of another type. It binds each part separately, and each part goes through the hooks, as
// in mapstructure.
func (r *run) adopt(hooks []hook, n *tree.Node, out any, v reflect.Value) {
	a := adoption{run: r, hooks: hooks, node: n}
	if err := a.set(v, out, 0); err != nil {
		r.unread(n, "a value that converts to a "+v.Type().String(), err)
	}
}

// adoption is the state of adopt for one node.
type adoption struct {
	*run
	hooks []hook
	node  *tree.Node
}

var errPart = errors.New("a part that fits nowhere")

// set fills v from out. It records problems of scalars itself and returns an error for any other.
func (a *adoption) set(v reflect.Value, out any, depth int) error {
	if depth > tree.MaxDepth {
		return errDeep
	}
	out, err, ok := a.convert(a.hooks, a.node, out, v)
	if !ok || err != nil || out == nil || assign(v, out) {
		return err // a panic is recorded already, and nil leaves v unchanged
	}
	from := reflect.ValueOf(out)
	for from.Kind() == reflect.Pointer && !from.IsNil() {
		from = from.Elem()
	}
	k := a.plan.codecs[v.Type()]
	switch {
	case k == nil:
		return errPart
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return a.set(v.Elem(), out, depth+1)
	case k.fields != nil:
		return a.setStruct(k, v, from, depth)
	case k.shape.Kind == tree.MapOf:
		return a.setMap(k, v, from, depth)
	case k.shape.Kind == tree.ListOf:
		return a.setList(v, from, depth)
	}
	made, err := a.graft(out, a.node)
	if err == nil {
		k.plainly(a.run, made, v)
	}
	return err
}

func (a *adoption) setStruct(k *codec, v, from reflect.Value, depth int) error {
	parts, err := partsOf(from)
	if err != nil {
		return err
	}
	for _, p := range parts {
		i := k.fields.find(p.key, 0)
		if i < 0 { // mapstructure compares names in any letter case
			i = slices.IndexFunc(k.fields.list, func(f field) bool {
				return strings.EqualFold(f.key, p.key) || strings.EqualFold(f.goName[strings.LastIndex(f.goName, ".")+1:], p.name)
			})
		}
		if i < 0 {
			return fmt.Errorf("%w: %s", errPart, p.key)
		}
		field := &k.fields.list[i]
		a.key(field.key)
		err := a.set(field.of(v), p.value.Interface(), depth+1)
		a.up()
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *adoption) setMap(k *codec, v, from reflect.Value, depth int) error {
	parts, err := partsOf(from)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(parts)))
	for _, p := range parts {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := k.readKey(p.key, key); err != nil {
			return err
		}
		if err := a.set(value, p.value.Interface(), depth+1); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	return nil
}

func (a *adoption) setList(v, from reflect.Value, depth int) error {
	if from.Kind() != reflect.Slice && from.Kind() != reflect.Array {
		return errPart
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), from.Len(), from.Len()))
	}
	if v.Len() < from.Len() {
		return errPart
	}
	for i := range from.Len() {
		if err := a.set(v.Index(i), from.Index(i).Interface(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// madePart is a field of a struct, or an entry of a map, that a hook returned.
type madePart struct {
	key, name string // the key in a tree, and the name in Go
	value     reflect.Value
}

// partsOf returns the parts of a struct, in its own order, or of a map, in the order of its keys.
func partsOf(from reflect.Value) (parts []madePart, err error) {
	switch from.Kind() {
	case reflect.Map:
		for iter := from.MapRange(); iter.Next(); {
			key := tree.KeyText(iter.Key())
			parts = append(parts, madePart{key, key, iter.Value()})
		}
		slices.SortFunc(parts, func(a, b madePart) int { return cmp.Compare(a.key, b.key) })
		return parts, nil
	case reflect.Struct:
		for i := range from.NumField() {
			sf := from.Type().Field(i)
			switch place, err := tree.FieldOf(sf); {
			case err != nil:
				return nil, err
			case place.Skip || !sf.IsExported():
			case place.Squash || place.Remain:
				inner := from.Field(i)
				for inner.Kind() == reflect.Pointer && !inner.IsNil() {
					inner = inner.Elem()
				}
				if inner.Kind() == reflect.Pointer {
					continue
				}
				squashed, err := partsOf(inner)
				if err != nil {
					return nil, err
				}
				parts = append(parts, squashed...)
			default:
				parts = append(parts, madePart{place.Key, sf.Name, from.Field(i)})
			}
		}
		return parts, nil
	}
	return nil, errPart
}
