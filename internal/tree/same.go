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

// Moved returns a copy of a value with every line moved by a number of lines. The copy is Alike
// with n.
func (n *Node) Moved(lines int32) *Node {
	if n == nil || lines == 0 {
		return n
	}
	moved := *n
	moved.Line += lines
	if n.Items != nil {
		moved.Items = make([]*Node, len(n.Items))
		for i, item := range n.Items {
			moved.Items[i] = item.Moved(lines)
		}
	}
	if n.Entries != nil {
		moved.Entries = make([]Entry, len(n.Entries))
		for i, e := range n.Entries {
			moved.Entries[i] = e.Moved(lines)
		}
	}
	return &moved
}

// Moved returns a copy of an entry with every line moved by a number of lines.
func (e Entry) Moved(lines int32) Entry {
	if e.Line != 0 {
		e.Line += lines
	}
	e.Value = e.Value.Moved(lines)
	return e
}
