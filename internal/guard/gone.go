package guard

import "github.com/nacre-go/nacre/internal/tree"

// Gone is what a merged configuration lost against the one before it, whatever the cause: a null, a
// removed document, or a shorter list.
type Gone struct {
	// Lost is how many keys are gone, counted as in Loss.
	Lost int
	// Places are the highest paths that are gone completely, and the lists with fewer items.
	Places []Place

	lacks *lack // Places as a tree; built by the first Charge
}

// Place is a path at which keys are gone.
type Place struct {
	Path tree.Path
	Keys int
}

// Missing returns what next lost against old. It skips the nodes that the two share.
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
		lost = max(0, leaves(old)-leaves(next)) // a value of another type replaced it
	}
	if lost > 0 {
		g.Lost += lost
		g.Places = append(g.Places, Place{Path: append(tree.Path(nil), at...), Keys: lost})
	}
}

// Keys counts the keys of a configuration as Loss does.
func Keys(n *tree.Node) int { return leaves(n) }

// TooMany reports whether losing lost of had keys needs an approval.
func TooMany(lost, had int, maxShare float64) bool {
	return lost >= MinLost && float64(lost) > maxShare*float64(had)
}
