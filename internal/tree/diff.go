package tree

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Diff calls yield with the path of each leaf (scalar, list, or empty map) that one tree has and the other has not, or has
// otherwise, in the order of the trees, until yield returns false. Subtrees that both share are not entered. A scalar is otherwise
// too if other references gave it, or if references gave it in one tree alone; see [Same].
func Diff(a, b *Node, yield func(Path) bool) { diff(nil, a, b, yield) }

func diff(at Path, a, b *Node, yield func(Path) bool) bool {
	if a == b {
		return true
	}
	aMap, bMap := a != nil && a.Kind == Map, b != nil && b.Kind == Map
	if !aMap && !bMap || (a == nil && len(b.Entries) == 0) || (b == nil && len(a.Entries) == 0) {
		return Same(a, b) || yield(at)
	}
	if aMap != bMap && a != nil && b != nil { // one became the other: the key itself changed
		return yield(at)
	}
	if aMap {
		for _, e := range a.Entries {
			if !diff(at.Join(e.Key), e.Value, b.Child(e.Key), yield) {
				return false
			}
		}
	}
	if bMap {
		for _, e := range b.Entries {
			if a.Entry(e.Key) == nil && !diff(at.Join(e.Key), nil, e.Value, yield) {
				return false
			}
		}
	}
	return true
}

// Equal reports whether two trees have the same content, wherever it stands and in whatever order the keys are.
func Equal(a, b *Node) bool { return equal(a, b, false) }

// Same reports whether two trees are Equal and the same references gave it. What is shown goes by Same: by Equal, whoever may put
// guesses in place of references would be told which of them is right.
func Same(a, b *Node) bool { return equal(a, b, true) }

func equal(a, b *Node, refs bool) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.Kind != b.Kind || len(a.Items) != len(b.Items) || len(a.Entries) != len(b.Entries) {
		return false
	}
	switch a.Kind {
	case Scalar:
		return sameScalar(a.Value, b.Value) && !(refs && a.Ref != b.Ref)
	case List:
		for i := range a.Items {
			if !equal(a.Items[i], b.Items[i], refs) {
				return false
			}
		}
	case Map:
		for i := range a.Entries {
			e := b.Entry(a.Entries[i].Key)
			if e == nil || !equal(a.Entries[i].Value, e.Value, refs) {
				return false
			}
		}
	}
	return true
}

func sameScalar(a, b any) bool {
	switch x := a.(type) {
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || math.IsNaN(x) && math.IsNaN(y))
	}
	return a == b
}

// Secrets calls yield with the text of every scalar but a boolean that stands where shape says secret; of the text of a list or map of secrets also
// with each of its parts.
func Secrets(n *Node, shape *Shape, yield func(string)) { secrets(n, shape, false, yield) }

func secrets(n *Node, shape *Shape, within bool, yield func(string)) {
	if n == nil || shape == nil && !within {
		return
	}
	within = within || shape != nil && shape.Secret
	switch n.Kind {
	case Scalar:
		var text string
		switch v := n.Value.(type) {
		case string:
			text = v
		case source.Text:
			text = string(v)
		case int64:
			text = strconv.FormatInt(v, 10)
		case uint64:
			text = strconv.FormatUint(v, 10)
		case float64:
			text = strconv.FormatFloat(v, 'g', -1, 64)
		case time.Time:
			text = v.Format(time.RFC3339Nano)
		default:
			return // true and false are no secrets that could be found in a text
		}
		if !within && !shape.HidesText() {
			return
		}
		yield(text)
		if shape == nil || shape.Kind != ListOf && shape.Kind != MapOf {
			return
		}
		for _, part := range SplitText(text) {
			yield(part)
			if _, value, ok := strings.Cut(part, "="); ok && shape.Kind == MapOf {
				yield(strings.TrimSpace(value))
			}
		}
	case List:
		for i, item := range n.Items {
			secrets(item, shape.At(Item(i)), within, yield)
		}
	case Map:
		for i := range n.Entries {
			secrets(n.Entries[i].Value, shape.At(n.Entries[i].Key), within, yield)
		}
	}
}
