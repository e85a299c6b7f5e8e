package schema

import (
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/problem"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
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
}

// Attached is a section of a config with its users. It is safe for concurrent use.
type Attached struct {
	Section
	users  atomic.Int64 // calls of Attach without a Detach
	closed atomic.Bool  // its value no longer changes
}

// NewAttached returns a section with a number of users.
func NewAttached(section Section, users int64) *Attached {
	a := &Attached{Section: section}
	a.users.Store(users)
	return a
}

// AddUsers changes the number of users of a section, and reports whether the section is open. Only
// one goroutine may call it at a time.
func (s *Attached) AddUsers(n int64) (open bool) {
	users := s.users.Add(n)
	s.closed.Store(users <= 0)
	return users > 0
}

// IsOpen reports whether the section is bound and its value may change.
func (s *Attached) IsOpen() bool { return s.Type != nil && !s.closed.Load() }

// Schema is all sections and the data derived from them. It is immutable, except for the users of
// the sections.
type Schema struct {
	Sections   []*Attached // in the order of State.Values; the first is the service's own
	Standalone []*Attached // sections that watchers bind to single documents
	Shape      *tree.Shape
	Merger     *layer.Merger
	Freezer    *guard.Freezer
	// Embedding is where references may occur.
	Embedding *layer.Embedding
}

// New returns the schema of sections, of which the first is the service's own. It returns an error
// if two sections conflict, such as a list and a map at the same key.
func New(sections []*Attached) (*Schema, error) {
	s := &Schema{Sections: sections, Shape: sections[0].Shape}
	for _, section := range sections[1:] {
		shape := section.Shape
		if section.closed.Load() {
			shape = s.closedShape(section)
		}
		grafted, err := tree.Graft(s.Shape, section.At, shape)
		if err != nil && !section.closed.Load() {
			return nil, &source.Error{Kind: source.InvalidArgument, Op: "bind section", Document: section.At.String(), Err: err}
		}
		if err == nil {
			s.Shape = grafted
		}
	}
	s.Merger, s.Freezer = layer.NewMerger(s.Shape), guard.NewFreezer(s.Shape)
	var bound []layer.Bound
	for _, section := range sections {
		if section.IsOpen() {
			bound = append(bound, layer.Bound{At: section.At, Shape: section.Shape})
		}
	}
	s.Embedding = layer.NewEmbedding(bound...)
	for _, section := range sections {
		if section.IsOpen() && section.BindsDocuments {
			s.Standalone = append(s.Standalone, section)
		}
	}
	return s, nil
}

// sharedShape returns the shape of all sections, or nil if there is only one.
func (s *Schema) sharedShape() *tree.Shape {
	if len(s.Sections) == 1 {
		return nil
	}
	return s.Shape
}

// closedShape returns the shape of a closed section: its keys stay known and its secrets secret,
// and no key waits for a restart. If no open section has the same key, any value is accepted below
// it and not shown.
func (s *Schema) closedShape(section *Attached) *tree.Shape {
	for _, other := range s.Sections {
		if other.IsOpen() && other.At.String() == section.At.String() {
			return section.Shape.Live()
		}
	}
	shape := section.Shape.Live()
	if shape.Kind == tree.StructOf {
		shape.Kind, shape.Elem = tree.RemainderOf, &tree.Shape{Reserved: true}
	}
	return shape
}

// Declares reports whether a section has the key, or reserves it, so that its value is not unknown
// before another section binds it.
func (s *Schema) Declares(key tree.Path) bool {
	return slices.ContainsFunc(s.Sections, func(section *Attached) bool {
		n := len(section.At)
		return n <= len(key) && slices.Equal(section.At, key[:n]) && (section.closed.Load() || covers(section.Shape, key[n:]))
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

// Find returns the index of the section that binds a type at a key, open or closed, or -1.
func (s *Schema) Find(at tree.Path, t reflect.Type) int {
	return slices.IndexFunc(s.Sections, func(section *Attached) bool { return section.Type == t && section.At.String() == at.String() })
}

// Bind binds all sections, and takes from the previous values what does not change, unless afresh
// is set. A closed section keeps its previous value. A section that has nothing to validate has a
// nil value.
func (s *Schema) Bind(root *tree.Node, previous []any, afresh bool) (values []any, problems source.Problems) {
	values = make([]any, len(s.Sections))
	var all problem.Set
	for n, section := range s.Sections {
		if !section.IsOpen() {
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
		all.Add(found)
	}
	return values, all.All
}

// obstacles returns a problem if a value above the section's key is not a map: the section cannot
// have values then, and its defaults do not apply.
func (s *Attached) obstacles(root *tree.Node) source.Problems {
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

// BindStandalone binds a document by itself to the sections that allow it. last is the document
// before it, if BindStandalone of the same schema found no problems in it, or nil: only what
// differs is bound then.
func (s *Schema) BindStandalone(root, last *tree.Node) source.Problems {
	var all problem.Set
	for _, section := range s.Standalone {
		piece := root.Lookup(section.At)
		switch {
		case piece == nil:
		case section.DocumentProblems == nil:
			_, found := section.Bind(piece, s.sharedShape(), nil)
			all.Add(found)
		default:
			all.Add(section.DocumentProblems(piece, s.sharedShape(), last.Lookup(section.At)))
		}
	}
	return all.All
}

// Validate validates the values of all open sections.
func (s *Schema) Validate(values []any, root *tree.Node) (problems source.Problems) {
	for n, section := range s.Sections {
		if section.IsOpen() && values[n] != nil {
			problems = append(problems, section.Validate(values[n], root.Lookup(section.At))...)
		}
	}
	return problems
}

// Health returns the health of the open sections.
func (s *Schema) Health() (all []observe.SectionHealth) {
	for _, section := range s.Sections[1:] {
		health := observe.SectionHealth{Key: section.At.String(), Users: int(section.users.Load())}
		if section.Type != nil {
			health.Type = section.Type.String()
		}
		if section.closed.Load() || slices.Contains(all, health) {
			continue
		}
		all = append(all, health)
	}
	return all
}
