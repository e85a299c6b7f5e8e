package layer

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// flat makes a tree of names and texts.
type flat struct {
	*reading
	resolver *resolver
	root     slot
	known    []spelling // of the shape, for suggestions; nil until one is wanted
	edits    edits
	strange  []*setting // names without a key, judged when all names are known
}

// setting is one name and its text, with their positions.
type setting struct {
	name         string // as the resolver gets it
	shown        string // as in messages: "$ORDERS_DB_POOL", "DB_POOL", "db.pool"
	value        string
	doc          *tree.Doc
	line, column int32 // of the name
	valueLine    int32
	valueColumn  int32
	file         bool // shown names a file, and value is its content
	named        bool // an option of the source names it
	flag         bool // further settings of one key may follow
	node         *tree.Node
}

// slot is a place of the tree while it is built.
type slot struct {
	step  step
	set   *setting // the text of this place; nil for a map or list
	below []*slot
	index map[step]*slot
	first *setting // the setting that created it
}

func (r *reading) flat(dots bool) *flat {
	r.doc.Variables = !dots
	return r.names(dots)
}

// names is flat for a document whose other names are read already.
func (r *reading) names(dots bool) *flat {
	r.isFlat = true
	f := &flat{reading: r, resolver: newResolver(r.shape, dots)}
	f.resolver.relaxed = r.relaxed
	return f
}

// add resolves a name and puts its text into the tree.
func (f *flat) add(s *setting) {
	if targets := f.resolver.resolve(s.name, s.value); f.fits(s, targets) {
		f.named++
		f.put(s, targets[0])
	}
}

// fits reports problems with the targets of a name, and whether there is one target to set.
func (f *flat) fits(s *setting, targets []target) bool {
	switch {
	case f.resolver.spent():
		if !f.stopped {
			f.tell(s, source.TooLarge, "", "is among too many long names; shorten the names, or split the document")
			f.stopped = true
		}
		return false
	case len(targets) == 0:
		f.judge(s)
		return false
	case targets[0].section && !tree.HasText(s.value, targets[0].shape.Kind):
		f.reading.strange++
		if !f.doc.AllowUnknown || s.named { // a variable of another program with the name of one of our maps
			message := "has keys below it and cannot be set to a text, except to JSON in braces"
			if targets[0].shape.Kind == tree.MapOf {
				message = tree.NotAMap
			}
			f.tell(s, source.WrongType, targets[0].path().String(), message)
		}
		return false
	case len(targets) > 1:
		f.tell(s, source.Malformed, "", fmt.Sprintf("is ambiguous: it can mean %s or %s; %s",
			targets[0].path(), targets[1].path(), f.wayOut()))
		return false
	}
	return true
}

func (f *flat) wayOut() string {
	if f.resolver.dots {
		return "the keys of the struct must not differ only in case, '-' and '_'"
	}
	return "write __ between levels to tell them apart, or in front of a name that is one key"
}

// put places the text.
func (f *flat) put(s *setting, t target) {
	path := t.path().String()
	if !utf8.ValidString(s.name) {
		f.tell(s, source.Malformed, "", "has a name that is not UTF-8")
		return
	}
	if !utf8.ValidString(s.value) {
		f.tell(s, source.Malformed, path, "is not UTF-8")
		return
	}
	node, fault := f.nodeOf(s, t)
	if fault != "" {
		f.tell(s, source.Malformed, path, fault)
		return
	}
	if !f.count(size(node), s.line, s.column) {
		return
	}
	s.node = node
	at := &f.root
	for _, st := range t.steps {
		if at.set != nil {
			f.tell(s, source.DuplicateKey, path, "is below a key that is set as a whole by "+f.other(at.set))
			return
		}
		if len(at.below) > 0 && (at.below[0].step.index >= 0) != (st.index >= 0) {
			message := "is a key, but " + f.other(at.below[0].first) + " makes its parent a list"
			if st.index >= 0 {
				message = "is an item of a list, but " + f.other(at.below[0].first) + " makes its parent a map"
			}
			f.tell(s, source.DuplicateKey, path, message)
			return
		}
		at = at.child(st, s)
	}
	switch {
	case at.set != nil && at.set.flag && s.flag:
		s.node = together(at.set.node, node, t.shape)
		at.set = s
	case at.set != nil && f.relaxed && at.set.name != s.name && tree.Equal(at.set.node, node):
		f.entire = true
		return // another spelling of the key has the same value
	case at.set != nil && at.set.file != s.file:
		f.tell(s, source.InvalidArgument, path, "is set by both "+at.set.shown+" and "+s.shown+"; set only one of them")
	case at.set != nil:
		f.tell(s, source.DuplicateKey, path, "is defined twice; the first is "+f.other(at.set))
	case len(at.below) > 0:
		f.tell(s, source.DuplicateKey, path, "is set as a whole, and a part of it is set by "+f.other(at.first))
	default:
		at.set = s
	}
}

// nodeOf returns the value of a setting: a text, or the map or list that it means at its place. The
// fault says why it means nothing there.
func (f *flat) nodeOf(s *setting, t target) (n *tree.Node, fault string) {
	n = tree.NewScalar(s.doc, s.valueLine, s.valueColumn, source.Text(s.value))
	if t.shape == nil {
		return n, ""
	}
	return tree.FromText(n, t.shape.Kind)
}

// size returns the number of values at and below a node.
func size(n *tree.Node) int {
	all := 1
	for _, item := range n.Items {
		all += size(item)
	}
	for _, e := range n.Entries {
		all += size(e.Value)
	}
	return all
}

// other describes the setting that another one collides with.
func (f *flat) other(s *setting) string {
	if s.line > 0 {
		return fmt.Sprintf("%s on line %d", s.shown, s.line)
	}
	return s.shown
}

func (s *slot) child(st step, by *setting) *slot {
	if c := s.index[st]; c != nil {
		return c
	}
	if s.index == nil {
		s.index = map[step]*slot{}
	}
	c := &slot{step: st, first: by}
	s.index[st] = c
	s.below = append(s.below, c)
	return c
}

// tell reports a problem with a setting.
func (f *flat) tell(s *setting, kind source.Kind, key, message string) {
	doc := f.doc
	f.doc = s.doc
	f.reportAt(kind, s.line, s.column, key, message)
	f.doc = doc
}

// build returns the tree.
func (f *flat) build() *tree.Node {
	for _, s := range f.strange {
		f.judgeShared(s)
	}
	if n := f.node(&f.root, f.shape); n != nil {
		return n
	}
	return tree.NewMap(f.reading.doc, 0, 0, nil)
}

func (f *flat) node(s *slot, shape *tree.Shape) *tree.Node {
	if s.set != nil {
		return s.set.node
	}
	if len(s.below) == 0 {
		return nil
	}
	doc, line, column := f.reading.doc, int32(0), int32(0)
	if s.first != nil {
		doc, line, column = s.first.doc, s.first.line, s.first.column
	}
	if s.below[0].step.index >= 0 {
		return f.list(s, shape, doc, line, column)
	}
	es := make([]tree.Entry, 0, len(s.below))
	for _, c := range s.below {
		if n := f.node(c, shape.At(c.step.key)); n != nil {
			es = append(es, tree.Entry{Key: c.step.key, Value: n, Line: c.first.line, Column: c.first.column, AnySpelling: c.step.free})
		}
	}
	return tree.NewMap(doc, line, column, es)
}

// list returns a list that is given item by item. It must have no gap, unless its items are merged
// into those of lower layers by position.
func (f *flat) list(s *slot, shape *tree.Shape, doc *tree.Doc, line, column int32) *tree.Node {
	slices.SortFunc(s.below, func(a, b *slot) int { return cmp.Compare(a.step.index, b.step.index) })
	items, places := make([]*tree.Node, 0, len(s.below)), make([]int, 0, len(s.below))
	gaps := ruleOf(shape).How == tree.MergeIndex
	for i, c := range s.below {
		if c.step.index != i && !gaps {
			f.tell(c.first, source.Malformed, "", fmt.Sprintf("is item %d of a list that has no item %d; a list is given as a whole, from 0 on",
				c.step.index, i))
			break
		}
		if n := f.node(c, shape.At(c.step.segment())); n != nil {
			items, places = append(items, n), append(places, c.step.index)
		}
	}
	return tree.NewPartialList(doc, line, column, items, places)
}
