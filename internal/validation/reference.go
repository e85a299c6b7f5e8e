package validation

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// reference is a field that a rule names, such as "Inner.Hosts[0].Max": how to reach its value from
// a struct, and its path in the config. It is immutable.
type reference struct {
	hops   []hop
	path   tree.Path // from the struct
	placed bool      // the field has a place in the config, and path leads there
	typ    reflect.Type
	secret bool // the field, or one around it below the struct, is secret
	spread bool // the field has no key: a squashed struct, or the map of remaining keys
}

// hop leads from a struct to a field, or from a list or map to an item.
type hop struct {
	field int
	item  reflect.Value // valid for the key of a map
	index bool          // field is the index of an item
}

type referenceKey struct {
	from reflect.Type
	name string
}

// refer returns the field with a name that counts from a struct type.
func (c *checker) refer(from reflect.Type, name string) (*reference, error) {
	if r, ok := c.references[referenceKey{from, name}]; ok {
		return r, nil
	}
	s := searching{checker: c, reference: &reference{typ: from, placed: true}}
	if err := s.follow(name); err != nil {
		return nil, err
	}
	if !c.compiled {
		c.references[referenceKey{from, name}] = s.reference
	}
	return s.reference, nil
}

// noField is the error for a name without a field.
type noField struct{ in reflect.Type }

func (e *noField) Error() string {
	t := pointedTo(e.in)
	var names []string
	if t.Kind() == reflect.Struct && !tree.OneValue(t) {
		for sf := range t.Fields() {
			if sf.IsExported() {
				names = append(names, sf.Name)
			}
		}
	}
	text := "there is no such field in " + placeName(t)
	switch {
	case len(names) == 0:
		return text
	case len(names) > manyFields:
		names = append(names[:manyFields], "others")
	}
	return text + ", which has " + strings.Join(names, ", ")
}

const manyFields = 12

func placeName(t reflect.Type) string {
	if t.Name() == "" && t.Kind() == reflect.Struct {
		return "the struct"
	}
	return cmp.Or(t.Name(), t.String())
}

// searching is the search for a name through types.
type searching struct {
	*checker
	*reference
}

func (s *searching) follow(rest string) error {
	for first := true; first || rest != ""; first = false {
		var err error
		if strings.HasPrefix(rest, "[") {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return &noField{s.typ}
			}
			err = s.into(rest[1:end])
			rest = rest[end+1:]
		} else {
			name := rest
			if end := strings.IndexAny(rest, ".["); end >= 0 {
				name = rest[:end]
			}
			err = s.field(name)
			rest = rest[len(name):]
		}
		if err != nil {
			return err
		}
		if after, ok := strings.CutPrefix(rest, "."); ok {
			if rest = after; rest == "" {
				return &noField{s.typ}
			}
		} else if rest != "" && rest[0] != '[' {
			return &noField{s.typ}
		}
	}
	return nil
}

// field follows a field, which may be in an embedded struct.
func (s *searching) field(name string) error {
	t := pointedTo(s.typ)
	if t.Kind() != reflect.Struct || tree.OneValue(t) {
		return &noField{s.typ}
	}
	found, ok := t.FieldByName(name)
	if !ok {
		return &noField{s.typ}
	}
	if !found.IsExported() {
		return errors.New("that field is not exported, so no key sets it")
	}
	for _, i := range found.Index {
		t = pointedTo(s.typ)
		sf := t.Field(i)
		s.hops = append(s.hops, hop{field: i})
		place, err := tree.FieldOf(sf)
		if err != nil || place.Skip {
			s.placed = false
		}
		if s.spread = place.Key == ""; !s.spread {
			s.path = s.path.Join(place.Key)
		}
		s.secret = s.secret || isSecret(sf)
		s.typ = sf.Type
	}
	return nil
}

// into follows an item of a list or a map.
func (s *searching) into(item string) error {
	s.spread = false
	t := pointedTo(s.typ)
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		i, err := strconv.Atoi(item)
		if err != nil || i < 0 || t.Kind() == reflect.Array && i >= t.Len() {
			return fmt.Errorf("[%s] is not an item of it", item)
		}
		s.hops = append(s.hops, hop{field: i, index: true})
		s.path = s.path.Join(tree.Item(i))
	case reflect.Map:
		key := reflect.New(t.Key()).Elem()
		switch {
		case key.Kind() == reflect.String:
			key.SetString(item)
		case key.CanInt():
			i, err := strconv.ParseInt(item, 10, t.Key().Bits())
			if err != nil {
				return fmt.Errorf("[%s] is not a key of it", item)
			}
			key.SetInt(i)
		case key.CanUint():
			i, err := strconv.ParseUint(item, 10, t.Key().Bits())
			if err != nil {
				return fmt.Errorf("[%s] is not a key of it", item)
			}
			key.SetUint(i)
		default:
			return fmt.Errorf("an item of a map with keys of type %s cannot be named", t.Key())
		}
		s.hops = append(s.hops, hop{item: key})
		s.path = s.path.Join(item)
	default:
		return &noField{s.typ}
	}
	s.typ = t.Elem()
	return nil
}

// value returns the field in a struct; false if a pointer on the way is nil, or a list or map does
// not have the item.
func (r *reference) value(from reflect.Value) (reflect.Value, bool) {
	v := from
	for _, s := range r.hops {
		if v = reached(v); !v.IsValid() {
			return v, false
		}
		switch {
		case s.item.IsValid():
			v = v.MapIndex(s.item)
		case !s.index:
			v = v.Field(s.field)
		case s.field < v.Len():
			v = v.Index(s.field)
		default:
			return reflect.Value{}, false
		}
	}
	return v, v.IsValid()
}

// reached follows pointers and interfaces; it is invalid for nil.
func reached(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	return v
}

func pointedTo(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// nillable reports whether a value of the type can be nil.
func nillable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

// isSecret reports whether the value of a field is hidden.
func isSecret(f reflect.StructField) bool {
	return f.Tag.Get("secret") == "true" || reveals(pointedTo(f.Type))
}
