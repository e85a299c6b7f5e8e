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

// Section is one type that is bound to a piece of the configuration: that of the service to the
// whole, that of a section to what is under a key. A version has a value of each.
type Section struct {
	// At is the key of the piece; empty for the whole.
	At tree.Path
	// Type is that of the value, which is given as a pointer to it. Nil: the place is only
	// reserved, and nothing is bound.
	Type  reflect.Type
	Shape *tree.Shape
	// Bind returns the value, or a holder of it, and the problems, with the keys of the whole. If
	// it returns both, the value can be validated, so that all problems are reported at once. It
	// gets the piece, and the shape of all sections, nil if there is only this one. The value is
	// never copied: Validate, the builds and the readers get the value that Bind returned.
	Bind     func(piece *tree.Node, whole *tree.Shape) (value any, problems source.Problems)
	Validate func(value any, piece *tree.Node) source.Problems
	// BindAlone says that a part of a configuration can be bound: Bind finds nothing wrong in what
	// is merely not there.
	BindAlone bool

	// guarded by Engine.mu; only the writer changes them
	users  int  // that have attached it and not detached it
	closed bool // its value stays as it was
}

func (p *Section) isOpen() bool { return p.Type != nil && !p.closed }

// schema is all sections and what follows from them. It is immutable except for the number of users
// of each section.
type schema struct {
	sections   []*Section // a part's place is that of its value in a State; the first is the service's own
	standalone []*Section // those that are bound to each document by itself, which watchers do while the writer opens and closes parts
	shape      *tree.Shape
	freezer    *guard.Freezer
	// embedding says where references are allowed.
	embedding *layer.Embedding
}

// newSchema returns an error if two sections contradict each other, such as a list and a map at one
// key.
func newSchema(parts []*Section) (*schema, error) {
	p := &schema{sections: parts, shape: parts[0].Shape}
	for _, part := range parts[1:] {
		shape := part.Shape
		if part.closed {
			shape = p.leftOf(part)
		}
		grafted, err := tree.Graft(p.shape, part.At, shape)
		if err != nil && !part.closed {
			return nil, &source.Error{Kind: source.InvalidArgument, Op: "bind section", Document: part.At.String(), Err: err}
		}
		if err == nil {
			p.shape = grafted
		}
	}
	p.freezer = guard.NewFreezer(p.shape)
	var bound []layer.Bound
	for _, part := range parts {
		if part.isOpen() {
			bound = append(bound, layer.Bound{At: part.At, Shape: part.Shape})
		}
	}
	p.embedding = layer.NewEmbedding(bound...)
	for _, part := range parts {
		if part.isOpen() && part.BindAlone {
			p.standalone = append(p.standalone, part)
		}
	}
	return p, nil
}

// whole returns the shape of all sections, which each gets; nil if there is only one.
func (p *schema) whole() *tree.Shape {
	if len(p.sections) == 1 {
		return nil
	}
	return p.shape
}

// leftOf returns what remains of the shape of a closed section: its keys stay known, its secrets
// stay secret, and none of its keys waits for a restart. If no other section binds the key, any
// value is allowed there, and no more of it is shown.
func (p *schema) leftOf(part *Section) *tree.Shape {
	for _, other := range p.sections {
		if other.isOpen() && other.At.String() == part.At.String() {
			return part.Shape.Live()
		}
	}
	left := part.Shape.Live()
	if left.Kind == tree.StructOf {
		left.Kind, left.Elem = tree.RemainderOf, &tree.Shape{Reserved: true}
	}
	return left
}

// find returns the number of the part that binds a type at a place, which may be closed; -1 where
// there is none.
func (p *schema) find(at tree.Path, t reflect.Type) int {
	return slices.IndexFunc(p.sections, func(part *Section) bool { return part.Type == t && part.At.String() == at.String() })
}

// bind binds all parts. Those that are closed keep the value of had. Values is nil where one of
// them has no value.
func (p *schema) bind(root *tree.Node, had []any) (values []any, problems source.Problems) {
	values = make([]any, len(p.sections))
	complete := true
	var all problemSet
	for n, part := range p.sections {
		if !part.isOpen() {
			if n < len(had) {
				values[n] = had[n]
			}
			continue
		}
		value, found := part.Bind(root.Lookup(part.At), p.whole())
		found = append(found, part.blocked(root)...)
		values[n] = value
		complete = complete && value != nil
		all.add(found)
	}
	if !complete {
		return nil, all.all
	}
	return values, all.all
}

// blocked returns a problem if a value above the key of the section is not a map: the section can
// then have no keys, and its defaults do not apply.
func (p *Section) blocked(root *tree.Node) source.Problems {
	for i := range p.At {
		n := root.Lookup(p.At[:i])
		if n == nil || n.Kind == tree.Null {
			return nil
		}
		if n.Kind != tree.Map {
			return wording.OwnAll(source.Problems{{Kind: source.WrongType, Key: p.At[:i].String(), Position: n.Position(), Message: "must be a map, because " + p.At.String() + " is below it"}})
		}
	}
	return nil
}

// bindStandalone binds a document without the others, as far as that is possible.
func (p *schema) bindStandalone(root *tree.Node) source.Problems {
	var all problemSet
	for _, part := range p.standalone {
		if piece := root.Lookup(part.At); piece != nil {
			_, found := part.Bind(piece, p.whole())
			all.add(found)
		}
	}
	return all.all
}

// validate validates the values of all parts.
func (p *schema) validate(values []any, root *tree.Node) (problems source.Problems) {
	for n, part := range p.sections {
		if part.isOpen() {
			problems = append(problems, part.Validate(values[n], root.Lookup(part.At))...)
		}
	}
	return problems
}
