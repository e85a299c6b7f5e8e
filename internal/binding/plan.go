package binding

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Plan binds trees to values of T. It is immutable and safe for concurrent use. Its Shape and Bind
// speak of trees, which are internal: they are for the engine. Bind the function is for everybody
// else.
type Plan[T any] struct{ p *plan }

// plan is a Plan whose type is known only at run time.
type plan struct {
	root   *codec
	index  *index
	codecs map[reflect.Type]*codec // of all types below the root
}

// Compile makes a plan for T, a struct or a map with string keys. The error is a source.Problems
// with every mistake in the type and in the options; their kind is source.InvalidArgument, and
// their key is where in the config the field stands.
func Compile[T any](options ...Option) (*Plan[T], error) {
	p, err := compile(reflect.TypeFor[T](), options)
	if err != nil {
		return nil, err
	}
	return &Plan[T]{p}, nil
}

// Shape returns which keys T has, which of them are secret, and what their defaults are. The shape
// of a recursive type is a ring.
func (p *Plan[T]) Shape() *tree.Shape { return p.p.root.shape }

// Report is what there is to say of a tree that was bound.
type Report struct {
	// Problems are in the order of documents and lines; none if the tree is good.
	Problems source.Problems
	// Unused are the keys that no field has, of documents that allow that.
	Unused []Unused
}

// Unused is a key that no field has.
type Unused struct {
	Key      string
	Position source.Position
}

// Bind returns a new T with what the tree says, and with defaults where it says nothing; a nil tree
// says nothing at all. The value is nil if the report has problems, unless all of them are unknown
// keys: then every field has what it would have without those keys, so that the value can be looked
// at further and all be told at once.
func (p *Plan[T]) Bind(root *tree.Node) (*T, Report) {
	v, report := p.BindPart(nil, root, nil)
	report.Problems = wording.Strip(report.Problems)
	return v, report
}

// BindPart is Bind for a part of a config: root stands at a path, by which its keys are called.
// Whole is the shape of all that is bound, from the config's root on: a key that is in it is not
// unknown, though T has no field for it; nil where nobody else binds anything. The problems say who
// wrote their messages; see internal/wording.
func (p *Plan[T]) BindPart(at tree.Path, root *tree.Node, whole *tree.Shape) (*T, Report) {
	v := new(T)
	report, complete := p.BindPartInto(v, at, root, whole)
	if !complete {
		return nil, report
	}
	return v, report
}

// BindPartInto is BindPart into a T of the caller's, which must be zero, for values that must not
// move once they were bound. What is in *v is of use only if complete.
func (p *Plan[T]) BindPartInto(v *T, at tree.Path, root *tree.Node, whole *tree.Shape) (report Report, complete bool) {
	return p.p.bind(&run{base: at, whole: whole}, root, reflect.ValueOf(v).Elem())
}

// bind fills v, which must be zero and settable. It is whole if nothing that v has a place for is
// missing.
func (p *plan) bind(r *run, root *tree.Node, v reflect.Value) (report Report, whole bool) {
	r.plan = p
	if root == nil || root.Kind == tree.Null {
		root = emptyMap
	}
	r.guard(root, "", func() { p.root.bind(r, root, v) })
	return r.report(), !r.spoilt
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
