package tree

import "sync/atomic"

// content identifies what a map or list says, regardless of its lines. Each map and list that is
// made has a content of its own; a copy that only moves lines shares the one of its original.
type content struct {
	digests [digestKinds]atomic.Pointer[placed[[32]byte]]
	facts   [factKinds]atomic.Pointer[placed[bool]]
}

// Alike reports whether two values of the same document say the same, so that everything computed
// from one of them, except for positions, is also true of the other. It compares maps and lists by
// identity and takes constant time; it may report false for two values that say the same.
func Alike(a, b *Node) bool {
	switch {
	case a == b:
		return true
	case a == nil || b == nil || a.Kind != b.Kind || a.Doc != b.Doc:
		return false
	case a.Kind == Scalar:
		return a.Octal == b.Octal && a.Ref == b.Ref && a.Value == b.Value
	}
	return a.content != nil && a.content == b.content
}
