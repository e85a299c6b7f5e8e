package layer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// A flat name means a path of the bound struct. Only the keys of the struct decide which:
// DB_POOL_SIZE may be db.pool_size, db.pool.size or db_pool.size.
//
// The rules for names of variables (environments and .env files):
//
//   - Keys are compared without regard to case, and '-', '.' and '_' are equal.
//   - "_" separates levels, or is a part of a key. The resolver tries all ways to split a name. If
//     two of them lead to different paths of the struct, the name is ambiguous, which is a problem.
//   - "__" resolves an ambiguity: it separates levels, and in a name that contains it, nothing else
//     does, if the name has a meaning that way. Before the whole name (ORDERS__A_B, or _A_B in a
//     file), it means that A_B is one key.
//   - An item of a list is its number: HOSTS_0, SERVERS_1_ADDR.
//   - In a map, the rest of the name is the key, in lower case, without the part that its elements
//     need: DATABASES_MAIN_DSN is databases.main.dsn if the elements have a dsn. Below an
//     interface, only "__" separates levels.
//
// The rules for names of properties: "." separates levels. Keys are compared exactly, and as above
// only if that leads to no path. Items of a list are hosts[0] or hosts.0. The key of a map ends at
// the first dot after which the rest has a meaning, and keeps its case, so that
// labels.app.kubernetes.io/name is the label "app.kubernetes.io/name". In brackets, the key of a
// map may contain any character: dbs[eu.main].dsn. Below an interface, [0] is an item of a list,
// and any other bracket is a key. See bracket.go.
//
// A relaxed resolver also finds keys in another spelling, see relaxed.go: in the names of
// properties for a key between two dots that is otherwise unknown, and in the names of variables
// only if the name has no other meaning.
type resolver struct {
	shape   *tree.Shape
	dots    bool // names of properties
	relaxed bool // keys may be in another spelling
	spelled spellings
	folded  map[*tree.Shape]map[string][]string
	lengths map[*tree.Shape]int
	targets []target

	name   string // as written
	low    string // in lower case; not of properties
	value  string // the text to set, which decides whether the name may mean a map or struct
	text   string // folded, unless exact
	strict bool   // only "__" separates levels
	loose  bool   // keys of variables are in another spelling
	exact  bool
	steps  []step
	failed map[place]bool
	tries  int // of this name
	beyond int // tries of the names before it beyond fairTries
}

// maxName is the length in bytes beyond which a name has no meaning: the number of ways to split a
// name grows with the square of its length.
const maxName = 1024

// The number of ways to split a name can grow with the square of its length. The tries beyond
// fairTries of each name count towards maxTries, the limit of the document.
const (
	fairTries = 512
	maxTries  = 1 << 22
)

// step is one level of a path.
type step struct {
	key   string
	index int  // of a list's item; -1 for a key
	free  bool // a key of a map, from the name of a variable
}

// target is what a name can mean.
type target struct {
	steps   []step
	shape   *tree.Shape
	section bool // a struct or a map, which takes only some texts
	free    bool // the last key is one of a map, so that anything fits
	secret  bool
}

// place is where in the name, and at which shape, the resolver is.
type place struct {
	shape *tree.Shape
	at    int
}

func (t target) path() tree.Path {
	p := make(tree.Path, len(t.steps))
	for i, s := range t.steps {
		p[i] = s.segment()
	}
	return p
}

func (s step) segment() string {
	if s.index >= 0 {
		return tree.Item(s.index)
	}
	return s.key
}

func newResolver(shape *tree.Shape, dots bool) *resolver {
	return &resolver{shape: shape, dots: dots, folded: map[*tree.Shape]map[string][]string{}, lengths: map[*tree.Shape]int{}}
}

// resolve returns the targets of a name and the text to set: none, one, or two that make it
// ambiguous. A target that is a struct or a map is returned only if there is no other.
func (r *resolver) resolve(name, value string) []target {
	r.value = value
	if len(name) > maxName || r.spent() {
		return nil
	}
	r.beyond, r.tries = r.beyond+max(0, r.tries-fairTries), 0
	for _, pass := range r.passes(name) {
		r.name, r.strict, r.exact, r.loose = pass.name, pass.strict, pass.exact, pass.loose
		r.text = pass.name
		if !pass.exact {
			r.text = fold(pass.name)
		}
		if !r.dots {
			r.low = lower(pass.name)
		}
		r.targets, r.steps, r.failed = nil, r.steps[:0], map[place]bool{}
		if r.name != "" {
			r.match(r.shape, 0, false)
		}
		if found := r.best(); found != nil {
			return found
		}
	}
	return nil
}

type pass struct {
	name                 string
	strict, exact, loose bool
}

// passes are the ways to split a name, those that take precedence first.
func (r *resolver) passes(name string) (all []pass) {
	if r.dots {
		return []pass{{name: name, exact: true}, {name: name}}
	}
	led := len(name) > 1 && name[0] == '_' && name[1] != '_'
	switch {
	case led:
		all = []pass{{name: name[1:], strict: true}, {name: name}, {name: name[1:]}}
	case strings.Contains(name, "__"):
		all = []pass{{name: name, strict: true}, {name: name}}
	default:
		all = []pass{{name: name}}
	}
	if r.relaxed {
		for _, p := range all[:len(all):len(all)] {
			p.loose = true
			all = append(all, p)
		}
	}
	return all
}

// best drops structs and maps if there is another target.
func (r *resolver) best() []target {
	var found []target
	for _, t := range r.targets {
		if !t.section {
			found = append(found, t)
		}
	}
	if found == nil {
		found = r.targets
	}
	return found[:min(len(found), 2)]
}

func (r *resolver) done() bool { return len(r.targets) >= 8 || r.spent() }

// spent reports whether the names exceeded the limit.
func (r *resolver) spent() bool { return r.beyond+max(0, r.tries-fairTries) > maxTries }

// take adds a target if the whole name is used.
func (r *resolver) take(shape *tree.Shape, free, secret bool) bool {
	section := shape != nil && (shape.Kind == tree.StructOf || shape.Kind == tree.MapOf || shape.Kind == tree.RemainderOf)
	if section && free && !(r.strict || strings.HasPrefix(strings.TrimSpace(r.value), "{")) {
		return false // otherwise an unknown key below a map of structs would be a key of the map
	}
	if section && free && !tree.HasText(r.value, shape.Kind) {
		return false
	}
	t := target{steps: slices.Clone(r.steps), shape: shape, section: section, free: free, secret: secret || shape != nil && shape.Secret}
	for _, other := range r.targets {
		if slices.Equal(other.steps, t.steps) || other.path().Canonical(r.shape).String() == t.path().Canonical(r.shape).String() {
			return true // a key and its alias may differ only in case and separators
		}
	}
	r.targets = append(r.targets, t)
	return true
}

// match matches the name, from at, with the keys below shape, and reports whether it found a
// target.
func (r *resolver) match(shape *tree.Shape, at int, secret bool) bool {
	if r.done() || r.failed[place{shape, at}] {
		return false
	}
	kind := tree.Any
	if shape != nil {
		kind, secret = shape.Kind, secret || shape.Secret
	}
	ok := false
	switch kind {
	case tree.Any:
		if r.dots {
			ok = r.matchDotted(at, len(r.steps) == 0, secret)
		} else {
			ok = r.matchAny(at, secret)
		}
	case tree.ListOf:
		ok = r.matchItem(shape, at, secret)
	case tree.MapOf:
		ok = r.matchFree(shape, at, secret)
	case tree.StructOf:
		ok = r.matchField(shape, at, secret)
	case tree.RemainderOf:
		ok = r.matchField(shape, at, secret) || r.matchFree(shape, at, secret)
	}
	if !ok && !r.done() {
		r.failed[place{shape, at}] = true
	}
	return ok
}

// matchField matches a key of a struct, and the rest below it.
func (r *resolver) matchField(shape *tree.Shape, at int, secret bool) (ok bool) {
	for end := at + 1; end <= min(len(r.text), at+r.longest(shape)); end++ {
		if r.tries++; !r.boundary(end) {
			continue
		}
		for _, key := range r.keys(shape, at, end) {
			ok = r.below(step{key: key, index: -1}, shape.At(key), end, false, secret) || ok
		}
	}
	return ok
}

// matchItem matches the number of a list item: 0, or [0] in the name of a property.
func (r *resolver) matchItem(shape *tree.Shape, at int, secret bool) bool {
	digits := at
	if r.dots && r.name[at] == '[' {
		digits = at + 1
	}
	end := digits
	for ; end < len(r.text) && r.text[end] >= '0' && r.text[end] <= '9'; end++ {
	}
	index, err := strconv.Atoi(r.text[digits:end])
	if err != nil || end-digits > 1 && r.text[digits] == '0' {
		return false
	}
	if digits > at {
		if end == len(r.text) || r.text[end] != ']' {
			return false
		}
		end++
	}
	return r.boundary(end) && r.below(step{index: index}, shape.Elem, end, false, secret)
}

// matchFree matches a key of a map. For properties, and where only "__" separates levels, the
// shortest key that leads to a target counts; for other names of variables, all do.
func (r *resolver) matchFree(shape *tree.Shape, at int, secret bool) (ok bool) {
	if shape.Elem == nil || shape.Elem.Kind == tree.Any {
		secret = secret || shape.Elem != nil && shape.Elem.Secret
		if r.dots {
			return r.matchDotted(at, true, secret)
		}
		return r.matchAny(at, secret)
	}
	if r.dots && r.name[at] == '[' {
		return r.matchBracketed(shape, at, secret)
	}
	for end := at + 1; end <= len(r.text); end++ {
		if r.tries++; !r.boundary(end) {
			continue
		}
		if r.dots && strings.ContainsAny(r.name[at:end], "[]") {
			return ok // a bracket is not a part of a key
		}
		ok = r.below(r.freeStep(at, end), shape.Elem, end, true, secret) || ok
		if ok && (r.dots || r.strict) {
			return true
		}
	}
	return ok
}

// matchAny matches the rest of the name of a variable below an interface.
func (r *resolver) matchAny(at int, secret bool) bool {
	r.tries += len(r.text) - at
	before, start := len(r.steps), at
	defer func() { r.steps = r.steps[:before] }()
	for i := at; i <= len(r.text); i++ {
		width := 0
		switch {
		case i == len(r.text):
		case strings.HasPrefix(r.name[i:], "__"):
			width = 2
		default:
			continue
		}
		if i == start {
			return false // an empty key
		}
		r.steps = append(r.steps, r.freeStep(start, i))
		start, i = i+width, i+max(width, 1)-1
	}
	return r.take(nil, true, secret)
}

// below continues after a key that ends at end.
func (r *resolver) below(s step, shape *tree.Shape, end int, free, secret bool) (ok bool) {
	r.steps = append(r.steps, s)
	defer func() { r.steps = r.steps[:len(r.steps)-1] }()
	if end == len(r.text) {
		return r.take(shape, free, secret)
	}
	for _, width := range r.separators(end) {
		if end+width < len(r.text) && !(r.dots && width > 0 && r.name[end+width] == '[') { // there is no key before that bracket
			ok = r.match(shape, end+width, secret) || ok
		}
	}
	return ok
}

// boundary reports whether a key may end at i.
func (r *resolver) boundary(i int) bool { return i == len(r.text) || len(r.separators(i)) > 0 }

var (
	noWidth   = []int{}
	bracket   = []int{0}
	oneWide   = []int{1}
	twoWide   = []int{2}
	eitherWay = []int{2, 1}
)

// separators returns the possible widths of the separator at i.
func (r *resolver) separators(i int) []int {
	c := r.name[i]
	if r.dots {
		switch c {
		case '.':
			return oneWide
		case '[':
			return bracket
		}
		return noWidth
	}
	single := c == '_' || c == '-' || c == '.'
	double := c == '_' && i+1 < len(r.name) && r.name[i+1] == '_'
	switch {
	case double && r.strict:
		return twoWide
	case double:
		return eitherWay
	case single && !r.strict:
		return oneWide
	}
	return noWidth
}

// freeStep returns the key of a map: unchanged in the name of a property, in lower case otherwise.
func (r *resolver) freeStep(at, end int) step {
	if r.dots {
		return step{key: r.name[at:end], index: -1}
	}
	return step{key: r.low[at:end], index: -1, free: true}
}
