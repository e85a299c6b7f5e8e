package pipeline

import (
	"crypto/sha256"
	"fmt"

	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

// Digest identifies a content by its data, whatever revision its source gives it. It does not
// depend on the release lines of documents: a bad document stays the same one in the next release.
type Digest [sha256.Size]byte

// Sum returns the digest of the content, and computes it once.
func (c *Content) Sum() Digest {
	if c.digest == nil {
		h := sha256.New()
		for i := range c.Documents {
			sum := SumOf(&c.Documents[i])
			h.Write(sum[:])
		}
		sum := Digest(h.Sum(nil))
		c.digest = &sum
	}
	return *c.digest
}

// SumOf returns the digest of a document; zero for nil.
func SumOf(d *source.Document) (sum Digest) {
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
	return Digest(h.Sum(nil))
}

// ChangedDocuments returns the documents in which a content differs from another one.
func (c *Content) ChangedDocuments(from *Content) (all []DocumentSum) {
	add := func(name string) {
		next, old := c.Document(name), from.Document(name)
		if !SameDocument(old, next) && SumOf(old) != SumOf(next) {
			all = append(all, DocumentSum{name, SumOf(next)})
		}
	}
	for i := range c.Documents {
		add(c.Documents[i].Name)
	}
	if from != nil {
		for i := range from.Documents {
			if name := from.Documents[i].Name; c.Document(name) == nil {
				add(name)
			}
		}
	}
	return all
}

// DocumentSum is a document with its digest, which is zero if its layer no longer lists it.
type DocumentSum struct {
	Name string
	Sum  Digest
}
