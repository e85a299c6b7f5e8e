package guard

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Loss is what a document lost against the one before it.
type Loss struct {
	// Had is how many keys there were, and Lost how many of them are gone. Each scalar at any depth
	// and each item of a list counts as a key.
	Had, Lost int
	// Left is how many keys there are now.
	Left int
	// Retyped are the keys whose type changed, with the types: "db.pool was a number and is a
	// string". A key that is bound to a field has the type of the field, whatever its document
	// writes.
	Retyped []string
}

// MinLost is the number of lost keys from which their share counts: a small document often loses
// half of its keys.
const MinLost = 5

// maxRetyped is how many keys Loss.Retyped has at most.
const maxRetyped = 8

// Compare compares two documents that are bound to a shape. An explicit null counts as a lost key.
func Compare(old, next *tree.Node, shape *tree.Shape) Loss {
	var l Loss
	l.walk(nil, old, next, shape)
	l.Had, l.Left = leaves(old, shape), leaves(next, shape)
	return l
}

// Reasons returns the Reasons of Compare. It counts the keys of the documents only if some are
// lost.
func Reasons(old, next *tree.Node, shape *tree.Shape, maxShare float64) []string {
	if tree.Alike(old, next) {
		return nil
	}
	var l Loss
	l.walk(nil, old, next, shape)
	if l.Lost >= MinLost || !hasLeaf(next) {
		l.Had, l.Left = leaves(old, shape), leaves(next, shape)
		return l.Reasons(maxShare)
	}
	return l.Retyped
}

func (l *Loss) walk(at tree.Path, old, next *tree.Node, shape *tree.Shape) {
	if old == nil || old.Kind == tree.Null || tree.Alike(old, next) {
		return
	}
	if next == nil || next.Kind == tree.Null {
		l.Lost += leaves(old, shape)
		return
	}
	if a, b := typeOf(old), typeOf(next); a != b && a != "" && b != "" && len(l.Retyped) < maxRetyped && !hasType(shape) {
		l.Retyped = append(l.Retyped, fmt.Sprintf("%s was %s and is %s", at, a, b))
	}
	if old.Kind != tree.Map || next.Kind != tree.Map {
		l.Lost += shrunk(old, next, shape)
		return
	}
	for i := range old.Entries {
		e := &old.Entries[i]
		if child := next.Child(e.Key); !tree.Alike(e.Value, child) {
			l.walk(at.Join(e.Key), e.Value, child, below(shape, e.Key))
		}
	}
}

// typeOf returns the type of a node in words; empty if the format of the document does not say.
func typeOf(n *tree.Node) string {
	switch n.Kind {
	case tree.Map:
		return "a map"
	case tree.List:
		return "a list"
	}
	switch n.Value.(type) {
	case source.Text:
		return ""
	case string:
		return "a string"
	case bool:
		return "a bool"
	case time.Time:
		return "a time"
	}
	return "a number"
}

// Reasons returns why the change needs an approval; nil if it does not. maxShare is the share of
// its keys that a document may lose.
func (l Loss) Reasons(maxShare float64) []string {
	var reasons []string
	switch {
	case l.Had > 0 && l.Left == 0:
		reasons = append(reasons, fmt.Sprintf("is empty and had %s", keys(l.Had)))
	case TooMany(l.Lost, l.Had, maxShare):
		reasons = append(reasons, fmt.Sprintf("loses %d of %s", l.Lost, keys(l.Had)))
	}
	return append(reasons, l.Retyped...)
}

func keys(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}
