package engine

import (
	"reflect"
	"slices"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Section binds a type to a piece of the configuration: the service's own type to all of it, that
// of a section to the value under a key. A version has one value per section.
type Section struct {
	// At is the key of the piece, or empty for the whole configuration.
	At tree.Path
	// Type is the type of the value; Bind returns a pointer to it. Nil means that the key is
	// reserved and not bound.
	Type  reflect.Type
	Shape *tree.Shape
	// Bind returns the value or a holder of it, and the problems, with keys from the root. If it
	// returns both, Validate can check the part of the value that could be bound, so that all
	// problems are reported together; the value does not become live. Its arguments are the piece
	// and the shape of all sections, which is nil if there is only one, and the value of the live
	// version, of which the new value can take what does not change; nil if it must take nothing.
	// The engine never copies the value: Validate, the builds and the readers use the value that
	// Bind made.
	Bind     func(piece *tree.Node, whole *tree.Shape, live any) (value any, problems source.Problems)
	Validate func(value any, piece *tree.Node) source.Problems
	// DocumentProblems returns the problems that Bind finds in a piece of a single document. last
	// is a piece in which it found none, or nil. A section without it calls Bind.
	DocumentProblems func(piece *tree.Node, whole *tree.Shape, last *tree.Node) source.Problems
	// Written returns the keys of a live value, bound from a piece, that the service has written
	// into, which it must not do; nil for none. It costs as much as Bind and Validate only if
	// there are any.
	Written func(value any, piece *tree.Node) []tree.Path
	// BindsDocuments reports whether Bind accepts the piece of a single document: it reports no
	// problem for missing keys.
	BindsDocuments bool

	// guarded by Engine.mu; only the writer changes them
	users  int  // calls of Attach without a Detach
	closed bool // its value no longer changes
}

func (s *Section) isOpen() bool { return s.Type != nil && !s.closed }

// schema is all sections and the data derived from them. It is immutable, except for the users of
// the sections.
type schema struct {
	sections   []*Section // in the order of State.Values; the first is the service's own
	standalone []*Section // sections that watchers bind to single documents
	shape      *tree.Shape
	merger     *layer.Merger
	freezer    *guard.Freezer
	// embedding is where references may occur.
	embedding *layer.Embedding
}

// newSchema returns an error if two sections conflict, such as a list and a map at the same key.
func newSchema(sections []*Section) (*schema, error) {
	s := &schema{sections: sections, shape: sections[0].Shape}
	for _, section := range sections[1:] {
		shape := section.Shape
		if section.closed {
			shape = s.closedShape(section)
		}
		grafted, err := tree.Graft(s.shape, section.At, shape)
		if err != nil && !section.closed {
			return nil, &source.Error{Kind: source.InvalidArgument, Op: "bind section", Document: section.At.String(), Err: err}
		}
		if err == nil {
			s.shape = grafted
		}
	}
	s.merger, s.freezer = layer.NewMerger(s.shape), guard.NewFreezer(s.shape)
	var bound []layer.Bound
	for _, section := range sections {
		if section.isOpen() {
			bound = append(bound, layer.Bound{At: section.At, Shape: section.Shape})
		}
	}
	s.embedding = layer.NewEmbedding(bound...)
	for _, section := range sections {
		if section.isOpen() && section.BindsDocuments {
			s.standalone = append(s.standalone, section)
		}
	}
	return s, nil
}

// sharedShape returns the shape of all sections, or nil if there is only one.
func (s *schema) sharedShape() *tree.Shape {
	if len(s.sections) == 1 {
		return nil
	}
	return s.shape
}

// closedShape returns the shape of a closed section: its keys stay known and its secrets secret,
// and no key waits for a restart. If no open section has the same key, any value is accepted below
// it and not shown.
func (s *schema) closedShape(section *Section) *tree.Shape {
	for _, other := range s.sections {
		if other.isOpen() && other.At.String() == section.At.String() {
			return section.Shape.Live()
		}
	}
	shape := section.Shape.Live()
	if shape.Kind == tree.StructOf {
		shape.Kind, shape.Elem = tree.RemainderOf, &tree.Shape{Reserved: true}
	}
	return shape
}

// declares reports whether a section has the key, or reserves it, so that its value is not unknown
// before another section binds it.
func (s *schema) declares(key tree.Path) bool {
	return slices.ContainsFunc(s.sections, func(section *Section) bool {
		n := len(section.At)
		return n <= len(key) && slices.Equal(section.At, key[:n]) && (section.closed || covers(section.Shape, key[n:]))
	})
}

// covers reports whether a shape has a place for the key, of whatever kind.
func covers(shape *tree.Shape, key tree.Path) bool {
	for _, segment := range key {
		if shape == nil || shape.Reserved {
			return true
		}
		field, ok := shape.Fields[segment]
		switch {
		case ok:
			shape = field
		case shape.Kind == tree.StructOf:
			return false
		case shape.Kind == tree.RemainderOf, shape.Kind == tree.MapOf:
			shape = shape.Elem
		default:
			return true // anything, or a conflict, which has an error of its own
		}
	}
	return true
}

// find returns the index of the section that binds a type at a key, open or closed, or -1.
func (s *schema) find(at tree.Path, t reflect.Type) int {
	return slices.IndexFunc(s.sections, func(section *Section) bool { return section.Type == t && section.At.String() == at.String() })
}

// bind binds all sections, and takes from the previous values what does not change, unless afresh
// is set. A closed section keeps its previous value. A section that has nothing to validate has a
// nil value.
func (s *schema) bind(root *tree.Node, previous []any, afresh bool) (values []any, problems source.Problems) {
	values = make([]any, len(s.sections))
	var all problemSet
	for n, section := range s.sections {
		if !section.isOpen() {
			if n < len(previous) {
				values[n] = previous[n]
			}
			continue
		}
		var live any
		if n < len(previous) && !afresh {
			live = previous[n]
		}
		value, found := section.Bind(root.Lookup(section.At), s.sharedShape(), live)
		if obstacles := section.obstacles(root); obstacles != nil { // there is no value to validate
			value, found = nil, obstacles
		}
		values[n] = value
		all.add(found)
	}
	return values, all.all
}

// obstacles returns a problem if a value above the section's key is not a map: the section cannot
// have values then, and its defaults do not apply.
func (s *Section) obstacles(root *tree.Node) source.Problems {
	for i := range s.At {
		n := root.Lookup(s.At[:i])
		if n == nil || n.Kind == tree.Null {
			return nil
		}
		if n.Kind != tree.Map {
			return wording.OwnAll(source.Problems{{Kind: source.WrongType, Key: s.At[:i].String(), Position: n.Position(), Message: "must be a map, because " + s.At.String() + " is below it"}})
		}
	}
	return nil
}

// bindStandalone binds a document by itself to the sections that allow it. last is the document
// before it, if bindStandalone of the same schema found no problems in it, or nil: only what
// differs is bound then.
func (s *schema) bindStandalone(root, last *tree.Node) source.Problems {
	var all problemSet
	for _, section := range s.standalone {
		piece := root.Lookup(section.At)
		switch {
		case piece == nil:
		case section.DocumentProblems == nil:
			_, found := section.Bind(piece, s.sharedShape(), nil)
			all.add(found)
		default:
			all.add(section.DocumentProblems(piece, s.sharedShape(), last.Lookup(section.At)))
		}
	}
	return all.all
}

// validate validates the values of all open sections.
func (s *schema) validate(values []any, root *tree.Node) (problems source.Problems) {
	for n, section := range s.sections {
		if section.isOpen() && values[n] != nil {
			problems = append(problems, section.Validate(values[n], root.Lookup(section.At))...)
		}
	}
	return problems
}
