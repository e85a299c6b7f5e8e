package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Candidate is the value of one root at a path.
type Candidate struct {
	// Root is the index of the root among the arguments.
	Root int
	Node *tree.Node
	// Entry is the entry of Node; nil for an item of a list and for the root itself.
	Entry *tree.Entry
	// Hidden reports whether a higher root replaces it: at the path, or above it, both have a
	// value, and one of the two is not a map.
	Hidden bool
}

// Candidates returns the values of the roots, lowest first, at a path. It skips nil roots. The
// candidates that are not Hidden form the value of Merge: they are one value, or several maps. A
// Null that is not Hidden means that the path is absent.
func Candidates(path tree.Path, roots ...*tree.Node) []Candidate {
	var found []Candidate
	for i, root := range roots {
		if root == nil {
			continue
		}
		says := slices.ContainsFunc(found, func(c Candidate) bool { return !c.Hidden && c.Node.Kind != tree.Null && !c.Node.Bare })
		for k := range found {
			found[k].Hidden = found[k].Hidden || hides(path, root, roots[found[k].Root])
		}
		if n := root.Lookup(path); n != nil {
			if n.Bare && says {
				n = n.AsNull() // it removes the values below
			}
			c := Candidate{Root: i, Node: n}
			if len(path) > 0 {
				c.Entry = root.Lookup(path[:len(path)-1]).Entry(path[len(path)-1])
			}
			found = append(found, c)
		}
	}
	return found
}

// hides reports whether a higher root replaces the value of a lower one at the path or above it.
func hides(path tree.Path, high, low *tree.Node) bool {
	_, by := hidesAt(path, high, low)
	return by != nil
}

// hidesAt returns the node of a higher root that replaces the value of a lower one at the path or
// above it, because one of the two is not a map; nil if there is none. The path of the node is
// path[:at].
func hidesAt(path tree.Path, high, low *tree.Node) (at int, by *tree.Node) {
	for i := 0; high != nil && low != nil; i++ {
		if high.Bare {
			return i, high.AsNull()
		}
		if high.Kind != tree.Map || low.Kind != tree.Map {
			return i, high
		}
		if i == len(path) {
			break
		}
		high, low = high.Child(path[i]), low.Child(path[i])
	}
	return 0, nil
}

// Decides returns the node because of which Merge has no value at a path: the highest null at the
// path or above it, or the node that replaces a parent of the path in a lower root. The path of the
// node is path[:at]. It returns nil if no root has the path.
func Decides(path tree.Path, roots ...*tree.Node) (at int, by *tree.Node) {
	for i, high := range slices.Backward(roots) {
		for _, low := range roots[:i] {
			if low.Lookup(path) == nil {
				continue
			}
			if at, by := hidesAt(path, high, low); by != nil {
				return at, by
			}
		}
		for at, n := 0, high; n != nil; at++ {
			if n.Kind == tree.Null {
				return at, n
			}
			if at == len(path) {
				break
			}
			n = n.Child(path[at])
		}
	}
	return 0, nil
}
