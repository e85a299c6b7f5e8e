package engine_test

import (
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// A cause says when its document was published, so that an observer can tell how long a change took
// from there to here. A document that is gone has no such time.
func TestACauseSaysWhenItsDocumentWasPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := time.Now().Add(-time.Hour).Round(0), time.Now().Add(-time.Second).Round(0)
		x := newOrigin("x", "")
		put := func(revision source.Revision, documents ...source.Document) {
			x.set(func() { x.content = source.Content{Revision: revision, Documents: documents} })
		}
		document := func(name, text string, modified time.Time) source.Document {
			return source.Document{Name: name, Format: source.FormatYAML, Data: []byte(text), Modified: modified}
		}
		put("1", document("a", "a: 1", first), document("b", "b: 1", first))
		var causes []observe.Cause
		s := settings(t, x)
		s.Layers[0].DropWhenAbsent = true
		s.Observers = on(handlers{observe.Applied: func(e observe.Event) { causes = e.Causes }})
		start(t, s)

		put("2", document("a", "a: 2", second), document("b", "b: 1", first))
		settle()
		if len(causes) != 1 || !causes[0].Modified.Equal(second) {
			t.Errorf("the causes are %+v, want document a as of %v", causes, second)
		}
		put("3", document("a", "a: 2", second), source.Document{Name: "b", Absent: true, Modified: first})
		settle()
		if len(causes) != 1 || causes[0].Document != "b" || !causes[0].Modified.IsZero() {
			t.Errorf("the causes are %+v, want document b without a time", causes)
		}
		put("4", document("b", "b: 7", second))
		settle()
		for _, c := range causes {
			if want := c.Document == "b"; c.Modified.Equal(second) != want || !want && !c.Modified.IsZero() {
				t.Errorf("cause %+v: document a is gone and document b is as of %v", c, second)
			}
		}
		if len(causes) != 2 {
			t.Errorf("the causes are %+v, want both documents", causes)
		}
	})
}
