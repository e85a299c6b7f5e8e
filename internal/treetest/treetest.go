package treetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Maker makes and edits trees. It is not safe for concurrent use.
type Maker struct {
	Rand  *rand.Rand
	Shape *tree.Shape
	Doc   *tree.Doc
	// Bad is how many of 1000 values do not fit their field.
	Bad int
	// Texts are the values of types that nothing is known about.
	Texts map[reflect.Type][]any
	// Nodes is how many nodes were made.
	Nodes int

	line  int32
	nulls int // one of so many values is null
}

const manyNulls = 40

// Tree returns a tree.
func (m *Maker) Tree() *tree.Node {
	m.nulls = manyNulls
	for {
		if n := m.value(m.Shape, 0); n.Kind == tree.Map {
			return n
		}
	}
}

func (m *Maker) one(of int) bool { return m.Rand.IntN(of) == 0 }

func (m *Maker) bad() bool { return m.Bad > 0 && m.Rand.IntN(1000) < m.Bad }

func (m *Maker) value(s *tree.Shape, depth int) *tree.Node {
	m.line++
	m.Nodes++
	line := m.line
	switch {
	case m.bad():
		return tree.NewScalar(m.Doc, line, 1, []any{"~", true, -1.5, nil}[m.Rand.IntN(4)])
	case m.one(m.nulls):
		return tree.NewScalar(m.Doc, line, 1, nil)
	case s == nil || s.Kind == tree.Any:
		return m.anything(depth)
	}
	switch s.Kind {
	case tree.StructOf, tree.RemainderOf:
		return m.structure(s, depth)
	case tree.MapOf:
		return m.Map(s, m.few(depth), depth)
	case tree.ListOf:
		items := make([]*tree.Node, m.few(depth))
		if s.Go != nil && s.Go.Kind() == reflect.Array {
			items = make([]*tree.Node, s.Go.Len())
		}
		for i := range items {
			items[i] = m.item(s.Elem, depth)
		}
		return tree.NewList(m.Doc, line, 1, items)
	}
	return tree.NewScalar(m.Doc, line, 1, m.scalar(s.Go))
}

// item returns an item of a list, which is rarely null.
func (m *Maker) item(s *tree.Shape, depth int) *tree.Node {
	was := m.nulls
	m.nulls = 20 * manyNulls
	defer func() { m.nulls = was }()
	return m.value(s, depth+1)
}

func (m *Maker) few(depth int) int {
	switch {
	case depth > 5:
		return 0
	case depth > 2:
		return m.Rand.IntN(3)
	}
	return m.Rand.IntN(5)
}

// Map returns a map of a number of entries.
func (m *Maker) Map(s *tree.Shape, size, depth int) *tree.Node {
	line := m.line
	var entries []tree.Entry
	for i := range size {
		entries = append(entries, m.entry(keyOf(s, i+m.Rand.IntN(2)*size), s.Elem, depth))
	}
	return tree.NewMap(m.Doc, line, 1, entries)
}

// keyOf returns a key of a map.
func keyOf(s *tree.Shape, n int) string {
	if s != nil && s.Go != nil && s.Go.Kind() == reflect.Map && s.Go.Key().Kind() != reflect.String {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("k%d", n)
}

func (m *Maker) entry(key string, s *tree.Shape, depth int) tree.Entry {
	m.line++
	line := m.line
	return tree.Entry{Key: key, Value: m.value(s, depth+1), Line: line, Column: 1}
}

func (m *Maker) structure(s *tree.Shape, depth int) *tree.Node {
	line := m.line
	var entries []tree.Entry
	for _, key := range s.Order {
		if m.one(4) || depth > 6 {
			continue
		}
		entries = append(entries, m.field(s, key, depth))
	}
	if s.Kind == tree.RemainderOf {
		for i := range m.few(depth) {
			entries = append(entries, m.entry(fmt.Sprintf("r%d", i), s.Elem, depth))
		}
	}
	if m.bad() {
		entries = append(entries, m.entry(s.Order[0]+"x", nil, depth))
	}
	if tolerant := m.Doc.AllowUnknown || m.Doc.Shared; s.Kind == tree.StructOf && tolerant && m.one(3) {
		entries = append(entries, m.entry(fmt.Sprintf("unknown%d", m.Rand.IntN(3)), nil, depth))
	}
	if m.one(5) {
		m.Rand.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	}
	return tree.NewMap(m.Doc, line, 1, entries)
}

// field returns an entry for a field, by one of its names.
func (m *Maker) field(s *tree.Shape, key string, depth int) tree.Entry {
	e := m.entry(key, s.Fields[key], depth)
	for alias, of := range s.Aliases {
		if of == key && m.one(3) {
			e.Key = alias
		}
	}
	return e
}

func (m *Maker) anything(depth int) *tree.Node {
	line := m.line
	switch m.Rand.IntN(4) {
	case 0:
		return tree.NewScalar(m.Doc, line, 1, int64(m.Rand.IntN(4)))
	case 1:
		return m.Map(&tree.Shape{}, m.few(depth), depth)
	case 2:
		return tree.NewList(m.Doc, line, 1, []*tree.Node{tree.NewScalar(m.Doc, line, 1, "i")})
	}
	return tree.NewScalar(m.Doc, line, 1, "text")
}

func (m *Maker) scalar(t reflect.Type) any {
	for t != nil && t.Kind() == reflect.Pointer && m.Texts[t] == nil {
		t = t.Elem()
	}
	if all := m.Texts[t]; all != nil {
		return all[m.Rand.IntN(len(all))]
	}
	n := m.Rand.IntN(12)
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return fmt.Sprintf("%ds", n)
	case t == reflect.TypeFor[time.Time]():
		return fmt.Sprintf("2020-01-%02dT00:00:00Z", n+1)
	}
	switch t.Kind() {
	case reflect.Bool:
		return n%2 == 0
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int64(n)
	case reflect.Float32, reflect.Float64:
		return float64(n) / 2
	}
	return source.Text(fmt.Sprintf("t%d", n))
}

// Edit returns a tree with one edit, or with none but other lines.
func (m *Maker) Edit(root *tree.Node) *tree.Node {
	switch {
	case m.one(20):
		return tree.Shift{Line: 1, Lines: int32(m.Rand.IntN(5))}.Node(root)
	case m.one(20):
		return m.Edit(m.Edit(root))
	}
	return m.edit(root, m.Shape, 0)
}

func (m *Maker) edit(n *tree.Node, s *tree.Shape, depth int) *tree.Node {
	switch {
	case n.Kind == tree.Map && depth == 0, n.Kind == tree.Map && !m.one(12):
		return m.editMap(n, s, depth)
	case n.Kind == tree.List && len(n.Items) > 0 && !m.one(8):
		return m.editList(n, s, depth)
	}
	return m.value(s, depth)
}

func (m *Maker) editMap(n *tree.Node, s *tree.Shape, depth int) *tree.Node {
	entries := slices.Clone(n.Entries)
	switch {
	case len(entries) == 0 || m.one(10):
		entries = m.add(entries, s, depth)
	case m.one(12):
		i := m.Rand.IntN(len(entries))
		entries = slices.Delete(entries, i, i+1)
	case m.one(20):
		m.Rand.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	default:
		e := &entries[m.Rand.IntN(len(entries))]
		if m.one(4) { // the lines after an edit move
			e.Value = tree.Shift{Line: 1, Lines: 3}.Node(e.Value)
		} else {
			e.Value = m.edit(e.Value, s.At(e.Key), depth+1)
		}
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, entries)
}

// add adds an entry that the map does not have, if there can be one.
func (m *Maker) add(entries []tree.Entry, s *tree.Shape, depth int) []tree.Entry {
	var e tree.Entry
	switch {
	case s == nil || s.Kind == tree.MapOf || s.Kind == tree.Any:
		e = m.entry(keyOf(s, m.Rand.IntN(20)), s.At("k"), depth)
	case s.Kind == tree.RemainderOf && (m.one(2) || len(s.Order) == 0):
		e = m.entry(fmt.Sprintf("r%d", m.Rand.IntN(20)), s.Elem, depth)
	case len(s.Order) > 0:
		e = m.field(s, s.Order[m.Rand.IntN(len(s.Order))], depth)
	default:
		return entries
	}
	if slices.ContainsFunc(entries, func(o tree.Entry) bool { return o.Key == e.Key }) {
		return entries
	}
	return slices.Insert(entries, m.Rand.IntN(len(entries)+1), e)
}

func (m *Maker) editList(n *tree.Node, s *tree.Shape, depth int) *tree.Node {
	items := slices.Clone(n.Items)
	var elem *tree.Shape
	if s != nil {
		elem = s.Elem
	}
	i := m.Rand.IntN(len(items))
	switch {
	case m.one(5):
		items = slices.Delete(items, i, i+1)
	case m.one(5):
		items = slices.Insert(items, i, m.item(elem, depth))
	default:
		items[i] = m.edit(items[i], elem, depth+1)
	}
	return tree.NewList(n.Doc, n.Line, n.Column, items)
}
