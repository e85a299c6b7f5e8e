package admission_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/admission"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/source"
)

// content returns a content of documents, given as name and text in turn.
func content(documents ...string) *pipeline.Content {
	var c source.Content
	for i := 0; i < len(documents); i += 2 {
		c.Documents = append(c.Documents, source.Document{Name: documents[i], Format: "yaml", Data: []byte(documents[i+1])})
	}
	return pipeline.NewContent(c, nil)
}

// TestQuarantineHoldsWhatWasRolledBack fails if a content that was rolled back is let in again: as
// it was, in another revision, or in a layer in which another document has changed since.
func TestQuarantineHoldsWhatWasRolledBack(t *testing.T) {
	t.Parallel()
	good, bad := content("a", "1", "b", "1", "c", "1"), content("a", "1", "b", "2")
	var q admission.Quarantine
	if !q.IsEmpty() {
		t.Error("the zero quarantine holds something")
	}
	q.Add(bad.Sum(), bad, good, "r2", "version 2 was rolled back")
	for name, c := range map[string]struct {
		content *pipeline.Content
		held    string // a part of the reason; "" if it is not held
	}{
		"the same again":               {content("a", "1", "b", "2"), "version 2 was rolled back"},
		"with another document":        {content("a", "9", "b", "2", "c", "1"), "b: version 2"},
		"without the missing one":      {content("a", "9", "b", "1"), "without c, version 2"},
		"good again":                   {good, ""},
		"another change of a good one": {content("a", "9", "b", "1", "c", "1"), ""},
		"mended":                       {content("a", "1", "b", "3", "c", "1"), ""},
	} {
		reason, held := q.Of(c.content.Sum(), c.content)
		if held != (c.held != "") || !strings.Contains(reason, c.held) {
			t.Errorf("%s is held %t for %q, want for %q", name, held, reason, c.held)
		}
	}
	if got := q.Revisions(); len(got) != 1 || got[0] != "r2" {
		t.Errorf("Health shows the revisions %v, want r2", got)
	}
	left := q.Without(bad.Sum(), bad)
	if _, held := left.Of(bad.Sum(), bad); held || len(left.Revisions()) != 0 {
		t.Error("an approved content is still held")
	}
	if _, held := q.Of(bad.Sum(), bad); !held {
		t.Error("Without changed the quarantine itself")
	}
}
