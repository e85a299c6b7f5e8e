package layer

import "github.com/nacre-go/nacre/internal/tree"

// Candidate is what one root says at a path.
type Candidate struct {
	// Root is the index of the root among those that were given.
	Root int
	Node *tree.Node
	// Entry is the key that Node stands under; nil for a list's item and for the root itself.
	Entry *tree.Entry
	// Hidden says that a higher root replaces it as a whole: with anything but a map at the path or above it, or, unless
	// Node is a map itself, with anything at the path.
	Hidden bool
}

// Candidates returns what the roots, lowest first and nil skipped, say at a path. Those that are not Hidden make up what Merge
// has there: one, or several maps. A Null that is not Hidden means that there is nothing.
func Candidates(path tree.Path, roots ...*tree.Node) []Candidate {
	var found []Candidate
	for i, root := range roots {
		n, replaces, entry := walk(path, root)
		if replaces || n != nil {
			for k := range found {
				if replaces || found[k].Node.Kind != tree.Map {
					found[k].Hidden = true
				}
			}
		}
		if n != nil {
			found = append(found, Candidate{Root: i, Node: n, Entry: entry})
		}
	}
	return found
}

// walk returns the node at a path, and whether the root replaces what lower ones have there.
func walk(path tree.Path, n *tree.Node) (at *tree.Node, replaces bool, entry *tree.Entry) {
	if n == nil {
		return nil, false, nil
	}
	for _, segment := range path {
		replaces = replaces || n.Kind != tree.Map
		entry = n.Entry(segment)
		if n = n.Child(segment); n == nil {
			return nil, replaces, nil
		}
	}
	return n, replaces || n.Kind != tree.Map, entry
}
