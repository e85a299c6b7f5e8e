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

// Section is one type that is bound to a piece of the configuration: the service's own to the whole of it, a section's to what stands under a
// key. A version has a value of each.
type Section struct {
	// At is where the piece stands; empty for the whole.
	At tree.Path
	// Type is that of the value, which is given as a pointer to it. Nil: the place is only reserved, and nothing is bound.
	Type  reflect.Type
	Shape *tree.Shape
	// Bind returns the value, or a holder of it, and what is wrong, by the keys of the whole; a value beside problems is one that
	// may be validated, so that all is told at once. It is given the piece, and the shape of all that is bound, nil where this
	// part is the only one. The value is never copied: Validate, the builds and the readers have what Bind has made.
	Bind     func(piece *tree.Node, whole *tree.Shape) (value any, problems source.Problems)
	Validate func(value any, piece *tree.Node) source.Problems
	// BindsDocuments says that a part of a configuration can be bound: Bind finds nothing wrong in what is merely not there.
	BindsDocuments bool

	// guarded by Engine.mu; only the writer changes them
	users  int  // that have attached it and not detached it
	closed bool // its value stays as it was
}

func (s *Section) isOpen() bool { return s.Type != nil && !s.closed }

// plan is all parts and what follows from them. It is immutable but for what the parts say of their users.
type schema struct {
	sections   []*Section // a part's place is that of its value in a State; the first is the service's own
	standalone []*Section // those that are bound to each document by itself, which watchers do while the writer opens and closes parts
	shape      *tree.Shape
	freezer    *guard.Freezer
	// embedding is where references may stand.
	embedding *layer.Embedding
}

// newPlan fails where two parts cannot both be, one having a list where another has keys.
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
	s.freezer = guard.NewFreezer(s.shape)
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

// whole is what each part is told of the others: the shape of all; nil where there are no others.
func (s *schema) sharedShape() *tree.Shape {
	if len(s.sections) == 1 {
		return nil
	}
	return s.shape
}

// leftOf is what a closed part leaves of its shape: its keys stay known, and its secrets secret; nothing of it waits for a restart. Where
// nobody else binds the place, anything may stand there, and nothing more of it is shown.
func (s *schema) closedShape(section *Section) *tree.Shape {
	for _, other := range s.sections {
		if other.isOpen() && other.At.String() == section.At.String() {
			return section.Shape.Live()
		}
	}
	left := section.Shape.Live()
	if left.Kind == tree.StructOf {
		left.Kind, left.Elem = tree.RemainderOf, &tree.Shape{Reserved: true}
	}
	return left
}

// find returns the number of the part that binds a type at a place, which may be closed; -1 where there is none.
func (s *schema) find(at tree.Path, t reflect.Type) int {
	return slices.IndexFunc(s.sections, func(section *Section) bool { return section.Type == t && section.At.String() == at.String() })
}

// bind binds all parts. Those that are closed keep the value of had. Values is nil where one of them has no value.
func (s *schema) bind(root *tree.Node, previous []any) (values []any, problems source.Problems) {
	values = make([]any, len(s.sections))
	complete := true
	var all problemSet
	for n, section := range s.sections {
		if !section.isOpen() {
			if n < len(previous) {
				values[n] = previous[n]
			}
			continue
		}
		value, found := section.Bind(root.Lookup(section.At), s.sharedShape())
		found = append(found, section.obstacles(root)...)
		values[n] = value
		complete = complete && value != nil
		all.add(found)
	}
	if !complete {
		return nil, all.all
	}
	return values, all.all
}

// blocked is what stands above the part's place and is no map, as a problem: nothing of the part can be there, and its defaults are not meant.
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

// bindAlone looks at a document by itself, as far as that can be done.
func (s *schema) bindStandalone(root *tree.Node) source.Problems {
	var all problemSet
	for _, section := range s.standalone {
		if piece := root.Lookup(section.At); piece != nil {
			_, found := section.Bind(piece, s.sharedShape())
			all.add(found)
		}
	}
	return all.all
}

// validate validates the values of all parts.
func (s *schema) validate(values []any, root *tree.Node) (problems source.Problems) {
	for n, section := range s.sections {
		if section.isOpen() {
			problems = append(problems, section.Validate(values[n], root.Lookup(section.At))...)
		}
	}
	return problems
}
