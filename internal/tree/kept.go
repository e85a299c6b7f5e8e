package tree

// What is computed of a map is kept with it, so that it is computed once for all trees that share
// the map. A function that walks a tree so costs as much as what is new in the tree.

// DigestKind says what a digest of a map covers; package verify computes them.
type DigestKind uint8

// The kinds of digest.
const (
	FullDigest DigestKind = iota
	PublishedDigest
	digestKinds
)

// FactKind is something that is true of a map or not.
type FactKind uint8

// The kinds of fact.
const (
	HasReference FactKind = iota // a text in it may have a reference
	HidesValue                   // it has a value that must not be shown
	HasSecret                    // it has a secret
	factKinds
)

// placed is something that was computed of a map at a place. It can be another one at another
// place.
type placed[V any] struct {
	shape  *Shape
	secret bool
	value  V
}

func (p *placed[V]) at(shape *Shape, secret bool) (value V, ok bool) {
	if p == nil || p.shape != shape || p.secret != secret {
		return value, false
	}
	return p.value, true
}

// Digest returns the digest that KeepDigest was last given for a map, if that was for the same
// place: the shape there, and whether the place is within a secret.
func (n *Node) Digest(kind DigestKind, shape *Shape, secret bool) (sum [32]byte, ok bool) {
	if n.content == nil {
		return sum, false
	}
	return n.content.digests[kind].Load().at(shape, secret)
}

// KeepDigest keeps a digest of a map at a place. It is safe for concurrent use.
func (n *Node) KeepDigest(kind DigestKind, shape *Shape, secret bool, sum [32]byte) {
	if n.content != nil {
		n.content.digests[kind].Store(&placed[[32]byte]{shape, secret, sum})
	}
}

// Fact returns whether a fact holds for a map or list at a place. It calls compute if that is not
// known. It is safe for concurrent use.
func (n *Node) Fact(kind FactKind, shape *Shape, secret bool, compute func() bool) bool {
	if n.content == nil {
		return compute()
	}
	holds, known := n.content.facts[kind].Load().at(shape, secret)
	if !known {
		holds = compute()
		n.content.facts[kind].Store(&placed[bool]{shape, secret, holds})
	}
	return holds
}
