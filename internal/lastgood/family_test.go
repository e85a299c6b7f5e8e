package lastgood_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// saveSet saves a copy of documents, a minute after the copy with the version before.
func saveSet(t *testing.T, path string, key []byte, version int64, accepted *lastgood.Accepted, documents ...string) {
	t.Helper()
	s, err := lastgood.Own(path, key)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := lastgood.Record{SavedAt: began.Add(time.Duration(version) * time.Minute), Version: version, Accepted: accepted}
	for _, d := range documents {
		r.Layers = append(r.Layers, lastgood.NewLayer(lastgood.ID{Key: d, Identity: "nacos://s1/" + d}, began, source.Content{Revision: "1", Documents: []source.Document{{Name: d}}}))
	}
	if err := s.Save(r); err != nil {
		t.Fatal(err)
	}
}

// names returns the paths of the copies that Find returns, without their folder.
func names(f lastgood.Found) (all []string) {
	for _, c := range f.Copies {
		all = append(all, filepath.Base(c.Path))
	}
	return all
}

const (
	setA, setB, setC = "orders-aaaaaaaaaaaa.lastgood", "orders-bbbbbbbbbbbb.lastgood", "orders-cccccccccccc.lastgood"
)

func TestFindReturnsTheCopiesOfOneProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	saveSet(t, at(setA), nil, 1, nil, "a")
	saveSet(t, at(setB), nil, 3, nil, "b")
	saveSet(t, at("orders-worker-aaaaaaaaaaaa.lastgood"), nil, 4, nil, "a")
	saveSet(t, at("billing-aaaaaaaaaaaa.lastgood"), nil, 5, nil, "a")
	saveSet(t, at("orders.lastgood"), nil, 6, nil, "a")
	put(t, at("orders-dddddddddddd.lastgood"), []byte("nacre"))
	f := lastgood.Find(at(setC), nil)
	if got := names(f); !slices.Equal(got, []string{setB, setA}) {
		t.Errorf("found %q, want those of the same program, newest first", got)
	}
	if len(f.Skipped) != 1 || !strings.Contains(f.Skipped[0].Error(), "orders-dddddddddddd.lastgood") {
		t.Errorf("skipped %v, want the file that is no copy", f.Skipped)
	}
	if got := names(lastgood.Find(at("orders.lastgood"), nil)); !slices.Equal(got, []string{"orders.lastgood"}) {
		t.Errorf("a copy without siblings found %q", got)
	}
	if f := lastgood.Find(filepath.Join(dir, "no", setA), nil); f.Copies != nil || f.Skipped != nil {
		t.Errorf("a folder that does not exist has %+v", f)
	}
}

// A folder with any number of files costs a bounded number of reads.
func TestFindReadsTheNewestFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 40 {
		path := filepath.Join(dir, fmt.Sprintf("orders-%012x.lastgood", n))
		put(t, path, []byte("x"))
		if err := os.Chtimes(path, began, began.Add(time.Duration(n)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	f := lastgood.Find(filepath.Join(dir, setA), nil)
	if len(f.Skipped) != 15 || !strings.Contains(f.Skipped[0].Error(), fmt.Sprintf("%012x", 39)) {
		t.Errorf("%d files were read, want the newest 15: %v", len(f.Skipped), f.Skipped)
	}
}

// Layers with one key are told apart by their identities, and otherwise by their order, if it is
// clear.
func TestMatch(t *testing.T) {
	t.Parallel()
	id := func(text string) lastgood.ID {
		key, identity, _ := strings.Cut(text, "@")
		return lastgood.ID{Key: key, Identity: identity}
	}
	for name, c := range map[string]struct{ saved, wanted, want string }{
		"the same":                        {"a@1 b@1", "a@1 b@1", "0 1"},
		"another order":                   {"a@1 b@1", "b@1 a@1", "1 0"},
		"another server":                  {"a@1", "a@2", "0"},
		"more and less":                   {"a@1 b@1", "c@1 a@1", "- 0"},
		"one key, two servers":            {"a@1 a@2", "a@2 a@1", "1 0"},
		"one key, one server is another":  {"a@1 a@2", "a@3 a@2", "0 1"},
		"one key, one is gone":            {"a@1 a@2", "a@2", "1"},
		"one key, which one is unclear":   {"a@1 a@2", "a@3", "-"},
		"one key, one more":               {"a@1", "a@2 a@3", "- -"},
		"nothing differs":                 {"a a", "a a", "0 1"},
		"nothing differs, one more":       {"a a", "a a a", "- - -"},
		"nothing differs, one less":       {"a@1 a@1", "a@1", "-"},
		"nothing":                         {"", "a", "-"},
		"a key and not an identity alone": {"a@1", "b@1", "-"},
	} {
		r := &lastgood.Record{}
		for text := range strings.FieldsSeq(c.saved) {
			r.Layers = append(r.Layers, lastgood.Layer{ID: id(text)})
		}
		var wanted []lastgood.ID
		for text := range strings.FieldsSeq(c.wanted) {
			wanted = append(wanted, id(text))
		}
		var got []string
		for _, l := range r.Match(wanted) {
			text := "-"
			for i := range r.Layers {
				if l == &r.Layers[i] {
					text = fmt.Sprint(i)
				}
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q of the copy %q are %q, want %q", name, c.wanted, c.saved, got, c.want)
		}
	}
}

// The first save removes the siblings that it replaces, and no others.
func TestSaveRemovesWhatItReplaces(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]byte{"plain": nil, "sealed": sealKey} {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		saveSet(t, at("orders-111111111111.lastgood"), key, 1, nil, "a")          // replaced
		saveSet(t, at("orders-222222222222.lastgood"), key, 2, nil, "a", "other") // has another document
		saveSet(t, at("orders-333333333333.lastgood"), key, 90, nil, "b")         // is newer
		saveSet(t, at("billing-111111111111.lastgood"), key, 3, nil, "a")         // of another program
		saveSet(t, at("orders-444444444444.lastgood"), sealKey[:32], 4, nil, "a") // has another key, below
		saveSet(t, at("orders-555555555555.lastgood"), key, 5, nil, "b")          // has an owner
		if key != nil {
			saveSet(t, at("orders-444444444444.lastgood"), []byte(strings.Repeat("k", 32)), 4, nil, "a")
		}
		owner, err := lastgood.Own(at("orders-555555555555.lastgood"), key)
		if err != nil {
			t.Fatal(err)
		}
		defer owner.Close()
		saveSet(t, at(setA), key, 6, nil, "a", "b")
		left, err := filepath.Glob(at("*.lastgood"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range left {
			left[i] = filepath.Base(left[i])
		}
		want := []string{"billing-111111111111.lastgood", "orders-222222222222.lastgood", "orders-333333333333.lastgood",
			"orders-444444444444.lastgood", "orders-555555555555.lastgood", setA}
		if !slices.Equal(left, want) {
			t.Errorf("%s: left are %q, want %q", name, left, want)
		}
		if _, err := os.Stat(at("orders-111111111111.lastgood.newest")); err == nil {
			t.Errorf("%s: the mark of a copy that was removed is left", name)
		}
	}
}

// A sealed copy that a newer one has replaced is not used if somebody puts it back; the newest copy
// may be damaged or missing, its mark remembers.
func TestAReplacedSealedCopyIsNotUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	saveSet(t, at(setA), sealKey, 1, nil, "a")
	old, oldMark := read(t, at(setA)), read(t, at(setA)+".newest")
	saveSet(t, at(setB), sealKey, 2, nil, "a", "b")
	put(t, at(setA), old)
	put(t, at(setA)+".newest", oldMark)
	if err := os.Remove(at(setB)); err != nil {
		t.Fatal(err)
	}
	f := lastgood.Find(at(setC), sealKey)
	if len(f.Copies) != 0 || len(f.Skipped) != 1 || !strings.Contains(f.Skipped[0].Error(), "older than the newest") {
		t.Errorf("found %q, skipped %v", names(f), f.Skipped)
	}
	saveSet(t, at(setC), sealKey, 3, nil, "c")
	if f := lastgood.Find(at(setC), sealKey); f.Copies[0].Sequence != 3 {
		t.Errorf("the next copy has sequence %d, want 3: it counts for all copies of the program", f.Copies[0].Sequence)
	}
}

// The sequence of signed releases is found for a config with the same manifest, and for no other.
func TestAcceptedReleasesBelongToAManifest(t *testing.T) {
	t.Parallel()
	accepted := func(manifest string, sequence uint64) *lastgood.Accepted {
		return &lastgood.Accepted{Manifest: manifest, Sequence: sequence, Digest: "aa"}
	}
	for name, c := range map[string]struct {
		path     string
		manifest string
		keys     []string
		want     uint64
	}{
		"its manifest, other documents":   {setC, "m1", []string{"m1", "x"}, 5},
		"the manifest is in a file now":   {setC, "", []string{"a"}, 5},
		"another manifest, one document":  {setC, "m9", []string{"m9", "a"}, 0},
		"a local manifest, other files":   {setC, "", []string{"x"}, 0},
		"the same file":                   {setB, "", []string{"x"}, 8},
		"a local one, now remote":         {setC, "m9", []string{"m9", "b"}, 8},
		"the highest of two that have it": {setC, "", []string{"a", "b"}, 8},
	} {
		for _, lost := range []bool{false, true} {
			dir := t.TempDir()
			saveSet(t, filepath.Join(dir, setA), sealKey, 1, accepted("m1", 5), "m1", "a")
			saveSet(t, filepath.Join(dir, setB), sealKey, 2, accepted("", 8), "b")
			if lost { // the marks remember
				for _, set := range []string{setA, setB} {
					if err := os.Remove(filepath.Join(dir, set)); err != nil {
						t.Fatal(err)
					}
				}
			}
			got := uint64(0)
			if a := lastgood.Find(filepath.Join(dir, c.path), sealKey).Accepted(c.manifest, c.keys); a != nil {
				got = a.Sequence
			}
			if got != c.want {
				t.Errorf("%s (copies lost: %v): the highest sequence is %d, want %d", name, lost, got, c.want)
			}
		}
	}
}

// A seed is found at the most specific place, and not where it could be that of another layer.
func TestSeeds(t *testing.T) {
	t.Parallel()
	orders := lastgood.SeedID{Namespace: "prod", Group: "G", Name: "orders.yaml"}
	other := lastgood.SeedID{Namespace: "prod", Group: "H", Name: "orders.yaml"}
	bare := lastgood.SeedID{Namespace: "prod", Group: "G", Name: "limits"}
	for name, c := range map[string]struct {
		files  []string
		layers []lastgood.SeedID
		want   []string // the paths that are found
		err    string
	}{
		"flat":                        {[]string{"orders.yaml"}, []lastgood.SeedID{orders}, []string{"orders.yaml"}, ""},
		"by group":                    {[]string{"orders.yaml", "G/orders.yaml"}, []lastgood.SeedID{orders}, []string{"G/orders.yaml"}, ""},
		"by namespace":                {[]string{"orders.yaml", "G/orders.yaml", "prod/G/orders.yaml"}, []lastgood.SeedID{orders}, []string{"prod/G/orders.yaml"}, ""},
		"another namespace":           {[]string{"staging/G/orders.yaml"}, []lastgood.SeedID{orders}, []string{""}, ""},
		"unclear":                     {[]string{"orders.yaml"}, []lastgood.SeedID{orders, other}, []string{"", ""}, "2 layers have a document of this name"},
		"clear by group":              {[]string{"G/orders.yaml"}, []lastgood.SeedID{orders, other}, []string{"G/orders.yaml", ""}, ""},
		"with an extension":           {[]string{"limits.json"}, []lastgood.SeedID{bare}, []string{"limits.json"}, ""},
		"without any":                 {[]string{"limits"}, []lastgood.SeedID{bare}, []string{""}, "the extension does not name a format"},
		"a name that leaves":          {[]string{"orders.yaml"}, []lastgood.SeedID{{Name: "../x/orders.yaml"}, {Name: ".."}, {Group: "..", Namespace: "..", Name: "orders.yaml"}}, []string{"", "", "orders.yaml"}, ""},
		"one document and two layers": {[]string{"prod/G/orders.yaml"}, []lastgood.SeedID{orders, orders}, []string{"", ""}, "2 layers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, f := range c.files {
				if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o700); err != nil {
					t.Fatal(err)
				}
				put(t, filepath.Join(dir, f), []byte("a: 1"))
			}
			seeds, errs := lastgood.ReadSeeds(dir, c.layers)
			for i, s := range seeds {
				got := ""
				if s != nil {
					got, _ = filepath.Rel(dir, s.Path)
					got = filepath.ToSlash(got)
				}
				if got != c.want[i] {
					t.Errorf("layer %d has the seed %q, want %q", i, got, c.want[i])
				}
			}
			if (len(errs) > 0) != (c.err != "") || c.err != "" && !strings.Contains(errs[0].Error(), c.err) {
				t.Errorf("errors %v, want %q", errs, c.err)
			}
		})
	}
}
