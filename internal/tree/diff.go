package tree

import (
	"math"
	"slices"
	"time"
)

// Diff calls yield with the path of each leaf (scalar, list, or empty map) that is in only one tree
// or differs between the trees, in the order of the trees, until yield returns false. It does not
// enter shared subtrees, nor those that only moved to other lines. Two scalars also differ if their
// values come from different references, or if only one comes from a reference; see [Same].
func Diff(a, b *Node, yield func(Path) bool) { diff(nil, a, b, yield) }

func diff(at Path, a, b *Node, yield func(Path) bool) bool {
	if Alike(a, b) {
		return true
	}
	aMap, bMap := a != nil && a.Kind == Map, b != nil && b.Kind == Map
	if !aMap && !bMap || (a == nil && len(b.Entries) == 0) || (b == nil && len(a.Entries) == 0) {
		return Same(a, b) || yield(at)
	}
	if aMap != bMap && a != nil && b != nil { // one is a map and one is not: the key itself changed
		return yield(at)
	}
	if aMap {
		for i := range a.Entries {
			e := &a.Entries[i]
			if child := b.Child(e.Key); !Alike(e.Value, child) && !diff(at.Join(e.Key), e.Value, child, yield) {
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

// Equal reports whether two trees have the same content, regardless of positions and of the order
// of keys.
func Equal(a, b *Node) bool { return equal(a, b, false) }

// Same reports whether two trees are Equal and have the same references. Output depends on Same:
// with Equal, anyone who can replace references by guesses would learn which guess is right.
func Same(a, b *Node) bool { return equal(a, b, true) }

func equal(a, b *Node, refs bool) bool {
	if Alike(a, b) {
		return true
	}
	if a == nil || b == nil || a.Kind != b.Kind || len(a.Items) != len(b.Items) || len(a.Entries) != len(b.Entries) {
		return false
	}
	switch a.Kind {
	case Scalar:
		return sameScalar(a.Value, b.Value) && !(refs && a.Ref != b.Ref)
	case List:
		if (a.Places == nil) != (b.Places == nil) || !slices.Equal(a.Places, b.Places) {
			return false
		}
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

// Identical reports whether two trees are the same in every respect: values, order, positions, and
// what their documents say of keys. at is the path of the first difference.
func Identical(a, b *Node) (at Path, same bool) {
	switch {
	case a == b:
		return nil, true
	case a == nil || b == nil || a.Kind != b.Kind || a.Octal != b.Octal || a.Bare != b.Bare || a.Ref != b.Ref || a.Line != b.Line || a.Column != b.Column,
		len(a.Items) != len(b.Items), len(a.Entries) != len(b.Entries), !slices.Equal(a.Places, b.Places), !sameDoc(a.Doc, b.Doc),
		a.Kind == Scalar && !sameScalar(a.Value, b.Value):
		return nil, false
	}
	for i := range a.Items {
		if below, same := Identical(a.Items[i], b.Items[i]); !same {
			return slices.Concat(Path{Item(i)}, below), false
		}
	}
	for i := range a.Entries {
		x, y := a.Entries[i], b.Entries[i]
		below, same := Identical(x.Value, y.Value)
		if x.Value, y.Value = nil, nil; !same || x != y {
			return slices.Concat(Path{x.Key}, below), false
		}
	}
	return nil, true
}

func sameDoc(a, b *Doc) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Layer == b.Layer && a.Name == b.Name && a.AllowUnknown == b.AllowUnknown && a.Shared == b.Shared && a.Variables == b.Variables
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
