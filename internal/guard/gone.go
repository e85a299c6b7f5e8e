package guard

import "github.com/nacre-go/nacre/internal/tree"

// Gone is what a merged configuration lost against the one before it, whatever the cause: a null, a
// removed document, or a shorter list.
type Gone struct {
	// Lost is how many keys are gone, counted as in Loss.
	Lost int
	// Places are the highest paths that are gone completely, and the lists with fewer items.
	Places []Place

	shape *tree.Shape
	lacks *lack // Places as a tree; built by the first Charge
}

// Place is a path at which keys are gone.
type Place struct {
	Path tree.Path
	Keys int
}

// Missing returns what next lost against old, both bound to a shape. It skips the nodes that the
// two share.
func Missing(old, next *tree.Node, shape *tree.Shape) Gone {
	g := Gone{shape: shape}
	g.walk(nil, old, next, shape)
	return g
}

func (g *Gone) walk(at tree.Path, old, next *tree.Node, shape *tree.Shape) {
	if tree.Alike(old, next) || old == nil || old.Kind == tree.Null {
		return
	}
	lost := 0
	switch {
	case next == nil || next.Kind == tree.Null:
		lost = leaves(old, shape)
	case old.Kind == tree.Map && next.Kind == tree.Map:
		for i := range old.Entries {
			e := &old.Entries[i]
			if child := next.Child(e.Key); !tree.Alike(child, e.Value) {
				g.walk(append(at, e.Key), e.Value, child, below(shape, e.Key))
			}
		}
		return
	case old.Kind == next.Kind || hasType(shape):
		lost = shrunk(old, next, shape)
	case old.Kind != tree.Scalar:
		lost = max(0, leaves(old, shape)-leaves(next, shape)) // a value of another type replaced it
	}
	if lost > 0 {
		g.Lost += lost
		g.Places = append(g.Places, Place{Path: append(tree.Path(nil), at...), Keys: lost})
	}
}

// Keys counts the keys of a configuration as Loss does.
func Keys(n *tree.Node, shape *tree.Shape) int { return leaves(n, shape) }

// TooMany reports whether losing lost of had keys needs an approval.
func TooMany(lost, had int, maxShare float64) bool {
	return lost >= MinLost && float64(lost) > maxShare*float64(had)
}
