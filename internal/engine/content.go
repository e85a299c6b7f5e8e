package engine

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// layerContent is the current content of one layer, with absent documents replaced by their last
// value.
type layerContent struct {
	source.Content
	result   atomic.Pointer[decoded] // what it decodes to; nil before it is decoded
	fromDisk bool                    // from a last known good copy or a seed
	fromSeed bool                    // from a seed
	kept     []string                // absent documents that were replaced by their last content
	digest   *digest                 // set by sum
	sums     [][sha256.Size]byte     // of the data of its documents; nil without a manifest
	approved bool                    // by Approve: it is not held
	shownAs  source.Revision         // the revision to show until the content is decoded
}

// decoded returns what a content decodes to. The result has no schema if it is not decoded yet.
func (c *layerContent) decoded() *decoded {
	if d := c.result.Load(); d != nil {
		return d
	}
	return undecoded
}

// document returns a document of a content, or nil if there is none.
func (c *layerContent) document(name string) *source.Document {
	if c == nil {
		return nil
	}
	for i := range c.Documents {
		if c.Documents[i].Name == name {
			return &c.Documents[i]
		}
	}
	return nil
}

// firstName returns the name of the first document, or "" if there is none.
func firstName(c *layerContent) string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Name
}

// names returns the names of the documents that are not absent.
func (c *layerContent) names() []string {
	if c == nil {
		return nil
	}
	var names []string
	for _, d := range c.Documents {
		if !d.Absent {
			names = append(names, d.Name)
		}
	}
	return names
}

// notes returns the notes of the documents that are not absent, each with its document.
func (c *layerContent) notes() (notes []string) {
	for _, d := range c.Documents {
		if !d.Absent && d.Note != "" {
			notes = append(notes, d.Name+": "+note(d.Note))
		}
	}
	return notes
}

// maxNote is the number of bytes of a note that are shown.
const maxNote = 256

// note returns the note of a source as one printable line.
func note(text string) string { return wording.Line(text, maxNote) }

// sameDocument reports whether two documents have the same content.
func sameDocument(a, b *source.Document) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Absent == b.Absent && a.Format == b.Format && bytes.Equal(a.Data, b.Data) && sameTree(a.Tree, b.Tree)
}

// sameTree reports whether two trees are equal; an absent tree differs from an empty one.
func sameTree(a, b map[string]any) bool {
	if a == nil || b == nil {
		return (a == nil) == (b == nil)
	}
	if maps.EqualFunc(a, b, func(x, y any) bool { return false }) { // both empty
		return true
	}
	left, errA := tree.FromPlain(nil, a)
	right, errB := tree.FromPlain(nil, b)
	return errA == nil && errB == nil && tree.Equal(left, right)
}

// isKept reports whether a document is absent from the source and its last content replaces it.
func (c *layerContent) isKept(name string) bool { return c != nil && slices.Contains(c.kept, name) }

// absentDocuments returns the absent documents of a content, in order.
func absentDocuments(c source.Content) (all []source.Document) {
	for _, d := range c.Documents {
		if d.Absent {
			all = append(all, d)
		}
	}
	return all
}

// unresolved returns the texts of a content that may be references, with their positions.
func (c *layerContent) unresolved() []string {
	if c == nil {
		return nil
	}
	return c.decoded().notices.unresolved
}

// ownProblems returns the problems of a content that do not depend on other layers, or nil.
func (c *layerContent) ownProblems() source.Problems {
	if c == nil {
		return nil
	}
	return slices.Concat(c.decoded().problems, c.decoded().standalone)
}

// sets reports whether a document of a content has a value other than null at a path.
func (c *layerContent) sets(p tree.Path) bool {
	return c != nil && slices.ContainsFunc(c.decoded().named, func(d namedRoot) bool {
		n := d.root.Lookup(p)
		return n != nil && !guard.TakesAway(n)
	})
}

// rootAt is root with a hint: the document is probably the i-th, as in another revision.
func (c *layerContent) rootAt(i int, name string) *tree.Node {
	if c == nil {
		return nil
	}
	d := c.decoded()
	if i < len(d.named) && d.named[i].name == name {
		return d.named[i].root
	}
	return d.root(name)
}

// copyUndecoded returns a copy of a content that is not decoded yet.
func (c *layerContent) copyUndecoded() *layerContent {
	return &layerContent{Content: c.Content, kept: c.kept, fromDisk: c.fromDisk, fromSeed: c.fromSeed, approved: c.approved, shownAs: c.shown()}
}

// dataSums returns the digests of the documents' data, and computes them once. The layer's watcher
// calls it when it decodes the content; the writer calls it for contents made since.
func (c *layerContent) dataSums() [][sha256.Size]byte {
	if c.sums == nil {
		c.sums = make([][sha256.Size]byte, len(c.Documents))
		for i := range c.Documents {
			c.sums[i] = sha256.Sum256(c.Documents[i].Data)
		}
	}
	return c.sums
}

// withKept returns c with each absent document replaced by that of the applied content, which may be
// nil.
func (c *layerContent) withKept(applied *layerContent) *layerContent {
	if applied == nil {
		return c
	}
	var kept []string
	var docs []source.Document
	for i, d := range c.Documents {
		if !d.Absent {
			continue
		}
		old := applied.document(d.Name)
		if old == nil || old.Absent {
			continue
		}
		if kept == nil {
			docs = slices.Clone(c.Documents)
		}
		docs[i] = *old
		kept = append(kept, d.Name)
	}
	if kept == nil {
		return c
	}
	return &layerContent{Content: source.Content{Revision: c.Revision, Documents: docs}, kept: kept, shownAs: c.shown()}
}

// shown returns the revision of a content to show: the one of its source, or a keyed digest of it if
// the content has a secret or is not decoded yet, since the revision may be a digest of the secret.
func (c *layerContent) shown() source.Revision { return cmp.Or(c.decoded().shown, c.shownAs) }

// newContent returns a content that is not decoded yet. key is the key of the last known good copy,
// or empty.
func newContent(c source.Content, key []byte) *layerContent {
	return &layerContent{Content: c, shownAs: keyedRevision(c.Revision, key)}
}

// keyedPrefix begins a revision that replaces one that may be a digest of a secret.
const keyedPrefix = "keyed-"

// keyedRevision returns the revision to show for a content with a secret. A number is a counter and
// is shown unchanged.
func keyedRevision(rev source.Revision, key []byte) source.Revision {
	if strings.Trim(string(rev), "0123456789") == "" {
		return rev
	}
	return source.Revision(keyedPrefix + hex.EncodeToString(verify.Keyed(key, "nacre revision 1", []byte(rev))[:16]))
}
