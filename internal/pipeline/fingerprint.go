package pipeline

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fingerprint identifies a content by its data and the values of its references: the same document
// with a rotated secret is a different change.
func (e *Evaluator) Fingerprint(layer int, c *Content) Digest {
	if len(e.Layers[layer].Resolvers) == 0 {
		return c.Sum()
	}
	values := e.DecodeContent(layer, c).Referred
	h := sha256.New()
	sum := c.Sum()
	h.Write(sum[:])
	refs := slices.SortedFunc(maps.Keys(values), func(a, b Reference) int {
		return cmp.Or(strings.Compare(a.Scheme, b.Scheme), strings.Compare(a.Name, b.Name))
	})
	for _, r := range refs {
		fmt.Fprintf(h, "%q %q %q ", r.Scheme, r.Name, values[r].Text)
	}
	return Digest(h.Sum(nil))
}
