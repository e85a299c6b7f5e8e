package nacre_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

const routesText = "rules: [{documents: [a.yaml]}]\nanything: here\n"

// routed returns the documents of a source that has selected them: the one that selects, and one
// for each text, by name.
func routed(note string, texts ...string) []source.Document {
	routes := fakesource.Text("routes.yaml", source.FormatYAML, routesText)
	routes.Selects = true
	all := []source.Document{routes}
	for i := 0; i < len(texts); i += 2 {
		d := fakesource.Text(texts[i], source.FormatYAML, texts[i+1])
		d.Note = note
		if group, _, found := strings.Cut(texts[i], "/"); found {
			d.Namespace, d.Group = "prod", group
		}
		all = append(all, d)
	}
	return all
}

func TestADocumentThatSelectsSetsNoKey(t *testing.T) {
	t.Parallel()
	s := fakesource.New("routes.yaml")
	s.Put(routed("routed by rule 2: version v2.3.*\x1b[31m\n", "a.yaml", "a: 1", "b.yaml", "b: 2")...)
	cfg := layered[copiesConfig](t, copiesIn(t.TempDir()), s)
	if c := *cfg.Get(); c != (copiesConfig{A: 1, B: 2}) {
		t.Errorf("the documents are %+v, want a=1 b=2", c)
	}
	const want = "routed by rule 2: version v2.3.*_[31m"
	if x, err := cfg.Explain("a"); err != nil || x.LayerValues[0].Note != want || !strings.Contains(x.String(), "a = 1   a.yaml:1:4 (routes.yaml), "+want) {
		t.Errorf("Explain does not say why the source has the document: %s", x)
	}
	l := cfg.Health().Layers[0]
	if !slices.Equal(l.Documents, []string{"routes.yaml", "a.yaml", "b.yaml"}) || !slices.Equal(l.Notes, []string{"a.yaml: " + want, "b.yaml: " + want}) {
		t.Errorf("Health has the documents %q with the notes %q", l.Documents, l.Notes)
	}
}

// A copy has everything of a document, so that a start from it is as the one before.
func TestSelectedDocumentsAreInACopy(t *testing.T) {
	t.Parallel()
	o := copiesIn(t.TempDir())
	s := fakesource.New("routes.yaml")
	s.Put(routed("routed by rule 1", "a.yaml", "a: 1", "G/b.yaml", "b: 2")...)
	runOnce[copiesConfig](t, o, s)
	down := fakesource.New("routes.yaml")
	down.Fail(errDenied)
	cfg := layered[copiesConfig](t, o, down)
	if c := *cfg.Get(); c != (copiesConfig{A: 1, B: 2}) || !cfg.Health().Layers[0].FromLastKnownGood {
		t.Errorf("the start from the copy has %+v", c)
	}
	if x, err := cfg.Explain("a"); err != nil || x.LayerValues[0].Note != "routed by rule 1" {
		t.Errorf("the copy lacks why a document was selected: %+v", x)
	}
}

// A manifest lists the documents of all routes. An instance waits for those of its own alone, and
// the document that selects them belongs to the release.
func TestAManifestOfMoreThanIsSelected(t *testing.T) {
	t.Parallel()
	release := func(a, b string) []byte {
		m := manifest.New(a+b, map[string][]byte{"routes.yaml": []byte(routesText), "a.yaml": []byte(a), "other.yaml": []byte("c: 3")})
		m.Documents = append(m.Documents, manifest.New("", map[string][]byte{"b.yaml": []byte(b)}).Documents...)
		m.Documents[len(m.Documents)-1].Namespace, m.Documents[len(m.Documents)-1].Group = "prod", "G"
		return m.YAML()
	}
	synctest.Test(t, func(t *testing.T) {
		m, s := fakesource.New("release.yaml"), fakesource.New("routes.yaml")
		m.PutYAML("release.yaml", string(release("a: 1", "b: 1")))
		s.Put(routed("", "a.yaml", "a: 1", "G/b.yaml", "b: 1")...)
		cfg := layered[copiesConfig](t, copiesIn(t.TempDir()), nacre.Layer(m, nacre.Manifest()), s)
		if c := *cfg.Get(); c != (copiesConfig{A: 1, B: 1}) {
			t.Fatalf("a release with documents of other routes is %+v", c)
		}
		s.PutYAML("a.yaml", "a: 2")
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := cfg.Get(); c.A != 1 {
			t.Fatal("a document of a release is live before its manifest")
		}
		changed := fakesource.Text("G/b.yaml", source.FormatYAML, "b: 2")
		changed.Namespace, changed.Group = "prod", "G"
		s.Put(changed)
		m.PutYAML("release.yaml", string(release("a: 2", "b: 2")))
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := *cfg.Get(); c != (copiesConfig{A: 2, B: 2}) {
			t.Errorf("a release that arrived is held: %+v, %+v", c, cfg.Health().Layers)
		}
		routes := fakesource.Text("routes.yaml", source.FormatYAML, routesText+"# other rules")
		routes.Selects = true
		s.Put(routes)
		s.PutYAML("a.yaml", "a: 2") // the same
		time.Sleep(time.Minute)
		synctest.Wait()
		if held := cfg.Health().Layers[1].Held; !slices.ContainsFunc(held, func(h string) bool { return strings.Contains(h, "routes.yaml") }) {
			t.Errorf("a routing document that is not of the release is not held: %q", held)
		}
	})
}

// seeder is a source that is down, and selects documents from a seed.
type seeder struct {
	*fakesource.Source
	read func(read func(namespace, group, name string) (source.Document, bool)) (source.Content, error)
}

func (s *seeder) Seed(read func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
	return s.read(read)
}

func TestASeederReadsItsSeed(t *testing.T) {
	t.Parallel()
	seed := t.TempDir()
	seedFile(t, filepath.Join(seed, "routes.yaml"), "a.yaml")
	seedFile(t, filepath.Join(seed, "prod", "G", "a.yaml"), "a: 7\nunknown: 1")
	seedFile(t, filepath.Join(seed, "b"), "b: 7")
	selects := func(read func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
		routes, ok := read("", "", "routes.yaml")
		if !ok {
			return source.Content{}, errors.New("no routes")
		}
		routes.Selects = true
		d, ok := read("prod", "G", string(routes.Data))
		if _, other := read("prod", "G", "other.yaml"); !ok || other {
			return source.Content{}, fmt.Errorf("documents that exist: %t %t", ok, other)
		}
		d.AllowUnknown = true
		return source.Content{Revision: "seed", Documents: []source.Document{routes, d}}, nil
	}
	o := copiesIn(t.TempDir())
	o.LastKnownGoodSeed = seed
	start := func(read func(func(namespace, group, name string) (source.Document, bool)) (source.Content, error)) (*nacre.Config[copiesConfig], error) {
		s := &seeder{fakesource.New("routes.yaml"), read}
		s.Fail(errDenied)
		return nacre.OpenWith[copiesConfig](t.Context(), o, s)
	}
	cfg, err := start(selects)
	if err != nil {
		t.Fatal(err)
	}
	if c := cfg.Get(); c.A != 7 || !cfg.Health().Layers[0].FromSeed {
		t.Errorf("a start from the seed has %+v", c)
	}
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
	for name, broken := range map[string]func(func(namespace, group, name string) (source.Document, bool)) (source.Content, error){
		"fails": func(func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
			return source.Content{}, errors.New("the rules are bad")
		},
		"panics": func(func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
			panic("the rules are bad")
		},
		"reads a bad file": func(read func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
			_, _ = read("", "", "b")
			return source.Content{}, errors.New("the rules are bad")
		},
	} {
		if _, err := start(broken); err == nil || !strings.Contains(err.Error(), "seed of layer routes.yaml: ") || !errors.Is(err, source.PermissionDenied) {
			t.Errorf("a seed that %s is told as %v", name, err)
		}
	}
}
