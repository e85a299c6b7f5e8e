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
}

// setting is one name and its text, and where they stand.
type setting struct {
	name         string // as it is resolved
	shown        string // as a person knows it: "$ORDERS_DB_POOL", "DB_POOL", "db.pool"
	value        string
	doc          *tree.Doc
	line, column int32 // of the name
	valueLine    int32
	valueColumn  int32
	file         bool // shown names a file, and value is its content
	named        bool // the source is told to read it by its name
}

// slot is a place of the tree while it is made.
type slot struct {
	step  step
	set   *setting // the text that stands here; nil for a section
	below []*slot
	index map[step]*slot
	first *setting // what made it
}

func (r *reading) flat(dots bool) *flat {
	return &flat{reading: r, resolver: newResolver(r.shape, dots)}
}

// add resolves a name and puts its text in place.
func (f *flat) add(s *setting) {
	if targets := f.resolver.resolve(s.name); f.fits(s, targets) {
		f.put(s, targets[0])
	}
}

// fits reports what is wrong with what a name can mean, and whether there is anything to put.
func (f *flat) fits(s *setting, targets []target) bool {
	switch {
	case f.resolver.spent():
		if !f.stopped {
			f.tell(s, source.TooLarge, "", "is among too many long names; shorten the names, or split the document")
			f.stopped = true
		}
		return false
	case len(targets) == 0:
		if !f.doc.AllowUnknown || s.named {
			f.unknown(s)
		}
		return false
	case targets[0].section:
		if !f.doc.AllowUnknown || s.named { // a stranger's variable that is called as our section is
			f.tell(s, source.WrongType, targets[0].path().String(), "has keys below it and takes no text")
		}
		return false
	case len(targets) > 1:
		f.tell(s, source.Malformed, "", fmt.Sprintf("is ambiguous: it can mean %s and %s; %s",
			targets[0].path(), targets[1].path(), f.wayOut()))
		return false
	}
	return true
}

func (f *flat) wayOut() string {
	if f.resolver.dots {
		return "the keys of the struct should not differ in case, '-' and '_' only"
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
	if !f.count(1, s.line, s.column) {
		return
	}
	at := &f.root
	for _, st := range t.steps {
		if at.set != nil {
			f.tell(s, source.DuplicateKey, path, "stands below what is set as a whole by "+f.other(at.set))
			return
		}
		if len(at.below) > 0 && (at.below[0].step.index >= 0) != (st.index >= 0) {
			message := "is a key of what " + f.other(at.below[0].first) + " makes a list"
			if st.index >= 0 {
				message = "is an item of what " + f.other(at.below[0].first) + " makes a map"
			}
			f.tell(s, source.DuplicateKey, path, message)
			return
		}
		at = at.child(st, s)
	}
	switch {
	case at.set != nil && at.set.file != s.file:
		f.tell(s, source.InvalidArgument, path, "is set by "+at.set.shown+" and by "+s.shown+"; only one of them may be")
	case at.set != nil:
		f.tell(s, source.DuplicateKey, path, "stands twice; the first is "+f.other(at.set))
	case len(at.below) > 0:
		f.tell(s, source.DuplicateKey, path, "is set as a whole, and a part of it by "+f.other(at.first))
	default:
		at.set = s
	}
}

// other names a setting that another one collides with.
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
	if n := f.node(&f.root); n != nil {
		return n
	}
	return tree.NewMap(f.reading.doc, 0, 0, nil)
}

func (f *flat) node(s *slot) *tree.Node {
	if s.set != nil {
		return tree.NewScalar(s.set.doc, s.set.valueLine, s.set.valueColumn, source.Text(s.set.value))
	}
	if len(s.below) == 0 {
		return nil
	}
	doc, line, column := f.reading.doc, int32(0), int32(0)
	if s.first != nil {
		doc, line, column = s.first.doc, s.first.line, s.first.column
	}
	if s.below[0].step.index >= 0 {
		return tree.NewList(doc, line, column, f.items(s))
	}
	es := make([]tree.Entry, 0, len(s.below))
	for _, c := range s.below {
		if n := f.node(c); n != nil {
			es = append(es, tree.Entry{Key: c.step.key, Value: n, Line: c.first.line, Column: c.first.column})
		}
	}
	return tree.NewMap(doc, line, column, es)
}

// items returns a list's, which must have no gap.
func (f *flat) items(s *slot) []*tree.Node {
	slices.SortFunc(s.below, func(a, b *slot) int { return cmp.Compare(a.step.index, b.step.index) })
	items := make([]*tree.Node, 0, len(s.below))
	for i, c := range s.below {
		if c.step.index != i {
			f.tell(c.first, source.Malformed, "", fmt.Sprintf("is item %d of a list that has no item %d; a list is given as a whole, from 0 on",
				c.step.index, i))
			break
		}
		if n := f.node(c); n != nil {
			items = append(items, n)
		}
	}
	return items
}
