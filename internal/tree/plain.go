package tree

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Plain returns the tree as Go's own maps, lists and scalars, all of them new; a source.Text becomes a string.
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

// FromPlain returns the tree of a value of Go's maps, lists and scalars, as source.Document.Tree allows them. Keys are in
// alphabetical order. The error names the path and the Go type of what it cannot take, never a value.
func FromPlain(doc *Doc, v any) (*Node, error) {
	budget := MaxNodes
	return fromPlain(doc, nil, v, 0, &budget)
}

// The limits of a tree, so that no input exhausts the stack or the memory: how deep it may be, and how many values it may
// have, those that are shared counted each time.
const (
	MaxDepth = 1000
	MaxNodes = 1 << 20
)

func fromPlain(doc *Doc, at Path, v any, depth int, budget *int) (*Node, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("nested deeper than %d", MaxDepth)
	}
	if *budget--; *budget < 0 {
		return nil, fmt.Errorf("more than %d values", MaxNodes)
	}
	if s, ok := scalar(v); ok {
		return NewScalar(doc, 0, 0, s), nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Map:
		if rv.Type().Key().Kind() != reflect.String && rv.Type().Key().Kind() != reflect.Interface {
			break
		}
		entries := make([]Entry, 0, rv.Len())
		for iter := rv.MapRange(); iter.Next(); {
			key, ok := iter.Key().Interface().(string)
			if !ok {
				key = fmt.Sprint(iter.Key().Interface())
			}
			child, err := fromPlain(doc, at.Join(key), iter.Value().Interface(), depth+1, budget)
			if err != nil {
				return nil, err
			}
			entries = append(entries, Entry{Key: key, Value: child})
		}
		slices.SortFunc(entries, func(a, b Entry) int {
			switch {
			case a.Key < b.Key:
				return -1
			case a.Key > b.Key:
				return 1
			}
			return 0
		})
		for i := 1; i < len(entries); i++ {
			if entries[i].Key == entries[i-1].Key { // 1 and "1" in a map of any
				return nil, fmt.Errorf("%s: key stands twice", at.Join(entries[i].Key))
			}
		}
		return NewMap(doc, 0, 0, entries), nil
	case reflect.Slice, reflect.Array:
		items := make([]*Node, rv.Len())
		for i := range items {
			child, err := fromPlain(doc, at.Join(Item(i)), rv.Index(i).Interface(), depth+1, budget)
			if err != nil {
				return nil, err
			}
			items[i] = child
		}
		return NewList(doc, 0, 0, items), nil
	case reflect.Pointer:
		if rv.IsNil() {
			return NewScalar(doc, 0, 0, nil), nil
		}
		return fromPlain(doc, at, rv.Elem().Interface(), depth+1, budget)
	}
	return nil, fmt.Errorf("%s: a %T has no place in a tree", at, v)
}

// scalar returns v as one of the types that Node.Value has.
func scalar(v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string, bool, int64, float64, source.Text, time.Time:
		return v, true
	case time.Duration: // a type of its own, kept as it is written
		return v.String(), true
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
