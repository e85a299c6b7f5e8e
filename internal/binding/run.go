package binding

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// MaxProblems is how many problems a report lists. One more says how many are not listed.
const MaxProblems = 100

// run is the state of one bind: the current place, and the problems so far. It is not safe for
// concurrent use.
type run struct {
	plan     *plan
	base     tree.Path // of the root, in the whole config
	path     []segment // from the root
	problems source.Problems
	more     int         // the number of problems that are not listed
	unbound  *tree.Paths // of the values that could not be bound, from the root
	unused   []Unused
	plain    map[*tree.Node]any // what hooks got for each node; nil without hooks
	whole    *tree.Shape        // of everything that is bound; nil if that is only this plan
}

// segment is a key, or an item of a list. It becomes text only in a problem.
type segment struct {
	key   string
	alias string // the name in the document; empty if that is key
	item  int
	list  bool
}

func (r *run) key(key string) { r.path = append(r.path, segment{key: key}) }
func (r *run) written(key, alias string) {
	r.path = append(r.path, segment{key: key, alias: alias})
}
func (r *run) item(i int) { r.path = append(r.path, segment{item: i, list: true}) }
func (r *run) up()        { r.path = r.path[:len(r.path)-1] }

// here returns the current path in the whole config.
func (r *run) here() tree.Path { return append(r.base[:len(r.base):len(r.base)], r.local()...) }

// asWritten returns the current path with the names of the document; nil if these are the keys. The
// base has keys only.
func (r *run) asWritten() tree.Path {
	if !slices.ContainsFunc(r.path, func(s segment) bool { return s.alias != "" }) {
		return nil
	}
	p := r.here()
	for i, s := range r.path {
		if s.alias != "" {
			p[len(r.base)+i] = s.alias
		}
	}
	return p
}

// local returns the current path from the root.
func (r *run) local() tree.Path {
	p := make(tree.Path, len(r.path))
	for i, s := range r.path {
		if p[i] = s.key; s.list {
			p[i] = tree.Item(s.item)
		}
	}
	return p
}

// wrong records that a value must be want, and not what it is.
func (r *run) wrong(n *tree.Node, want string) {
	r.note(source.WrongType, n.Position(), must(n, want), nil)
}

// wrongly records that a value does not fit, with a message of its own.
func (r *run) wrongly(n *tree.Node, message string) {
	r.note(source.WrongType, n.Position(), message, nil)
}

// unread records that a text could not be parsed. The text of the cause is shown only if it is
// public.
func (r *run) unread(n *tree.Node, want string, cause error) {
	var public PublicText
	if errors.As(cause, &public) && public != "" {
		_ = r.noteText(source.WrongType, n.Position(), wording.Foreign(string(public)), nil)
		return
	}
	r.note(source.WrongType, n.Position(), mustParse(n, want), &hidden{cause})
}

// note records a problem with a message from nacre: without a value, and without text from other
// code.
func (r *run) note(kind source.Kind, at source.Position, own string, err error) *source.Problem {
	return r.noteText(kind, at, wording.Own(own), err)
}

func (r *run) noteText(kind source.Kind, at source.Position, message wording.Text, err error) *source.Problem {
	if kind != source.UnknownKey {
		r.unbound = r.unbound.With(r.local())
	}
	if len(r.problems) >= MaxProblems {
		r.more++
		return nil
	}
	if written := r.asWritten(); written != nil {
		message = wording.Join(message, wording.Own(" (written as "+written.String()+")"))
	}
	p := message.On(&source.Problem{Kind: kind, Position: at, Key: r.here().String(), Err: err})
	r.problems = append(r.problems, p)
	return p
}

// hidden is a cause that may carry a value: errors.Is and errors.As reach it, printing and encoding
// do not reach it.
type hidden struct{ err error }

func (h *hidden) Error() string { return "a cause that may carry a value" }
func (h *hidden) Unwrap() error { return h.err }

// GoString keeps %#v from printing the cause.
func (h *hidden) GoString() string { return h.Error() }

// guard runs the user's code and turns a panic in it into a problem. The value of the panic is not
// kept: it may be a value of the config.
func (r *run) guard(n *tree.Node, what string, do func()) (ok bool) {
	depth := len(r.path)
	defer func() {
		if p := recover(); p != nil {
			if what == "" {
				what = "binding"
			}
			r.note(source.WrongType, n.Position(), fmt.Sprintf("%s panicked with a %T", what, p), nil)
			r.path, ok = r.path[:min(depth, len(r.path))], false
			r.unbound = r.unbound.With(r.local()) // all that do would have bound
		}
	}()
	do()
	return true
}

// unknown records a key that has no field.
func (r *run) unknown(e *tree.Entry, siblings []field) {
	if tree.Passes(e.Key) {
		return
	}
	r.key(e.Key)
	defer r.up()
	if r.whole != nil && r.isElsewhere(e) {
		return
	}
	at, verdict := judge(e)
	message, shared := "unknown key", e.Value.Doc != nil && e.Value.Doc.Shared
	if verdict == tree.Accepted || shared && verdict == tree.Unjudged && r.suggest(siblings) == "" { // a hook made the key
		r.unused = append(r.unused, Unused{Key: r.here().String(), Position: e.Position()})
		return
	}
	if shared {
		message += " (AllowUnknown(" + strconv.Quote(r.here().String()) + ") would accept it)"
	}
	if p := r.note(source.UnknownKey, at, message, nil); p != nil {
		p.Suggest = r.suggest(siblings)
	}
}

// suggest returns the known key that is nearest to the current one; empty if none is near.
func (r *run) suggest(siblings []field) string {
	keys := make([]string, len(siblings))
	for i := range siblings {
		keys[i] = siblings[i].key
	}
	if near := r.base.With(r.plan.index.Nearest(r.local(), keys)); near != "" || r.whole == nil {
		return near
	}
	return r.nearestOfAll()
}

// nearestOfAll returns the nearest key among all that are bound.
func (r *run) nearestOfAll() string {
	here := r.here()
	around, _ := r.whole.Lookup(here[:len(here)-1])
	if around == nil {
		return ""
	}
	return tree.NewIndex(r.whole).Nearest(here, around.Order)
}

// isElsewhere reports whether another plan binds e. If it binds only some keys below e, isElsewhere
// records the others.
func (r *run) isElsewhere(e *tree.Entry) bool {
	known, _ := r.whole.Lookup(r.here())
	if known == nil {
		return false
	}
	if known.Kind == tree.StructOf && e.Value.Kind == tree.Map {
		for i := range e.Value.Entries {
			r.unknown(&e.Value.Entries[i], nil)
		}
	}
	return true
}

// judge returns the verdict on e, and the position of a problem with it. If the documents decide,
// the verdict is Accepted where each that contributes to e allows unknown keys: the values below a
// key may come from several documents.
func judge(e *tree.Entry) (source.Position, tree.Verdict) {
	switch e.Verdict {
	case tree.Accepted:
		return source.Position{}, tree.Accepted
	case tree.Refused:
		return e.Position(), tree.Refused
	}
	if at, strict := strictPosition(e); strict {
		return at, tree.Unjudged
	}
	return source.Position{}, tree.Accepted
}

// strictPosition reports whether a document that contributes to e does not allow unknown keys, and
// where.
func strictPosition(e *tree.Entry) (source.Position, bool) {
	n := e.Value
	if n.Kind == tree.Map && len(n.Entries) > 0 {
		own := n.Doc == nil || !n.Doc.AllowUnknown
		for i := range n.Entries {
			if at, strict := strictPosition(&n.Entries[i]); strict {
				if own {
					at = e.Position()
				}
				return at, true
			}
		}
		return source.Position{}, false
	}
	return e.Position(), n.Doc == nil || !n.Doc.AllowUnknown
}

// report sorts the problems by document, in the order of the tree, and by line.
func (r *run) report() Report {
	type document struct{ layer, name string }
	order := make(map[document]int)
	for _, p := range r.problems {
		d := document{p.Position.Layer, p.Position.Document}
		if _, ok := order[d]; !ok {
			order[d] = len(order)
		}
	}
	slices.SortStableFunc(r.problems, func(a, b *source.Problem) int {
		return cmp.Or(
			order[document{a.Position.Layer, a.Position.Document}]-order[document{b.Position.Layer, b.Position.Document}],
			a.Position.Line-b.Position.Line, a.Position.Column-b.Position.Column)
	})
	if r.more > 0 {
		more := wording.Own(fmt.Sprintf("%d more problems are not listed", r.more))
		r.problems = append(r.problems, more.On(&source.Problem{Kind: r.problems[0].Kind}))
	}
	return Report{Problems: r.problems, Unused: r.unused, Unbound: r.unbound}
}

// must returns a message that says what a value must be and, if its format has types, what it is.
func must(n *tree.Node, want string) string {
	if n.Kind == tree.Scalar {
		if text, ok := n.Value.(source.Text); ok {
			if text == "" {
				return "must be " + want + ", but is empty"
			}
			return "must be " + want
		}
	}
	what := kindOf(n)
	if s, ok := n.Value.(string); ok && s == "" {
		what = "an empty string"
	}
	return "must be " + want + ", not " + what
}

// mustParse is must for a value whose text could not be parsed: that it is a string is not what is
// wrong with it.
func mustParse(n *tree.Node, want string) string {
	if s, ok := n.Value.(string); ok && s != "" {
		return "must be " + want
	}
	return must(n, want)
}

func kindOf(n *tree.Node) string {
	switch n.Kind {
	case tree.List:
		return "a list"
	case tree.Map:
		return "a map"
	case tree.Null:
		return "null"
	}
	switch reflect.TypeOf(n.Value).Kind() {
	case reflect.Bool:
		return "a bool"
	case reflect.Int64, reflect.Uint64, reflect.Float64:
		return "a number"
	case reflect.Struct:
		return "a time"
	}
	return "a string"
}
