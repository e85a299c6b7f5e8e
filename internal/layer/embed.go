package layer

import (
	"encoding"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Embedding decides where a reference is allowed. Otherwise, anyone who can edit a document and
// sees which changes are refused could find the referenced value by bisection: by digits before it
// or a unit after it in a value that has a bound, or by a rule that compares it with another key.
// An Embedding is immutable and safe for concurrent use. A nil Embedding allows references
// everywhere.
type Embedding struct{ parts []*embedding }

// Bound is a shape that is bound separately, and its path: rules count fields from its root.
type Bound struct {
	At    tree.Path
	Shape *tree.Shape
}

// embedding holds what the types and rules of one shape allow.
type embedding struct {
	Bound
	compared map[*tree.Shape]bool // fields that a rule orders with another field, or searches in it
	distinct map[*tree.Shape]bool // fields whose items a rule compares
}

// NewEmbedding returns what the types and rules of shapes allow together.
func NewEmbedding(parts ...Bound) *Embedding {
	all := new(Embedding)
	for _, part := range parts {
		e := &embedding{Bound: part, compared: map[*tree.Shape]bool{}, distinct: map[*tree.Shape]bool{}}
		e.compare(part.Shape, false, map[visit]bool{})
		all.parts = append(all.parts, e)
	}
	return all
}

// visit is a shape that compare has visited.
type visit struct {
	shape *tree.Shape
	many  bool
}

// compare records the fields below a struct that a rule compares, and the fields that it compares
// them with. many reports that a document can have the struct any number of times. Then equality
// allows a search too: each item is a guess.
func (e *embedding) compare(s *tree.Shape, many bool, done map[visit]bool) {
	if s == nil || done[visit{s, many}] {
		return
	}
	done[visit{s, many}] = true
	for _, f := range s.Fields {
		often := many
		for name, param := range rules(f.Rules) {
			from := s
			switch {
			case name == "dive":
				often = true
				continue
			case name == "unique" && isMany(f):
				e.unique(f, param)
				continue
			case name == "fieldcontains" || name == "fieldexcludes":
			case ordering(name, "csfield"), often && equality(name, "csfield"):
				from = e.Shape
			case ordering(name, "field"), often && (name == "unique" || equality(name, "field")):
			default:
				continue
			}
			e.compared[f] = true
			if other := follow(from, param); other != nil {
				e.compared[other] = true
			}
		}
		e.compare(f, often, done)
	}
	e.compare(s.Elem, true, done)
}

// unique records what the rule unique compares: the items of a field, or the field of each item
// that it names.
func (e *embedding) unique(f *tree.Shape, param string) {
	item := f.Elem
	for range tree.MaxDepth {
		if item == nil || !isMany(item) || item.Kind == tree.Any {
			break
		}
		item = item.Elem // after a dive
	}
	if other := follow(item, param); param != "" && other != nil {
		e.compared[other] = true
		return
	}
	e.distinct[f] = true
}

// isMany reports whether a shape has items.
func isMany(s *tree.Shape) bool {
	return s.Kind == tree.ListOf || s.Kind == tree.MapOf || s.Kind == tree.Any
}

// equality reports whether a rule is one of eqfield and nefield, or with another suffix of that
// kind.
func equality(name, suffix string) bool { return name == "eq"+suffix || name == "ne"+suffix }

// ordering reports whether a rule is one of gtfield, gtefield, ltfield, ltefield, or with another
// suffix of that kind.
func ordering(name, suffix string) bool {
	return slices.Contains([]string{"gt", "gte", "lt", "lte"}, strings.TrimSuffix(name, suffix)) && strings.HasSuffix(name, suffix)
}

// rules yields the names and parameters of a validate tag.
func rules(tag string) func(yield func(name, param string) bool) {
	return func(yield func(name, param string) bool) {
		for _, rule := range strings.FieldsFunc(tag, func(c rune) bool { return c == ',' || c == '|' }) {
			name, param, _ := strings.Cut(rule, "=")
			if !yield(strings.TrimSpace(name), param) {
				return
			}
		}
	}
}

// follow returns the shape of the field that a rule names by its name in Go, such as
// "Inner.Hosts[0].Max", counted from a struct; nil if it is not known, in which case the rule does
// not work either.
func follow(from *tree.Shape, name string) (found *tree.Shape) {
	for part := range strings.SplitSeq(name, ".") {
		part, items, _ := strings.Cut(part, "[")
		t := pointed(from)
		if t == nil || t.Kind() != reflect.Struct {
			return nil
		}
		sf, ok := t.FieldByName(part)
		if !ok {
			return nil
		}
		for i := range sf.Index {
			place, err := tree.FieldOf(t.FieldByIndex(sf.Index[:i+1]))
			if err != nil || place.Skip {
				return nil
			}
			if place.Key != "" {
				if from = from.At(place.Key); from == nil {
					return nil
				}
				found = from
			}
		}
		for range strings.Count(items, "]") {
			if from = from.At(tree.Item(0)); from == nil {
				return found
			}
		}
	}
	return found
}

// pointed returns the type of a shape without pointers; nil if it is not known.
func pointed(s *tree.Shape) reflect.Type {
	if s == nil || s.Go == nil {
		return nil
	}
	t := s.Go
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// spot is the place of a text, for one of the shapes.
type spot struct {
	of       *embedding
	above    tree.Path // the rest of the path down to the shape
	shape    *tree.Shape
	rules    string // of the field, also for its items
	compared bool
	distinct bool // a rule compares its items
}

func (e *Embedding) root() []spot {
	if e == nil {
		return nil
	}
	spots := make([]spot, len(e.parts))
	for i, part := range e.parts {
		spots[i] = spot{of: part, above: part.At, shape: part.Shape}
	}
	return spots
}

// below returns the spots below a key or item, without those of shapes at other paths.
func below(spots []spot, segment string) []spot {
	next := make([]spot, 0, len(spots))
	for _, s := range spots {
		switch {
		case len(s.above) == 0:
			next = append(next, s.below(segment))
		case s.above[0] == segment:
			s.above = s.above[1:]
			next = append(next, s)
		}
	}
	return next
}

func (s spot) below(segment string) spot {
	compared := s.compared || s.distinct
	if s.shape == nil || s.shape.Kind == tree.Any {
		s.compared = compared
		return s
	}
	below := spot{of: s.of, shape: s.shape.At(segment), distinct: s.distinct}
	if _, field := s.shape.Fields[segment]; field {
		below.rules, below.compared = below.shape.Rules, s.distinct || s.of.compared[below.shape]
		below.distinct = s.distinct || s.of.distinct[below.shape]
	} else {
		below.rules, below.compared = s.rules, compared
	}
	return below
}

// refuses returns why a text with references is not allowed at its place; empty if it is allowed.
func refuses(spots []spot, at tree.Path, n *tree.Node, text string, free func(scheme string) bool) *source.Problem {
	if allFree(text, free) {
		return nil
	}
	for _, s := range spots {
		if len(s.above) > 0 {
			continue
		}
		if why := s.refuses(text); why != "" {
			const fix = "; make the reference the whole value of a key of its own, or allow it with nacre.AllowEmbedding if the referenced value is not secret"
			return wording.Own(why + fix).On(&source.Problem{Kind: source.Invalid, Position: n.Position(), Key: at.String()})
		}
	}
	return nil
}

func (s spot) refuses(text string) (why string) {
	switch whole := isReference(text); {
	case takesKeys(s.shape):
		return "has a reference in a text that is parsed as a map or struct, and their keys are shown"
	case s.compared:
		return "has a reference, and a rule compares it with another key: anyone who can edit that key could find the referenced value by trial"
	case whole:
		return ""
	case !isText(s.shape):
		return "has a reference as a part of a value that is not plain text: anyone who can edit the rest could find the referenced value by trial"
	case !blind(s.rules):
		return "has a reference as a part of a value that has a rule: anyone who can edit the rest could find the referenced value by trial"
	}
	return ""
}

// allFree reports whether all references of a text are of schemes that are allowed everywhere. A
// text without references is free.
func allFree(text string, free func(scheme string) bool) bool {
	for {
		_, scheme, _, after, found := tree.CutReference(text)
		if !found {
			return true
		}
		if free == nil || !free(scheme) {
			return false
		}
		text = after
	}
}

// isReference reports whether a text is exactly one reference.
func isReference(text string) bool {
	before, _, _, after, found := tree.CutReference(text)
	return found && before == "" && after == ""
}

// takesKeys reports whether a text in this place can be parsed as a map or struct, "a=1,b=2" or
// JSON, or as a list of them.
func takesKeys(s *tree.Shape) bool {
	for range tree.MaxDepth {
		if s == nil || s.Kind != tree.ListOf {
			return s != nil && (s.Kind == tree.MapOf || s.Kind == tree.StructOf || s.Kind == tree.RemainderOf)
		}
		s = s.Elem
	}
	return false
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// isText reports whether a field takes text unchanged, so that binding does not depend on the text.
func isText(s *tree.Shape) bool {
	for range tree.MaxDepth {
		if s == nil || s.Kind != tree.ListOf && s.Kind != tree.MapOf {
			break
		}
		s = s.Elem // "a,b" as a list
	}
	t := pointed(s)
	switch {
	case t == nil:
		return true // not bound, or not known
	case t == reflect.TypeFor[url.URL](), t == reflect.TypeFor[json.RawMessage](), t.Kind() == reflect.Interface:
		return true
	case s.Secret && t.Kind() == reflect.Struct:
		return true // a Secret, or another type with a Reveal method
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return false
	}
	return t.Kind() == reflect.String || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// blind reports whether the rules of a tag reveal nothing about the embedded part of a text: they
// check whether the text is present, is a URL, or how it begins or ends.
func blind(tag string) bool {
	for name := range rules(tag) {
		if !blindRules[name] && !strings.HasPrefix(name, "required") && !strings.HasPrefix(name, "excluded_") {
			return false
		}
	}
	return true
}

var blindRules = map[string]bool{
	"": true, "-": true, "dive": true, "keys": true, "endkeys": true, "omitempty": true, "omitnil": true, "omitzero": true,
	"skip_unless": true, "url": true, "uri": true, "http_url": true, "https_url": true, "ascii": true, "printascii": true,
	"startswith": true, "startsnotwith": true, "endswith": true, "endsnotwith": true,
}
