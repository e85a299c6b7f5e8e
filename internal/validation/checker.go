package validation

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Checker checks values of T. It is immutable and safe for concurrent use. The engine calls it; a
// user calls Open or validate.Struct.
type Checker[T any] struct{ c *checker }

// checker is a Checker whose type is known only at run time.
type checker struct {
	validate *validator.Validate
	messages map[string]string
	aliases  map[string]string // the tags of each alias
	root     *kind
	kinds    map[reflect.Type]*kind
	tag      string // of a root that is not a struct
	// references are the fields that tags name. They are resolved by Compile and not changed later.
	references map[referenceKey]*reference
	compiled   bool
	// single checks parts of a value; nil if the rules do not allow that. See part.go.
	single func() *parts
}

// Compile returns a checker for T. The error is a source.Problems with every tag that cannot work
// and every wrong option. Their kind is source.InvalidArgument, and their key is that of the field
// in the config.
func Compile[T any](options ...Option) (*Checker[T], error) {
	c, err := compile(reflect.TypeFor[T](), options)
	if err != nil {
		return nil, err
	}
	return &Checker[T]{c}, nil
}

// Check returns the problems of value, in the order of the struct; nil if there are none. root is
// the tree that value was bound from, which has the positions of the keys; it may be nil.
func (c *Checker[T]) Check(value *T, root *tree.Node) source.Problems {
	return wording.Strip(c.CheckSection(nil, value, root, nil))
}

// CheckSection is Check for a section of a config: at is the path of root, and problems name keys
// from the root of the config. The problems mark which parts of their messages are from nacre; see
// internal/wording. unbound are the paths of what could not be bound, from root. Rules that read
// any of it are not checked, and Validate methods of values that contain any of it are not called.
func (c *Checker[T]) CheckSection(at tree.Path, value *T, root *tree.Node, unbound *tree.Paths) source.Problems {
	return c.c.check(at, reflect.ValueOf(value), root, unbound)
}

// Struct compiles a checker for the type of value and checks value by it; see validate.Struct.
func Struct(value any, options ...Option) error {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Pointer {
		if !v.IsValid() {
			return source.Problems{{Kind: source.InvalidArgument, Message: "there is no value to validate"}}
		}
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p
	}
	if v.IsNil() {
		return source.Problems{{Kind: source.InvalidArgument, Message: "there is no value to validate"}}
	}
	c, err := compile(v.Type().Elem(), options)
	if err != nil {
		return err
	}
	if problems := c.check(nil, v, nil, nil); problems != nil {
		return wording.Strip(problems)
	}
	return nil
}

func compile(t reflect.Type, options []Option) (*checker, error) {
	s := &settings{
		validate: validator.New(validator.WithRequiredStructEnabled()), messages: make(map[string]string), aliases: make(map[string]string),
	}
	c := &checker{validate: s.validate, messages: s.messages, aliases: s.aliases, references: make(map[referenceKey]*reference)}
	var problems source.Problems
	for _, register := range []func() error{c.registerRelations, c.registerPresences, c.registerUnique} {
		if err := register(); err != nil {
			problems = append(problems, &source.Problem{Kind: source.InvalidArgument, Message: err.Error()})
		}
	}
	for _, o := range options {
		if err := o(s); err != nil {
			problems = append(problems, &source.Problem{Kind: source.InvalidArgument, Message: err.Error()})
		}
	}
	if name := c.circular(); name != "" {
		return nil, append(problems, &source.Problem{Kind: source.InvalidArgument, Message: "the alias " + name + " stands for itself"})
	}
	c.root, c.kinds = survey(t)
	registerTypes(c.validate, c.kinds)
	problems = append(problems, c.prepare()...)
	c.compiled = true
	if len(problems) > 0 {
		return nil, problems
	}
	c.single = sync.OnceValue(func() *parts { return c.partsBy(options) })
	return c, nil
}

// check applies the tags, then calls the methods. pointer points to a value of the root's type.
func (c *checker) check(at tree.Path, pointer reflect.Value, root *tree.Node, unbound *tree.Paths) source.Problems {
	var found []violation
	if c.root.ruled {
		found = c.rules(at, pointer, root, unbound)
	}
	if c.root.asked {
		found = append(found, c.methods(pointer, len(found) > 0, unbound)...)
	}
	return c.problems(found, at, root)
}

// problems returns violations as problems.
func (c *checker) problems(found []violation, at tree.Path, root *tree.Node) source.Problems {
	if len(found) == 0 {
		return nil
	}
	problems := make(source.Problems, 0, min(len(found), MaxProblems+1))
	for i, v := range found {
		if i == MaxProblems {
			more := wording.Own(fmt.Sprintf("%d more problems are not listed", len(found)-i))
			problems = append(problems, more.On(&source.Problem{Kind: source.Invalid}))
			break
		}
		p := &source.Problem{
			Kind: v.kind, Key: append(slices.Clip(at), v.path...).String(), Err: v.err, Position: positionOf(nearest(root, v.path)),
		}
		if message := wording.Parse(v.message); v.named && root.Lookup(v.path) == nil && !c.root.has(v.path) {
			problems = append(problems, message.OnWithKey(p))
		} else {
			problems = append(problems, message.On(p))
		}
	}
	return problems
}

// MaxProblems is how many problems a check lists. One more says how many are not listed.
const MaxProblems = 100

// violation is a rule that fails.
type violation struct {
	path    tree.Path
	named   bool // code of the service named the path
	kind    source.Kind
	message string // with marks around text that is not from nacre; see wording.Mark
	err     error
}

// rules runs validator.
func (c *checker) rules(base tree.Path, pointer reflect.Value, root *tree.Node, unbound *tree.Paths) []violation {
	found, err := c.validated(pointer)
	found = slices.DeleteFunc(found, func(v violation) bool { return unbound.Touches(v.path) })
	var failed validator.ValidationErrors
	if err != nil && !errors.As(err, &failed) {
		return append(found, violation{kind: source.Invalid, message: fmt.Sprintf("cannot be validated (%T)", err)})
	}
	for _, f := range failed {
		if unbound != nil && c.readsUnbound(f, pointer.Elem(), unbound) {
			continue
		}
		if len(found) >= MaxProblems { // counted, but not listed
			found = append(found, violation{})
			continue
		}
		at, ok := c.locate(f.StructNamespace(), pointer.Elem())
		at.base, at.root = base, pointer.Elem()
		if root != nil && ok {
			at.present, at.absent = isPresent(root, at.path), !isPresent(root, at.path)
			at.secret, at.tree = at.secret || isReferred(root, at.path), root
		}
		v := c.violated(f, at)
		v.named = !ok
		found = append(found, v)
	}
	return found
}

// readsUnbound reports whether a rule that fails has read a value that could not be bound.
func (c *checker) readsUnbound(f validator.FieldError, root reflect.Value, unbound *tree.Paths) bool {
	at, _ := c.locate(f.StructNamespace(), root)
	if unbound.Touches(at.path) {
		return true
	}
	for alternative := range strings.SplitSeq(f.ActualTag(), "|") {
		tag, param, ok := strings.Cut(alternative, "=")
		if !ok && alternative == f.ActualTag() {
			param = f.Param()
		}
		in, around := at.in, at.around
		if relations[tag].top {
			in, around = root, nil
		}
		if in = reached(in); !in.IsValid() || in.Kind() != reflect.Struct {
			continue
		}
		for _, name := range namedFields(tag, param) {
			if r, err := c.refer(in.Type(), name); err == nil && unbound.Touches(slices.Concat(around, r.path)) {
				return true
			}
		}
	}
	return false
}

func (c *checker) violated(f validator.FieldError, at place) violation {
	v := violation{path: at.path, kind: source.Invalid, message: c.message(f, at)}
	switch {
	case wantsPresence(f):
		if !at.present || at.isKeyless() {
			v.kind = source.Missing
		}
	case isNil(f):
		v.kind, v.message = source.Missing, v.message+", but is not set"
	case c.unset(f, at) != "":
		v.message += ", but " + c.unset(f, at) + " is not set"
	case at.absent && isZero(f):
		v.kind, v.message = source.Missing, v.message+", but is not set"
	case at.absent && wantsAbsence(f):
		v.message += ", but has a default"
	case at.absent:
		v.message += "; no layer sets it"
	}
	return v
}

// isPresent reports whether a document has a value at a path. A null is not a value; an item of a
// list that is written as one text, such as "a,b", is one.
func isPresent(root *tree.Node, path tree.Path) bool {
	n := nearest(root, path)
	return n != nil && n.Kind != tree.Null
}

// isReferred reports whether the value at a path comes from a reference: it is a secret in any
// field.
func isReferred(root *tree.Node, path tree.Path) bool {
	n := nearest(root, path)
	return n != nil && n.Ref != ""
}

// positionOf returns the position of a node. A map that several documents have together is at none
// of them: the rule that fails may concern a key of any.
func positionOf(n *tree.Node) source.Position {
	if n != nil && n.Kind == tree.Map && slices.ContainsFunc(n.Entries, func(e tree.Entry) bool { return e.Value.Doc != n.Doc }) {
		return source.Position{}
	}
	return n.Position()
}

// nearest returns the node at a path, or the scalar that contains it.
func nearest(root *tree.Node, path tree.Path) *tree.Node {
	n := root
	for _, segment := range path {
		if n == nil || n.Kind == tree.Scalar {
			break
		}
		n = n.Child(segment)
	}
	return n
}
