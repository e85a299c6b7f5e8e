package guard

import "github.com/nacre-go/nacre/internal/tree"

// Gone is what a merged configuration has less than the one before it, whatever the cause: a null, a document that is not there any more, a
// list that shrank.
type Gone struct {
	// Lost is how many keys are gone, counted as Loss does.
	Lost int
	// Places are where: the highest paths of which all is gone, and lists that have fewer items.
	Places []Place

	lacks *lack // the places, once Charge was asked
}

// Place is a path at which something is gone.
type Place struct {
	Path tree.Path
	Keys int
}

// Missing returns what next has less than old. What the two share is not looked at.
func Missing(old, next *tree.Node) Gone {
	var g Gone
	g.walk(nil, old, next)
	return g
}

func (g *Gone) walk(at tree.Path, old, next *tree.Node) {
	if old == next || old == nil || old.Kind == tree.Null {
		return
	}
	lost := 0
	switch {
	case next == nil || next.Kind == tree.Null:
		lost = leaves(old)
	case old.Kind == tree.Map && next.Kind == tree.Map:
		for i := range old.Entries {
			e := &old.Entries[i]
			if child := next.Child(e.Key); child != e.Value {
				g.walk(append(at, e.Key), e.Value, child)
			}
		}
		return
	case old.Kind == tree.List && next.Kind == tree.List:
		lost = shrunk(old, next)
	case old.Kind != tree.Scalar:
		lost = max(0, leaves(old)-leaves(next)) // another type is in its place
	}
	if lost > 0 {
		g.Lost += lost
		g.Places = append(g.Places, Place{Path: append(tree.Path(nil), at...), Keys: lost})
	}
}

// Keys counts the keys of a configuration as Loss does.
func Keys(n *tree.Node) int { return leaves(n) }

// TooMany reports whether the loss of so many of so many keys is one that a person should look at.
func TooMany(lost, had int, maxShare float64) bool {
	return lost >= MinLost && float64(lost) > maxShare*float64(had)
}
