package validation

import (
	"errors"
	"reflect"
	"slices"

	"github.com/go-playground/validator/v10"
)

// registerUnique replaces validator's rule unique by one that compares the contents of items.
// Validator's panics on items that contain lists and on single values of other types, and ignores
// the parameter if the field is a map.
func (c *checker) registerUnique() error {
	return c.validate.RegisterValidation("unique", func(f validator.FieldLevel) bool {
		v := f.Field()
		switch v.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			return c.distinct(f, v)
		}
		return c.relates(relations["nefield"], f)
	})
}

func (c *checker) distinct(f validator.FieldLevel, list reflect.Value) bool {
	items := make([]reflect.Value, 0, list.Len())
	if list.Kind() == reflect.Map {
		for entries := list.MapRange(); entries.Next(); {
			items = append(items, entries.Value())
		}
	} else {
		for i := range list.Len() {
			items = append(items, list.Index(i))
		}
	}
	seen := make(map[any]bool, len(items))
	var rest []reflect.Value // items that cannot be the key of a map
	for _, v := range items {
		if f.Param() != "" {
			if inner, ok := c.named(v, f.Param()); ok {
				v = inner
			} else {
				v = reflect.Value{}
			}
		}
		switch v = reached(v); {
		case !v.IsValid():
			if seen[nil] {
				return false
			}
			seen[nil] = true
		case v.Comparable() && v.CanInterface():
			if seen[v.Interface()] {
				return false
			}
			seen[v.Interface()] = true
		default:
			if slices.ContainsFunc(rest, func(other reflect.Value) bool { return same(v, other) }) {
				return false
			}
			rest = append(rest, v)
		}
	}
	return true
}

// checkUnique returns what is wrong with the field that unique names.
func (c *checker) checkUnique(k, parent *kind, param string) error {
	t := pointedTo(k.typ)
	switch c.classOf(t) {
	case unknown:
		return nil
	case listed:
		if param == "" {
			return nil
		}
		item := pointedTo(t.Elem())
		if item.Kind() == reflect.Interface {
			return nil
		}
		if _, err := c.refer(item, param); err != nil {
			return c.misnamed("unique", param, item, err)
		}
		return nil
	}
	if param == "" {
		return errors.New("unique is for lists and maps; on any other field it needs the name of the field that it must differ from, such as unique=Other")
	}
	return c.checkRelation("unique", param, k, parent)
}
