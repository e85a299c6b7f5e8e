package verify

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/nacre-go/nacre/internal/tree"
)

// Full returns a digest of all that Sum counts, and of the texts of references: a value that a reference gave is not the same value
// written in the document. It must not leave the process: who has it can try values of a secret against it.
func Full(root *tree.Node) [32]byte {
	s := summer{refs: true}
	return s.root(root, place{})
}

// Form begins a published sum. It changes when the encoding does, so that two encodings are not taken for two configurations.
const Form = "v2-"

// Published returns the sum of a tree that may be shown, as Form and 64 hexadecimal digits. It counts what Sum counts, but for the values of
// scalars that must not be shown: of a secret, of what a reference stands for, and of a key that no field of the shape has. Of them
// it counts that they are there, and their references: the whole text where only the reference makes it secret, and otherwise the
// references without what stands around them. So it depends on the shape too.
func Published(root *tree.Node, shape *tree.Shape) string {
	s := summer{published: true}
	if shape == nil {
		shape = &tree.Shape{}
	}
	sum := s.root(root, place{shape, shape.Secret})
	return Form + hex.EncodeToString(sum[:])
}

// Hides reports whether a tree has a value that Published leaves out and that stands in the document itself: not one that references
// alone gave.
func Hides(root *tree.Node, shape *tree.Shape) bool {
	if shape == nil {
		shape = &tree.Shape{}
	}
	return root != nil && hides(root, place{shape, shape.Secret})
}

func hides(n *tree.Node, at place) bool {
	switch n.Kind {
	case tree.Scalar:
		return at.hides() && !onlyReferences(n)
	case tree.List:
		for i, item := range n.Items {
			if hides(item, at.item(i)) {
				return true
			}
		}
	case tree.Map:
		for i := range n.Entries {
			if hides(n.Entries[i].Value, at.below(n.Entries[i].Key)) {
				return true
			}
		}
	}
	return false
}

// onlyReferences reports whether nothing of a scalar's text stands around its references.
func onlyReferences(n *tree.Node) bool {
	if n.Ref == "" {
		return false
	}
	for text := n.Ref; ; {
		before, _, _, after, found := tree.CutReference(text)
		if before != "" {
			return false
		}
		if !found {
			return true
		}
		text = after
	}
}

// place is what the shape says of where a node stands.
type place struct {
	shape  *tree.Shape // nil where no field takes it
	secret bool
}

// below is the place of a key, or of an item by its segment. What stands in a value of any type is taken with it.
func (p place) below(segment string) place {
	if p.shape == nil || p.shape.Kind == tree.Any && !p.shape.Reserved {
		return p
	}
	shape := p.shape.At(segment)
	return place{shape, p.secret || shape != nil && shape.Secret}
}

func (p place) item(i int) place {
	if p.shape == nil || p.shape.Kind == tree.Any && !p.shape.Reserved {
		return p
	}
	return p.below(tree.Item(i))
}

// hides reports whether the value of a scalar must not be shown. What no field takes may be a secret under a wrong name.
func (p place) hides() bool {
	return p.secret || p.shape == nil || p.shape.Reserved || p.shape.HidesText()
}

func (s *summer) below(at place, key string) place {
	if !s.published {
		return at
	}
	return at.below(key)
}

func (s *summer) item(at place, i int) place {
	if !s.published {
		return at
	}
	return at.item(i)
}

// hidden writes that there is a value, and which references gave it.
func hidden(b []byte, n *tree.Node, at place) []byte {
	refs := []string{n.Ref}
	if at.hides() { // what stands around them is a part of the secret
		refs = tree.References(n.Ref)
	}
	b = binary.BigEndian.AppendUint64(append(b, tagHidden), uint64(len(refs)))
	for _, ref := range refs {
		b = text(b, tagRef, ref)
	}
	return b
}
