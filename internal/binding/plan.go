package binding

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Plan binds trees to values of T. It is immutable and safe for concurrent use. The engine calls
// it; a user calls Open or binder.Bind.
type Plan[T any] struct{ p *plan }

// plan is a Plan whose type is known only at run time.
type plan struct {
	root   *codec
	index  *tree.Index
	codecs map[reflect.Type]*codec // of all types below the root
	hooked bool                    // there are hooks, which see all that is below a value
}

// Compile returns a plan for T, a struct or a map with string keys. The error is a source.Problems
// with every mistake in the type and in the options. Their kind is source.InvalidArgument, and
// their key is that of the field in the config.
func Compile[T any](options ...Option) (*Plan[T], error) {
	p, err := compile(reflect.TypeFor[T](), options)
	if err != nil {
		return nil, err
	}
	return &Plan[T]{p}, nil
}

// Shape returns which keys T has, which of them are secret, and what their defaults are. The shape
// of a recursive type refers to itself.
func (p *Plan[T]) Shape() *tree.Shape { return p.p.root.shape }

// ShapeOf returns the shape of T as far as T and its tags are right; nil if T cannot be a config at
// all. Compile reports what is wrong.
func ShapeOf[T any]() *tree.Shape {
	p, _ := compile(reflect.TypeFor[T](), nil)
	if p == nil {
		return nil
	}
	return p.root.shape
}

// Report holds what binding a tree found.
type Report struct {
	// Problems are in the order of documents and lines; none if the tree is good.
	Problems source.Problems
	// Unused are the keys without a field that their documents may have.
	Unused []Unused
	// Unbound are the paths of the values that could not be bound, from the root; nil if all could.
	// Everything else has the value that it would have without them.
	Unbound *tree.Paths
}

// Unused is a key without a field.
type Unused struct {
	Key      string
	Position source.Position
}

// Bind returns a new T with the values of the tree, and with defaults for absent keys; in a nil
// tree, all keys are absent. The value is nil if the report has problems, unless all of them are
// unknown keys. Then every field has the value that it would have without those keys, so that the
// value can be validated and all problems are reported at once.
func (p *Plan[T]) Bind(root *tree.Node) (*T, Report) {
	v, report := p.BindSection(nil, root, nil)
	report.Problems = wording.Strip(report.Problems)
	return v, report
}

// BindSection is Bind for a section of a config: at is the path of root, and problems name keys
// from the root of the config. whole is the shape of everything that is bound, from the root of the
// config: a key in it is not unknown, even if T has no field for it. It is nil if T is all that is
// bound. The problems mark which parts of their messages are from nacre; see internal/wording.
func (p *Plan[T]) BindSection(at tree.Path, root *tree.Node, whole *tree.Shape) (*T, Report) {
	v := new(T)
	report, complete := p.BindSectionInto(v, at, root, whole)
	if !complete {
		return nil, report
	}
	return v, report
}

// BindSectionInto is BindSection into a T of the caller, which must be zero, for values that must
// not move once they are bound. If complete is false, *v lacks what the report lists as Unbound;
// use it only to validate the rest.
func (p *Plan[T]) BindSectionInto(v *T, at tree.Path, root *tree.Node, whole *tree.Shape) (report Report, complete bool) {
	return p.p.bind(&run{base: at, whole: whole}, root, reflect.ValueOf(v).Elem())
}

// bind fills v, which must be zero and settable. The result is whole if every value that v has a
// field for was bound.
func (p *plan) bind(r *run, root *tree.Node, v reflect.Value) (report Report, whole bool) {
	r.plan = p
	if root == nil || root.Kind == tree.Null {
		root = emptyMap
	}
	if given := tree.GivenOf(root); given != nil && given.Bind(r.base, root, v) {
		return Report{}, true
	}
	r.guard(root, "", func() { p.root.bind(r, root, v) })
	return r.report(), r.unbound == nil
}

var emptyMap = tree.NewMap(nil, 0, 0, nil)

// Bind compiles a plan for what dst points to and binds values by it; see binder.Bind.
func Bind(values map[string]any, dst any, options ...Option) error {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return source.Problems{{Kind: source.InvalidArgument, Message: "the destination must be a pointer that is not nil"}}
	}
	p, err := compile(v.Type().Elem(), options)
	if err != nil {
		return err
	}
	root, err := tree.FromPlain(nil, values)
	if err != nil {
		return source.Problems{{Kind: source.Malformed, Message: err.Error()}}
	}
	into := reflect.New(v.Type().Elem()).Elem()
	if report, _ := p.bind(&run{}, root, into); len(report.Problems) > 0 {
		return wording.Strip(report.Problems)
	}
	v.Elem().Set(into)
	return nil
}
