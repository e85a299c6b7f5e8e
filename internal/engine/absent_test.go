package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// putAll sets several documents at once; an empty text is an absent document.
func (o *origin) putAll(revision source.Revision, texts map[string]string) {
	c := source.Content{Revision: revision}
	for name, text := range texts {
		d := source.Document{Name: name, Absent: true, Location: "at/" + name}
		if text != "" {
			d.Absent, d.Format, d.Data = false, source.FormatYAML, []byte(text)
		}
		c.Documents = append(c.Documents, d)
	}
	slices.SortFunc(c.Documents, func(a, b source.Document) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) })
	o.set(func() { o.content, o.err = c, nil })
}

// absences records the events for absent documents, and the causes of versions.
func absences(j *journal) []observe.Observer {
	return on(handlers{
		observe.DocumentMissing: func(e observe.Event) { j.add("missing " + e.Document + " " + e.Location) },
		observe.DocumentAbsent:  func(e observe.Event) { j.add("kept " + e.Document) },
		observe.Applied:         func(e observe.Event) { j.add(fmt.Sprint("applied ", e.Causes)) },
		observe.Unchanged:       func(e observe.Event) { j.add(fmt.Sprint("unchanged ", e.Causes)) },
	})
}

// expect compares the recorded events with want, and Health's absent documents with absent.
func expect(t *testing.T, e interface{ Health() observe.Health }, j *journal, step string, absent []string, want ...string) {
	t.Helper()
	settle()
	if got := j.take(); !slices.Equal(got, want) {
		t.Errorf("%s: got %q\nwant %q", step, got, want)
	}
	l := e.Health().Layers[0]
	if !slices.Equal(l.Absent, absent) {
		t.Errorf("%s: Health shows %q as absent, want %q", step, l.Absent, absent)
	}
	if l.Applied != l.Latest {
		t.Errorf("%s: revision %s is in use, though %s is as good", step, l.Applied, l.Latest)
	}
}

// A document that is absent before and after is not a cause; each absence is reported once.
func TestAbsentDocumentIsReportedOnceAndIsNoCause(t *testing.T) {
	for _, fallBack := range []bool{false, true} {
		t.Run(fmt.Sprint("falls back: ", fallBack), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newOrigin("x", "")
				x.putAll("1", map[string]string{"a": "a: 2", "b": "", "c": ""})
				s := settings(t, x)
				s.Layers[0].DropWhenAbsent, s.Layers[0].AbsentOK = fallBack, true
				j := &journal{}
				s.Observers = absences(j)
				e := start(t, s)
				expect(t, e, j, "start", []string{"b", "c"}, "missing b at/b", "missing c at/c", "applied [a (x)]")
				if h := e.History(); len(h) != 1 || fmt.Sprint(h[0].Causes) != "[a (x)]" {
					t.Errorf("the history names %v as causes, want a alone", h[0].Causes)
				}
				x.putAll("2", map[string]string{"a": "a: 3", "b": "", "c": ""})
				expect(t, e, j, "another content", []string{"b", "c"}, "applied [a (x)]")
				x.putAll("3", map[string]string{"a": "a: 3", "b": "b: 3", "c": ""})
				expect(t, e, j, "b comes", []string{"c"}, "applied [b (x)]")
				x.putAll("4", map[string]string{"a": "a: 3", "b": "", "c": ""})
				if fallBack {
					expect(t, e, j, "b goes", []string{"b", "c"}, "missing b at/b", "applied [b (x)]")
				} else {
					expect(t, e, j, "b goes", []string{"b", "c"}, "kept b", "unchanged [b (x)]")
				}
				x.putAll("5", map[string]string{"a": "a: 3", "b": "b: 4", "c": ""})
				expect(t, e, j, "b comes again", []string{"c"}, "applied [b (x)]")
				x.putAll("6", map[string]string{"a": "a: 3", "b": "b: 4"})
				expect(t, e, j, "c is no longer listed", nil, "unchanged []")
				x.putAll("7", map[string]string{"a": "a: 3", "b": "b: 4", "c": ""})
				expect(t, e, j, "c is listed again", []string{"c"}, "missing c at/c", "unchanged []")
				x.putAll("8", map[string]string{"a": "a: 3", "b": "b: 4", "c": ""})
				expect(t, e, j, "the same in another revision", []string{"c"}, "unchanged [a (x)]")
			})
		})
	}
}

// A layer whose documents are all absent is not a cause, and its contents still apply.
func TestLayerWithoutDocumentsIsNoCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		x.putAll("1", map[string]string{"a": ""})
		s := settings(t, x)
		s.Layers[0].AbsentOK = true
		j := &journal{}
		s.Observers = absences(j)
		e := start(t, s)
		expect(t, e, j, "start", []string{"a"}, "missing a at/a", "applied []")
		x.putAll("2", map[string]string{"a": ""})
		expect(t, e, j, "another revision of nothing", []string{"a"}, "unchanged []")
		x.putAll("3", map[string]string{"b": ""})
		expect(t, e, j, "another document that is not there", []string{"b"}, "missing b at/b", "unchanged []")
		if want := []string{"1", "2", "3"}; !slices.Equal(x.received, want) {
			t.Errorf("Ack received %q, want %q: each content was accepted", x.received, want)
		}
		x.putAll("4", map[string]string{"b": "b: 7"})
		expect(t, e, j, "it comes", nil, "applied [b (x)]")
	})
}
