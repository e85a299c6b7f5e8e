package tree

import (
	"reflect"
	"slices"
)

// ShapeKind is the kind of value that a place in the bound struct takes.
type ShapeKind uint8

// The kinds of shape.
const (
	Any         ShapeKind = iota // takes anything (an interface)
	Leaf                         // takes a scalar
	ListOf                       // takes a list of Elem
	MapOf                        // takes any keys, each an Elem
	StructOf                     // takes the keys in Fields
	RemainderOf                  // as StructOf, and any other key, each an Elem
)

// Shape describes the struct that a tree is bound to, for decoding and explaining: its keys, so
// that DB_POOL_SIZE can be resolved to db.pool_size, and which of them are secret. It is immutable
// once built, and safe for concurrent use. A nil Shape has the kind Any.
type Shape struct {
	Kind   ShapeKind
	Fields map[string]*Shape
	// Order lists the keys of Fields in the order of the struct.
	Order []string
	// Aliases are the old names of keys, each with the key of Fields that it stands for.
	Aliases map[string]string
	Elem    *Shape
	// Secret reports that the values here and below must not be shown.
	Secret bool
	// Reserved reports that the values here are known, but not bound, and must not be shown.
	Reserved bool
	// Default is the text of the default tag, empty for a secret. Defaulted reports whether there
	// is one.
	Default   string
	Defaulted bool
	// Static reports that a change takes effect only after a restart (live:"false").
	Static bool
	// Pointer reports that the value, with the defaults below it, exists only if a layer sets it.
	Pointer bool
	// Needs are the keys that allocate the embedded pointers around a field, one list for each
	// pointer. If no key of a list is set, the pointer is nil, and the default of the field does
	// not apply.
	Needs [][]string
	// Type is the Go type in words for people: "duration", "int", "list of string".
	Type string
	// Go is the type itself; nil if it is not known.
	Go reflect.Type
	// Rules is the text of the validate tag, Doc that of the doc tag, and Deprecated that of the
	// deprecated tag.
	Rules, Doc, Deprecated string
	// Merge is how the lists of several layers become one list; of a ListOf.
	Merge MergeRule
	// Field is the field in Go, such as "Config.Hosts"; empty for an item and for an entry of a
	// map.
	Field string
}

// At returns the shape for one segment of a path, which may be an alias, or nil if it is not known.
func (s *Shape) At(segment string) *Shape {
	if s == nil {
		return nil
	}
	switch s.Kind {
	case StructOf, RemainderOf:
		if f, ok := s.Fields[s.Canonical(segment)]; ok {
			return f
		}
		return s.Elem
	case ListOf, MapOf:
		return s.Elem
	}
	return nil
}

// Lookup returns the shape at a path, or nil; secret reports whether it, or anything above it, is
// secret.
func (s *Shape) Lookup(p Path) (at *Shape, secret bool) {
	at = s
	for _, segment := range p {
		secret = secret || at != nil && at.Secret
		at = at.At(segment)
	}
	return at, secret || at != nil && at.Secret
}

// HidesText reports whether a text here must not be shown: it is a secret, or a list, map or struct
// with secrets as one text, such as "a,b" or JSON.
func (s *Shape) HidesText() bool { return s != nil && s.hides(nil) }

func (s *Shape) hides(above []*Shape) bool {
	switch {
	case s == nil:
		return false
	case s.Secret:
		return true
	case s.Kind == Leaf || s.Kind == Any:
		return false
	case slices.Contains(above, s): // a type can contain itself
		return s.Kind == ListOf || s.Kind == MapOf // nothing else is known of it
	}
	above = append(above, s)
	for _, f := range s.Fields {
		if f.hides(above) {
			return true
		}
	}
	return s.Elem.hides(above)
}

// Live returns a copy of the shape for values that are not bound: no field is restart-only, and a
// list replaces lower lists.
func (s *Shape) Live() *Shape { return s.live(map[*Shape]*Shape{}) }

func (s *Shape) live(done map[*Shape]*Shape) *Shape {
	if s == nil || done[s] != nil {
		return done[s]
	}
	out := new(Shape)
	done[s] = out
	*out = *s
	out.Static, out.Merge = false, MergeRule{How: MergeReplace}
	out.Elem = s.Elem.live(done)
	if s.Fields != nil {
		out.Fields = make(map[string]*Shape, len(s.Fields))
		for key, f := range s.Fields {
			out.Fields[key] = f.live(done)
		}
	}
	return out
}
