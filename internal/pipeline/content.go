package pipeline

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

// Content is the current content of one layer, with absent documents replaced by their last value.
// Any goroutine may read its documents and what it decodes to. Sum and DataSums keep their result
// without a lock: they are the watcher's until it hands the content over, and then the writer's, as
// is Approved.
type Content struct {
	source.Content
	// FromDisk says that the content comes from a last known good copy or a seed, and FromSeed that
	// it comes from a seed.
	FromDisk, FromSeed bool
	// Kept has the names of the absent documents that were replaced by their last content.
	Kept []string
	// Approved says that an operator has approved the content, so that it is not held.
	Approved bool

	result  atomic.Pointer[Decoded] // what it decodes to; nil before it is decoded
	digest  *Digest                 // set by Sum
	sums    [][sha256.Size]byte     // of the data of its documents; nil without a manifest
	shownAs source.Revision         // the revision to show until the content is decoded
}

// Decoded returns what a content decodes to. The result has no schema if it is not decoded yet.
func (c *Content) Decoded() *Decoded {
	if d := c.result.Load(); d != nil {
		return d
	}
	return undecoded
}

// Document returns a document of a content, or nil if there is none.
func (c *Content) Document(name string) *source.Document {
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

// FirstName returns the name of the first document, or "" if there is none.
func FirstName(c *Content) string {
	if len(c.Documents) == 0 {
		return ""
	}
	return c.Documents[0].Name
}

// Names returns the names of the documents that are not absent.
func (c *Content) Names() []string {
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

// Notes returns the notes of the documents that are not absent, each with its document.
func (c *Content) Notes() (notes []string) {
	for _, d := range c.Documents {
		if !d.Absent && d.Note != "" {
			notes = append(notes, d.Name+": "+Note(d.Note))
		}
	}
	return notes
}

// maxNote is the number of bytes of a note that are shown.
const maxNote = 256

// Note returns the note of a source as one printable line.
func Note(text string) string { return wording.Line(text, maxNote) }

// SameDocument reports whether two documents have the same content.
func SameDocument(a, b *source.Document) bool {
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

// IsKept reports whether a document is absent from the source and its last content replaces it.
func (c *Content) IsKept(name string) bool { return c != nil && slices.Contains(c.Kept, name) }

// AbsentDocuments returns the absent documents of a content, in order.
func AbsentDocuments(c source.Content) (all []source.Document) {
	for _, d := range c.Documents {
		if d.Absent {
			all = append(all, d)
		}
	}
	return all
}

// Unresolved returns the texts of a content that may be references, with their positions.
func (c *Content) Unresolved() []string {
	if c == nil {
		return nil
	}
	return c.Decoded().Notices.Unresolved
}

// OwnProblems returns the problems of a content that do not depend on other layers, or nil.
func (c *Content) OwnProblems() source.Problems {
	if c == nil {
		return nil
	}
	return slices.Concat(c.Decoded().Problems, c.Decoded().standalone)
}

// Sets reports whether a document of a content has a value other than null at a path.
func (c *Content) Sets(p tree.Path) bool {
	return c != nil && slices.ContainsFunc(c.Decoded().Named, func(d NamedRoot) bool {
		n := d.Root.Lookup(p)
		return n != nil && !guard.TakesAway(n)
	})
}

// RootAt returns the root of a document, or nil. i is a hint: the document is probably the i-th, as
// in another revision.
func (c *Content) RootAt(i int, name string) *tree.Node {
	if c == nil {
		return nil
	}
	d := c.Decoded()
	if i < len(d.Named) && d.Named[i].Name == name {
		return d.Named[i].Root
	}
	return d.root(name)
}

// CopyUndecoded returns a copy of a content that is not decoded yet.
func (c *Content) CopyUndecoded() *Content {
	return &Content{Content: c.Content, Kept: c.Kept, FromDisk: c.FromDisk, FromSeed: c.FromSeed, Approved: c.Approved, shownAs: c.Shown()}
}

// DataSums returns the digests of the documents' data, and computes them once. The layer's watcher
// calls it when it decodes the content; the writer calls it for contents made since.
func (c *Content) DataSums() [][sha256.Size]byte {
	if c.sums == nil {
		c.sums = make([][sha256.Size]byte, len(c.Documents))
		for i := range c.Documents {
			c.sums[i] = sha256.Sum256(c.Documents[i].Data)
		}
	}
	return c.sums
}

// WithKept returns c with each absent document replaced by that of the applied content, which may
// be nil.
func (c *Content) WithKept(applied *Content) *Content {
	if applied == nil {
		return c
	}
	var kept []string
	var docs []source.Document
	for i, d := range c.Documents {
		if !d.Absent {
			continue
		}
		old := applied.Document(d.Name)
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
	return &Content{Content: source.Content{Revision: c.Revision, Documents: docs}, Kept: kept, shownAs: c.Shown()}
}

// Shown returns the revision of a content to show: the one of its source, or a keyed digest of it
// if the content has a secret or is not decoded yet, since the revision may be a digest of the
// secret.
func (c *Content) Shown() source.Revision { return cmp.Or(c.Decoded().shown, c.shownAs) }

// NewContent returns a content that is not decoded yet. key is the key of the last known good copy,
// or empty.
func NewContent(c source.Content, key []byte) *Content {
	return &Content{Content: c, shownAs: keyedRevision(c.Revision, key)}
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
