package verify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/nacre-go/nacre/internal/tree"
)

// Full returns a digest of everything in Sum and of the texts of references: a value from a
// reference differs from the same value in the document. The digest must not leave the process:
// anyone who has it can test guesses of a secret against it. Trees of Go values that are equal in
// the tree and differ in their values have different digests; see tree.Given.
func Full(root *tree.Node) [32]byte {
	s := summer{refs: true}
	sum := s.root(root, place{})
	if given := tree.GivenOf(root); given != nil && given.Ordinal() > 0 {
		sum = sha256.Sum256(binary.BigEndian.AppendUint64(sum[:], uint64(given.Ordinal())))
	}
	return sum
}

// Form is the prefix of a published sum. It changes with the encoding, so that sums of different
// encodings are not compared.
const Form = "v2-"

// Published returns a sum of a tree that can be shown, as Form and 64 hexadecimal digits. It covers
// what Sum covers, except for values that must not be shown: secrets, values from references, and
// values of keys without a field in the shape. Of these, it covers their presence and their
// references: the whole text if only the reference makes it secret, and otherwise the references
// without the text around them. So the sum depends on the shape too.
func Published(root *tree.Node, shape *tree.Shape) string {
	s := summer{published: true}
	if shape == nil {
		shape = &tree.Shape{}
	}
	sum := s.root(root, place{shape, shape.Secret})
	return Form + hex.EncodeToString(sum[:])
}

// Hides reports whether a tree has a value that Published leaves out and that is in the document
// itself, and does not come only from references.
func Hides(root *tree.Node, shape *tree.Shape) bool {
	if shape == nil {
		shape = &tree.Shape{}
	}
	return root != nil && hides(root, place{shape, shape.Secret})
}

func hides(n *tree.Node, at place) bool {
	if n.Kind == tree.Scalar {
		return at.hides() && !onlyReferences(n)
	}
	return n.Fact(tree.HidesValue, at.shape, at.secret, func() bool {
		for i, item := range n.Items {
			if hides(item, at.item(i)) {
				return true
			}
		}
		for i := range n.Entries {
			if hides(n.Entries[i].Value, at.below(n.Entries[i].Key)) {
				return true
			}
		}
		return false
	})
}

// onlyReferences reports whether the text of a scalar consists of references only.
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

// place is the shape at the path of a node.
type place struct {
	shape  *tree.Shape // nil without a field
	secret bool
}

// below returns the place of a key or item. A value of any type includes the values below it.
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

// hides reports whether the value of a scalar must not be shown. A value without a field may be a
// secret under a wrong name.
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

// hidden encodes the presence of a value and its references.
func hidden(b []byte, n *tree.Node, at place) []byte {
	refs := []string{n.Ref}
	if at.hides() { // the text around them is a part of the secret
		refs = tree.References(n.Ref)
	}
	b = binary.BigEndian.AppendUint64(append(b, tagHidden), uint64(len(refs)))
	for _, ref := range refs {
		b = text(b, tagRef, ref)
	}
	return b
}

// PublishedPart returns a sum of a part of a tree that can be shown, as [Published] does of the
// whole. Whether a value is absent or an empty map makes a difference.
func PublishedPart(root *tree.Node, shape *tree.Shape, at tree.Path) [32]byte {
	s := summer{published: true}
	where := place{shape: shape, secret: shape != nil && shape.Secret}
	for _, segment := range at {
		where = s.below(where, segment)
	}
	n := root.Lookup(at)
	sum := s.root(n, where)
	if n == nil {
		return sha256.Sum256(sum[:])
	}
	return sum
}
