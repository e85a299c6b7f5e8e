package tree

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Plain returns the tree as Go's own maps, lists and scalars, all of them new; a source.Text
// becomes a string.
func (n *Node) Plain() any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Map:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = e.Value.Plain()
		}
		return m
	case List:
		l := make([]any, len(n.Items))
		for i, item := range n.Items {
			l[i] = item.Plain()
		}
		return l
	case Scalar:
		if t, ok := n.Value.(source.Text); ok {
			return string(t)
		}
		return n.Value
	}
	return nil
}

// FromPlain returns the tree of a value of Go's maps, lists and scalars, as source.Document.Tree
// allows them. Keys are in alphabetical order. The error names the path and the Go type of a value
// that cannot be part of a tree, and never the value.
func FromPlain(doc *Doc, v any) (*Node, error) {
	if grow := growthIn(v); grow != nil {
		if doc == nil {
			doc = new(Doc)
		}
		return grow(doc), nil
	}
	g := grower{doc: doc, budget: MaxNodes}
	return g.grow(v, 0)
}

// The limits of a tree, so that no input exhausts the stack or the memory: its depth, and its
// number of values, counting shared ones each time.
const (
	MaxDepth = 1000
	MaxNodes = 1 << 20
)

// grower makes a tree of a Go value.
type grower struct {
	doc    *Doc
	at     Path // of the current value
	budget int
}

func (g *grower) grow(v any, depth int) (*Node, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("nested deeper than %d", MaxDepth)
	}
	if g.budget--; g.budget < 0 {
		return nil, fmt.Errorf("more than %d values", MaxNodes)
	}
	if s, ok := scalar(v); ok {
		return NewScalar(g.doc, 0, 0, s), nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Map:
		if rv.Type().Key().Kind() == reflect.String || rv.Type().Key().Kind() == reflect.Interface {
			return g.growMap(rv, depth)
		}
	case reflect.Slice, reflect.Array:
		items := make([]*Node, rv.Len())
		for i := range items {
			child, err := g.below(Item(i), rv.Index(i), depth)
			if err != nil {
				return nil, err
			}
			items[i] = child
		}
		return NewList(g.doc, 0, 0, items), nil
	case reflect.Pointer:
		if rv.IsNil() {
			return NewScalar(g.doc, 0, 0, nil), nil
		}
		return g.grow(rv.Elem().Interface(), depth+1)
	}
	return nil, fmt.Errorf("%s: a %T cannot be part of a tree", g.at, v)
}

func (g *grower) below(segment string, v reflect.Value, depth int) (*Node, error) {
	g.at = append(g.at, segment)
	n, err := g.grow(v.Interface(), depth+1)
	g.at = g.at[:len(g.at)-1]
	return n, err
}

func (g *grower) growMap(rv reflect.Value, depth int) (*Node, error) {
	entries := make([]Entry, 0, rv.Len())
	for iter := rv.MapRange(); iter.Next(); {
		key := KeyText(iter.Key())
		child, err := g.below(key, iter.Value(), depth)
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Key: key, Value: child})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	for i := 1; i < len(entries); i++ {
		if entries[i].Key == entries[i-1].Key { // 1 and "1" in a map of any
			return nil, fmt.Errorf("%s: duplicate key", g.at.Join(entries[i].Key))
		}
	}
	return NewMap(g.doc, 0, 0, entries), nil
}

// KeyText returns the key of a Go map as the key of a tree: a string of any type unchanged, "null"
// for nil, and any other key as fmt.Sprint prints it.
func KeyText(key reflect.Value) string {
	if key.Kind() == reflect.Interface {
		key = key.Elem()
	}
	if key.Kind() == reflect.String {
		return key.String()
	}
	if !key.IsValid() {
		return "null"
	}
	return fmt.Sprint(key.Interface())
}

// scalar converts v to one of the types of Node.Value.
func scalar(v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string, bool, int64, float64, source.Text, time.Time:
		return v, true
	case time.Duration: // kept as text
		return v.String(), true
	case fs.FileMode: // as text, because a decimal number is not a file mode
		if v == v.Perm() {
			return fmt.Sprintf("%#o", uint32(v)), true
		}
	case []byte:
		return string(v), true
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if u := rv.Uint(); u > math.MaxInt64 {
			return u, true
		}
		return int64(rv.Uint()), true
	case reflect.Float32, reflect.Float64:
		return rv.Float(), true
	case reflect.String:
		return rv.String(), true
	case reflect.Bool:
		return rv.Bool(), true
	}
	return nil, false
}
