package validation

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// place is where a violation is: its path in the config, and the struct around it.
type place struct {
	path   tree.Path
	parent *kind         // of the struct whose field it is in; nil for a root that is not a struct
	around tree.Path     // of that struct
	in     reflect.Value // that struct
	field  *field        // of that struct
	kind   *kind         // of the value there; nil if it is not known
	hidden bool          // that struct is in a secret
	secret bool          // the value there is a secret
	rest   string        // the part of the name that was not found

	base    tree.Path     // path of the whole in the config: the key of a section
	root    reflect.Value // the whole
	present bool          // a document has a value there
	absent  bool          // no document has one; without documents, both are false
	tree    *tree.Node    // the documents; nil without
}

// locate finds the place of a name of validator, such as "Config.Servers[0].Hosts[a.b].Port". A
// name is ambiguous if the key of a map contains brackets, so locate looks for the keys of the
// value itself.
func (c *checker) locate(name string, root reflect.Value) (place, bool) {
	if c.root.typ.Kind() == reflect.Struct {
		name = strings.TrimPrefix(name, c.root.typ.Name()+".")
	}
	f := finder{c}
	p, ok := f.find(name, root, c.root, place{})
	if !ok { // a name that is not that of a field
		return place{path: p.path.Join(p.rest)}, false
	}
	return p, true
}

type finder struct{ *checker }

// find continues from v, the value at at.path.
func (f finder) find(rest string, v reflect.Value, k *kind, at place) (place, bool) {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if v.IsValid() {
		k = f.kinds[v.Type()]
	} else {
		for k != nil && k.typ.Kind() == reflect.Pointer {
			k = k.elem
		}
	}
	at.kind, at.rest = k, strings.TrimPrefix(rest, ".")
	if rest == "" {
		return at, true
	}
	if k == nil {
		return at, false
	}
	switch k.typ.Kind() {
	case reflect.Struct:
		return f.field(strings.TrimPrefix(rest, "."), v, k, at)
	case reflect.Slice, reflect.Array, reflect.Map:
		if !v.IsValid() || rest[0] != '[' {
			return at, false
		}
		return f.element(rest, v, k, at)
	}
	return at, false
}

func (f finder) field(rest string, v reflect.Value, k *kind, at place) (place, bool) {
	name := rest
	if end := strings.IndexAny(rest, ".["); end >= 0 {
		name = rest[:end]
	}
	i, ok := k.byName[name]
	if !ok { // a rule on a whole struct may say a key
		i = slices.IndexFunc(k.fields, func(f field) bool { return f.place.Key != "" && (f.place.Key == name || f.place.Key == rest) })
		if i >= 0 {
			name = k.fields[i].place.Key
		}
	}
	if i < 0 {
		return at, false
	}
	field := &k.fields[i]
	next := place{path: at.path, parent: k, around: at.path, in: v, field: field, hidden: at.secret, secret: at.secret || field.secret}
	if field.place.Key != "" {
		next.path = at.path.Join(field.place.Key)
	}
	var inner reflect.Value
	if v.IsValid() {
		inner = v.Field(field.index)
	}
	return f.find(rest[len(name):], inner, field.kind, next)
}

func (f finder) element(rest string, v reflect.Value, k *kind, at place) (place, bool) {
	try := func(shown string, segment string, elem reflect.Value) (place, bool) {
		after, ok := strings.CutPrefix(rest, "["+shown+"]")
		if !ok || after != "" && after[0] != '.' && after[0] != '[' {
			return at, false
		}
		next := at
		next.path = at.path.Join(segment)
		return f.find(after, elem, k.elem, next)
	}
	switch {
	case k.typ.Kind() != reflect.Map:
		var i int
		if _, err := fmt.Sscanf(rest, "[%d]", &i); err != nil || i < 0 || i >= v.Len() {
			return at, false
		}
		return try(fmt.Sprint(i), tree.Item(i), v.Index(i))
	case k.typ.Key().Kind() == reflect.String:
		for end := 1; end < len(rest); end++ {
			if rest[end] != ']' {
				continue
			}
			key := reflect.ValueOf(rest[1:end]).Convert(k.typ.Key())
			if elem := v.MapIndex(key); elem.IsValid() {
				if p, ok := try(rest[1:end], keyText(key), elem); ok {
					return p, true
				}
			}
		}
	default:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, key := range keys {
			if p, ok := try(fmt.Sprintf("%v", key), keyText(key), v.MapIndex(key)); ok {
				return p, true
			}
		}
	}
	return at, false
}

// keyText returns the key of a map as a config writes it.
func keyText(key reflect.Value) string {
	if key.CanInterface() {
		if m, ok := reflect.TypeAssert[encoding.TextMarshaler](key); ok {
			if b, err := m.MarshalText(); err == nil {
				return string(b)
			}
		}
	}
	return fmt.Sprint(key)
}
