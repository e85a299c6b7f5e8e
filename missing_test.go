package nacre_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// gone is a document that does not exist at its source.
func gone() *placed {
	p := document("s1", "G", "a.yaml", "a: 0")
	p.memory.Remove()
	return p
}

// The table of docs/last-known-good.md for a start: what happens with each option if the document
// does not exist, and if the source is down.
func TestAStartWithoutADocument(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options      []nacre.LayerOption
		absent, down bool // whether Open succeeds
	}{
		"required":             {nil, false, false},
		"AbsentOK":             {[]nacre.LayerOption{nacre.AbsentOK()}, true, false},
		"MayBeDown":            {[]nacre.LayerOption{nacre.MayBeDown()}, false, true},
		"AbsentOK, MayBeDown":  {[]nacre.LayerOption{nacre.AbsentOK(), nacre.MayBeDown()}, true, true},
		"DropWhenAbsent alone": {[]nacre.LayerOption{nacre.DropWhenAbsent()}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, s := range map[string]source.Source{
				"absent": gone(), "down": document("s1", "G", "a.yaml", ""), "absent file": file.New(filepath.Join(t.TempDir(), "none.yaml")),
			} {
				cfg, err := nacre.OpenWith[copiesConfig](t.Context(), copiesIn(t.TempDir()), nacre.Layer(s, c.options...))
				if err == nil {
					cfg.Close()
				}
				want := c.down
				if strings.HasPrefix(what, "absent") {
					want = c.absent
				}
				if (err == nil) != want {
					t.Errorf("%s: Open returned %v, want success: %v", what, err, want)
				}
				if strings.HasPrefix(what, "absent") && err != nil && (!errors.Is(err, source.NotFound) || !strings.Contains(err.Error(), " does not exist") ||
					!strings.Contains(err.Error(), "nacre.AbsentOK()")) {
					t.Errorf("%s: the error does not say that the document is missing, and what to do: %v", what, err)
				}
			}
		})
	}
}

// The same for a running service: a deletion is no outage, and the last content stays unless
// DropWhenAbsent says otherwise. A restart then behaves in the same way.
func TestADocumentIsDeletedWhileTheServiceRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []nacre.LayerOption
		want    int
	}{
		"required":       {nil, 1},
		"AbsentOK":       {[]nacre.LayerOption{nacre.AbsentOK()}, 1},
		"DropWhenAbsent": {[]nacre.LayerOption{nacre.DropWhenAbsent()}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var events []observe.EventKind
				record := func(e observe.Event) { events = append(events, e.Kind) }
				o := copiesIn(t.TempDir())
				o.Observers = on(handlers{observe.LayerDown: record, observe.DocumentAbsent: record, observe.DocumentMissing: record})
				s, other := document("s1", "G", "a.yaml", "a: 1"), document("s1", "G", "b.yaml", "b: 1")
				cfg := layered[copiesConfig](t, o, nacre.Layer(s, c.options...), other)
				s.memory.Remove()
				settle()
				kind := observe.DocumentAbsent
				if c.want == 0 {
					kind = observe.DocumentMissing
				}
				if h := cfg.Health().Layers[0]; cfg.Get().A != c.want || h.Down != "" || len(h.Absent) != 1 || len(events) != 1 || events[0] != kind {
					t.Errorf("a=%d, events %v, %+v; want %d, one event %v, and no outage", cfg.Get().A, events, h, c.want, kind)
				}
				time.Sleep(time.Minute)
				if err := cfg.Close(); err != nil {
					t.Fatal(err)
				}
				if name == "AbsentOK" {
					return // it starts without the document
				}
				again := document("s1", "G", "b.yaml", "b: 1")
				cfg = layered[copiesConfig](t, o, nacre.Layer(gone(), c.options...), again)
				again.memory.Set([]byte("b: 2"))
				settle()
				if v := *cfg.Get(); v.A != c.want || v.B != 2 {
					t.Errorf("after a restart and a change of another document the service runs with %+v, want a=%d b=2", v, c.want)
				}
			})
		})
	}
}

// A source knows why its document is absent, such as a namespace that does not exist.
func TestTheErrorOfAMissingDocumentIsThatOfItsSource(t *testing.T) {
	t.Parallel()
	s := remote("remote", "a: 1")
	s.Put(source.Document{Name: "remote.yaml", Absent: true, AbsentErr: &source.Error{Kind: source.NotFound, Op: "read", Document: "dev/G/remote.yaml", Err: errors.New("no namespace has this id")}})
	_, err := nacre.OpenWith[copiesConfig](t.Context(), copiesIn(t.TempDir()), s)
	requireText(t, err, "layer remote", "dev/G/remote.yaml", "no namespace has this id", "fake://remote")
}
