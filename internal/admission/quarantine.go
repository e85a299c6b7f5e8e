package admission

import (
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// Quarantine holds the contents of a layer that were rolled back, and why: whole contents by their
// fingerprint, and single documents of a layer that has several.
type Quarantine struct {
	contents  map[pipeline.Digest]string
	documents map[pipeline.DocumentSum]string
	revisions map[pipeline.Digest]source.Revision // of contents, as Health shows them
}

// Add quarantines a content that was rolled back to another one, with the revision that Health
// shows. In a layer of several documents, the documents in which they differ are held in any
// content: otherwise a change of another document would make them live again.
func (q *Quarantine) Add(fingerprint pipeline.Digest, c, back *pipeline.Content, shown source.Revision, reason string) {
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

// IsEmpty reports whether nothing is quarantined.
func (q *Quarantine) IsEmpty() bool { return len(q.contents)+len(q.documents) == 0 }

// Revisions returns the revisions of the quarantined contents, as Health shows them.
func (q *Quarantine) Revisions() []source.Revision {
	return slices.Sorted(maps.Values(q.revisions))
}

// Of returns why a content is quarantined.
func (q *Quarantine) Of(fingerprint pipeline.Digest, c *pipeline.Content) (reason string, ok bool) {
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

// Without returns the quarantine without a content and its documents.
func (q Quarantine) Without(fingerprint pipeline.Digest, c *pipeline.Content) Quarantine {
	left := Quarantine{maps.Clone(q.contents), maps.Clone(q.documents), maps.Clone(q.revisions)}
	delete(left.contents, fingerprint)
	delete(left.revisions, fingerprint)
	maps.DeleteFunc(left.documents, func(d pipeline.DocumentSum, _ string) bool { return pipeline.SumOf(c.Document(d.Name)) == d.Sum })
	return left
}
