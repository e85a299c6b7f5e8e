package engine

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// fingerprint identifies a content by its data and the values of its references: the same document
// with a rotated secret is a different change. Only the writer calls it.
func (e *Engine) fingerprint(l *layerState, c *pipeline.Content) pipeline.Digest {
	if len(l.Resolvers) == 0 {
		return c.Sum()
	}
	values := e.evaluator.DecodeContent(l.index, c).Referred
	h := sha256.New()
	sum := c.Sum()
	h.Write(sum[:])
	refs := slices.SortedFunc(maps.Keys(values), func(a, b pipeline.Reference) int {
		return cmp.Or(strings.Compare(a.Scheme, b.Scheme), strings.Compare(a.Name, b.Name))
	})
	for _, r := range refs {
		fmt.Fprintf(h, "%q %q %q ", r.Scheme, r.Name, values[r].Text)
	}
	return pipeline.Digest(h.Sum(nil))
}

// quarantine holds the contents of a layer that were rolled back, and why: whole contents by their
// fingerprint, and single documents of a layer that has several.
type quarantine struct {
	contents  map[pipeline.Digest]string
	documents map[pipeline.DocumentSum]string
	revisions map[pipeline.Digest]source.Revision // of contents, as Health shows them
}

// add quarantines a content that was rolled back to another one, with the revision that Health
// shows. In a layer of several documents, the documents in which they differ are held in any
// content: otherwise a change of another document would make them live again.
func (q *quarantine) add(fingerprint pipeline.Digest, c, back *pipeline.Content, shown source.Revision, reason string) {
	if q.contents == nil {
		q.contents, q.documents, q.revisions = map[pipeline.Digest]string{}, map[pipeline.DocumentSum]string{}, map[pipeline.Digest]source.Revision{}
	}
	q.contents[fingerprint], q.revisions[fingerprint] = reason, shown
	if len(c.Documents) <= 1 && (back == nil || len(back.Documents) <= 1) {
		return
	}
	for _, d := range c.ChangedDocuments(back) {
		q.documents[d] = reason
	}
}

// of returns why a content is quarantined.
func (q *quarantine) of(fingerprint pipeline.Digest, c *pipeline.Content) (reason string, ok bool) {
	if reason, ok := q.contents[fingerprint]; ok {
		return reason, true
	}
	if len(q.documents) == 0 {
		return "", false
	}
	for i := range c.Documents {
		d := &c.Documents[i]
		if reason, ok := q.documents[pipeline.DocumentSum{Name: d.Name, Sum: pipeline.SumOf(d)}]; ok {
			return d.Name + ": " + reason, true
		}
	}
	byName := func(a, b pipeline.DocumentSum) int { return strings.Compare(a.Name, b.Name) }
	for _, d := range slices.SortedFunc(maps.Keys(q.documents), byName) {
		if d.Sum == (pipeline.Digest{}) && c.Document(d.Name) == nil {
			return "without " + d.Name + ", " + q.documents[d], true
		}
	}
	return "", false
}

// without returns the quarantine without a content and its documents.
func (q quarantine) without(fingerprint pipeline.Digest, c *pipeline.Content) quarantine {
	left := quarantine{maps.Clone(q.contents), maps.Clone(q.documents), maps.Clone(q.revisions)}
	delete(left.contents, fingerprint)
	delete(left.revisions, fingerprint)
	maps.DeleteFunc(left.documents, func(d pipeline.DocumentSum, _ string) bool { return pipeline.SumOf(c.Document(d.Name)) == d.Sum })
	return left
}

// isQuarantined reports whether a content is quarantined, and why.
func (e *Engine) isQuarantined(l *layerState, c *pipeline.Content) (reason string, ok bool) {
	if len(l.quarantine.contents)+len(l.quarantine.documents) == 0 { // skip the digests
		return "", false
	}
	return l.quarantine.of(e.fingerprint(l, c), c)
}
