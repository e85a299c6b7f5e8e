package tree

import "reflect"

// ShapeKind is what a place in the bound struct takes.
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

// Shape describes the struct that a tree will be bound to, as far as decoding and explaining need it: which keys there
// are, so that DB_POOL_SIZE can be told to be db.pool_size, and which of them are secret. Immutable once built; safe for
// concurrent use. A nil Shape is one of kind Any.
type Shape struct {
	Kind   ShapeKind
	Fields map[string]*Shape
	// Order lists the keys of Fields in the order of the struct.
	Order []string
	Elem  *Shape
	// Secret says that whatever stands here, or below, must not be shown.
	Secret bool
	// Reserved says that nobody binds what stands here: it is known, and must not be shown.
	Reserved bool
	// Default is the text of the default tag; Defaulted says that there is one. Of a secret, Default is not kept.
	Default   string
	Defaulted bool
	// Static says that a change takes effect only after a restart (live:"false").
	Static bool
	// Pointer says that there is nothing here, not even a default below, where no layer says
	// anything.
	Pointer bool
	// Needs are, of a field that came with embedded pointers, the keys for each of which one must
	// be set, or the field's default does not hold: the pointer is nil.
	Needs [][]string
	// Type is the Go type in words for people: "duration", "int", "list of string".
	Type string
	// Go is the type itself; nil where none was compiled.
	Go reflect.Type
	// Rules is the text of the validate tag, Doc that of the doc tag.
	Rules, Doc string
}

// At returns the shape under one segment of a path, or nil where nothing is known of it.
func (s *Shape) At(segment string) *Shape {
	if s == nil {
		return nil
	}
	switch s.Kind {
	case StructOf, RemainderOf:
		if f, ok := s.Fields[segment]; ok {
			return f
		}
		return s.Elem
	case ListOf, MapOf:
		return s.Elem
	}
	return nil
}

// Lookup returns the shape at a path, or nil; secret reports whether it, or anything above it, is secret.
func (s *Shape) Lookup(p Path) (at *Shape, secret bool) {
	at = s
	for _, segment := range p {
		secret = secret || at != nil && at.Secret
		at = at.At(segment)
	}
	return at, secret || at != nil && at.Secret
}

// HidesText reports whether a text that stands here must not be shown: a secret, or a list or map of secrets that is given as one
// text, such as "a,b".
func (s *Shape) HidesText() bool {
	for range MaxDepth { // a list may contain itself
		switch {
		case s == nil:
			return false
		case s.Secret:
			return true
		case s.Kind != ListOf && s.Kind != MapOf:
			return false
		}
		s = s.Elem
	}
	return true
}

// Live returns a copy of the shape in which no field is restart-only.
func (s *Shape) Live() *Shape { return s.live(map[*Shape]*Shape{}) }

func (s *Shape) live(done map[*Shape]*Shape) *Shape {
	if s == nil || done[s] != nil {
		return done[s]
	}
	out := new(Shape)
	done[s] = out
	*out = *s
	out.Static = false
	out.Elem = s.Elem.live(done)
	if s.Fields != nil {
		out.Fields = make(map[string]*Shape, len(s.Fields))
		for key, f := range s.Fields {
			out.Fields[key] = f.live(done)
		}
	}
	return out
}
