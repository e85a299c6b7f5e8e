package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// Candidate is what one root says at a path.
type Candidate struct {
	// Root is the index of the root among those that were given.
	Root int
	Node *tree.Node
	// Entry is the key that Node stands under; nil for a list's item and for the root itself.
	Entry *tree.Entry
	// Hidden says that a higher root replaces it: at the path, or somewhere above it, both have something, and one of the two
	// is not a map.
	Hidden bool
}

// Candidates returns what the roots, lowest first and nil skipped, say at a path. Those that are not Hidden make up what Merge
// has there: one, or several maps. A Null that is not Hidden means that there is nothing.
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
				n = n.AsNull() // it takes that away
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

// hides reports whether a higher root replaces what a lower one has at the path or above it.
func hides(path tree.Path, high, low *tree.Node) bool {
	_, by := hidesAt(path, high, low)
	return by != nil
}

// hidesAt returns what of a higher root replaces what a lower one has at the path or above it,
// where both have something and one of them is not a map; nil where nothing does. It stands at
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

// Decides returns why Merge has nothing at a path: the highest null at the path or above it, or
// what replaces something above it that a lower root has the path in. It stands at path[:at]; nil
// where no root says anything of the path.
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
