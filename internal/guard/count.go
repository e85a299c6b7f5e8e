package guard

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// hasType reports whether a field gives a value its type, so that the type which the document
// writes does not matter: binding rejects a value that the field does not accept. A key without a
// field, and a field that accepts anything, such as an any, take the type from the document.
func hasType(s *tree.Shape) bool {
	if s == nil || s.Reserved {
		return false
	}
	return s.Kind != tree.Any || s.Go != nil && s.Go.Kind() != reflect.Interface && s.Go != reflect.TypeFor[json.RawMessage]()
}

// below returns the shape of a key below a shape. What is below a field of one value belongs to
// that field.
func below(s *tree.Shape, key string) *tree.Shape {
	if hasType(s) && (s.Kind == tree.Leaf || s.Kind == tree.Any) {
		return s
	}
	return s.At(key)
}

// leaves counts scalars and empty lists. A text without a type that is bound to a list or map, such
// as "a,b", counts as its items.
func leaves(n *tree.Node, s *tree.Shape) int {
	switch {
	case n == nil || n.Kind == tree.Null:
		return 0
	case n.Kind == tree.Scalar:
		items, _ := itemsOf(n, s)
		return max(1, items)
	case n.Kind == tree.List:
		count := 0
		for _, item := range n.Items {
			count += max(1, leaves(item, below(s, "")))
		}
		return max(1, count)
	}
	count := 0
	for i := range n.Entries {
		count += leaves(n.Entries[i].Value, below(s, n.Entries[i].Key))
	}
	return count
}

// hasLeaf reports whether leaves counts anything.
func hasLeaf(n *tree.Node) bool {
	switch {
	case n == nil || n.Kind == tree.Null:
		return false
	case n.Kind == tree.Map:
		return slices.ContainsFunc(n.Entries, func(e tree.Entry) bool { return hasLeaf(e.Value) })
	}
	return true
}

// itemsOf returns how many items the value of a list or map has, in whatever form. It reports false
// for other values, and for a map whose keys are compared one by one.
func itemsOf(n *tree.Node, s *tree.Shape) (items int, ok bool) {
	isMap := s != nil && s.Kind == tree.MapOf
	switch text, isText := n.Value.(source.Text); {
	case n.Kind == tree.List:
		return len(n.Items), true
	case n.Kind == tree.Map && isMap:
		return len(n.Entries), true
	case n.Kind == tree.Scalar && isText && (isMap || s != nil && s.Kind == tree.ListOf):
		return len(tree.SplitText(string(text))), true
	}
	return 0, false
}

// shrunk returns how many keys fewer next has than old, if both are lists, or forms of one list or
// map. It compares counts, not items.
func shrunk(old, next *tree.Node, s *tree.Shape) int {
	had, ok := itemsOf(old, s)
	has, also := itemsOf(next, s)
	switch {
	case !ok || !also || had == 0:
		return 0
	case has == 0:
		return leaves(old, s)
	}
	return max(0, leaves(old, s)-leaves(next, s))
}
