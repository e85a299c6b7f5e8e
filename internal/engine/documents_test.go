package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// putDocuments makes the content two documents, a.yaml and b.yaml.
func (o *origin) putDocuments(a, b string) {
	o.set(func() {
		o.content = source.Content{Revision: revision(a + "\x00" + b), Documents: []source.Document{
			{Name: "a.yaml", Format: source.FormatYAML, Data: []byte(a)}, {Name: "b.yaml", Format: source.FormatYAML, Data: []byte(b)},
		}}
	})
}

// A source of many documents returns all of them when one has changed: the others are not decrypted
// and decoded again, and their keys have the revision of the newest content.
func TestOnlyChangedDocumentsAreDecoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		x.putDocuments("a: 1", "b: 1")
		set := settings(t, x)
		var decrypted []string
		set.Layers[0].Decrypt = func(_ context.Context, d source.Document) ([]byte, error) {
			decrypted = append(decrypted, d.Name)
			return d.Data, nil
		}
		e := start(t, set)
		settle()
		decrypted = nil
		x.putDocuments("a: 2", "b: 1")
		settle()
		if v := value(e.Live()); v.A != 2 || v.B != 1 || !slices.Equal(decrypted, []string{"a.yaml"}) {
			t.Errorf("a change of one document makes a=%d b=%d and decodes %q", v.A, v.B, decrypted)
		}
		of := e.Explain(tree.Path{"b"}).LayerValues[0].Position
		if want := revision("a: 2\x00b: 1"); of.Revision != want || of.Document != "b.yaml" {
			t.Errorf("the unchanged key stands at %+v, want the revision %s", of, want)
		}
		decrypted = nil
		x.putDocuments("a: [", "b: 1")
		settle()
		x.putDocuments("a: 3", "b: 1")
		settle()
		if v := value(e.Live()); v.A != 3 || v.B != 1 || !slices.Equal(decrypted, []string{"a.yaml", "a.yaml"}) {
			t.Errorf("a correction makes a=%d b=%d and decodes %q", v.A, v.B, decrypted)
		}
		e.Close()
	})
}

// The history keeps no trees. A version that becomes live again has the same trees as before, with
// the values that its references had then.
func TestOldVersionsComeBackWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "s: ${vault:key}")
		set := settings(t, x)
		secret, resolved := "first", 0
		set.Layers[0].Resolvers = map[string]pipeline.Resolver{"vault": func(context.Context, string) (string, error) {
			resolved++
			return secret, nil
		}}
		e := start(t, set)
		settle()
		before := e.Live()
		secret = "second"
		for n := range 5 {
			x.put(fmt.Sprintf("a: %d\ns: ${vault:key}", n+2))
			settle()
		}
		if v := value(e.Live()); v.A != 6 || v.S != "second" {
			t.Fatalf("a=%d s=%q is live", v.A, v.S)
		}
		resolved = 0
		if _, err := e.Pin(t.Context(), 1, observe.By{}); err != nil {
			t.Fatal(err)
		}
		live := e.Live()
		if value(live) != value(before) || value(live).S != "first" || live.Sum() != before.Sum() || resolved != 0 {
			t.Errorf("version 1 came back with s=%q, sum %s, and %d calls of its resolver", value(live).S, live.Sum(), resolved)
		}
		if !tree.Same(live.Merged, before.Merged) || live.Merged == before.Merged || e.Explain(tree.Path{"s"}).LayerValues[0].Position.Line != 1 {
			t.Errorf("its tree is %v, was %v", live.Merged.Plain(), before.Merged.Plain())
		}
		e.Close()
	})
}

// A version that differs from its documents, here because a tree was written into, is found by the
// self-check, and the next version is made without reuse.
func TestSelfCheckFindsADifference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		x.putDocuments("a: 1", "b: 1")
		set := settings(t, x)
		set.SelfCheckEvery = 2
		var failed []observe.Event
		set.Observers = on(handlers{observe.SelfCheckFailed: func(e observe.Event) { failed = append(failed, e) }})
		e := start(t, set)
		settle()
		for n := range 4 {
			x.putDocuments(fmt.Sprintf("a: %d", n+2), "b: 1")
			settle()
		}
		if failed != nil {
			t.Fatalf("a good version fails the check: %v", failed)
		}
		e.Live().Merged.Child("b").Value = int64(7)
		for n := range 2 {
			x.putDocuments(fmt.Sprintf("a: %d", n+20), "b: 1")
			settle()
		}
		if len(failed) != 1 || !slices.ContainsFunc(failed[0].Reasons, func(r string) bool { return strings.Contains(r, "document b.yaml of layer x") }) {
			t.Fatalf("a version with b=%d, where the document has 1, fails the check with %v", value(e.Live()).B, failed)
		}
		x.putDocuments("a: 30", "b: 1")
		settle()
		if v := value(e.Live()); v.A != 30 || v.B != 1 {
			t.Errorf("after a failed check a=%d b=%d", v.A, v.B)
		}
		e.Close()
	})
}

// The same text is another document if its source says something else of it.
func TestTheSameTextWithOtherRulesIsDecodedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "")
		put := func(rev source.Revision, format string, allowUnknown bool) {
			x.set(func() {
				x.content = source.Content{Revision: rev, Documents: []source.Document{
					{Name: "a", Format: format, Data: []byte(`{"a": 1, "other": 2}`), AllowUnknown: allowUnknown},
				}}
			})
		}
		put("1", source.FormatYAML, true)
		set := settings(t, localOrigin{x})
		set.Layers[0].Strict = false
		e := start(t, set)
		settle()
		put("2", source.FormatYAML, false)
		settle()
		if rejected := e.Health().Layers[0].Rejected; len(rejected) != 1 || !strings.Contains(rejected[0], "unknown key") {
			t.Errorf("a document that may no longer have unknown keys is rejected with %q", rejected)
		}
		put("3", source.FormatText, true)
		settle()
		if rejected := e.Health().Layers[0].Rejected; len(rejected) != 1 || !strings.Contains(rejected[0], "not a map") {
			t.Errorf("a document that is a text from now on is rejected with %q", rejected)
		}
		put("4", source.FormatJSON, true)
		settle()
		if h := e.Health().Layers[0]; len(h.Rejected) != 0 || value(e.Live()).A != 1 {
			t.Errorf("the document as before is rejected with %q", h.Rejected)
		}
		e.Close()
	})
}
