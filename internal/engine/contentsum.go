package engine

import (
	"crypto/sha256"
	"fmt"

	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

// digest identifies a content by its data, whatever revision its source gives it. It does not
// depend on the release lines of documents: a bad document stays the same one in the next release.
type digest [sha256.Size]byte

func (c *layerContent) sum() digest {
	if c.digest == nil {
		h := sha256.New()
		for i := range c.Documents {
			sum := sumOf(&c.Documents[i])
			h.Write(sum[:])
		}
		sum := digest(h.Sum(nil))
		c.digest = &sum
	}
	return *c.digest
}

// sumOf returns the digest of a document; zero for nil.
func sumOf(d *source.Document) (sum digest) {
	if d == nil {
		return sum
	}
	h := sha256.New()
	data := releaseline.Without(d.Format, d.Data)
	fmt.Fprintf(h, "%q %q %v %d ", d.Name, d.Format, d.Absent, len(data))
	h.Write(data)
	if d.Tree != nil {
		root, err := tree.FromPlain(nil, d.Tree)
		if err != nil { // decoding rejects such a document
			fmt.Fprintf(h, "not a tree: %v", err)
		} else {
			sum := verify.Sum(root)
			h.Write(sum[:])
		}
	}
	return digest(h.Sum(nil))
}

// changedDocuments returns the documents in which a content differs from another one.
func (c *layerContent) changedDocuments(from *layerContent) (all []documentSum) {
	add := func(name string) {
		next, old := c.document(name), from.document(name)
		if !sameDocument(old, next) && sumOf(old) != sumOf(next) {
			all = append(all, documentSum{name, sumOf(next)})
		}
	}
	for i := range c.Documents {
		add(c.Documents[i].Name)
	}
	if from != nil {
		for i := range from.Documents {
			if name := from.Documents[i].Name; c.document(name) == nil {
				add(name)
			}
		}
	}
	return all
}

// documentSum is a document with its digest, which is zero if its layer no longer lists it.
type documentSum struct {
	name string
	sum  digest
}
