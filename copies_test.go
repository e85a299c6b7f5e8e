package nacre_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// errDenied is an error for which Open does not wait.
var errDenied = &source.Error{Kind: source.PermissionDenied, Op: "login to", Document: "nacos", Err: errors.New("bad password")}

// document is a document of Nacos, in a namespace, a group and on some servers. Without a text, it
// is down.
func document(servers, group, name, text string) *placed {
	p := in(group, name, []byte(text))
	p.description.Document = name
	p.description.Identity = "nacos://" + servers + "/prod/" + group + "/" + name
	if text == "" {
		p.err = errDenied
	}
	return p
}

type copiesConfig struct {
	A int `config:"a"`
	B int `config:"b"`
	C int `config:"c"`
}

// copiesIn returns the options of a service with a folder for its copies.
func copiesIn(dir string) nacre.Options {
	o := quiet
	o.LastKnownGoodDir = dir
	return o
}

// runOnce runs a service with some layers until its copy is saved.
func runOnce[T any](t *testing.T, o nacre.Options, layers ...source.Source) {
	t.Helper()
	cfg, err := nacre.OpenWith[T](t.Context(), o, layers...)
	if err != nil {
		t.Fatalf("the first run: %v", err)
	}
	if err := cfg.Close(); err != nil {
		t.Fatalf("the copy is not saved: %v", err)
	}
}

// An ordinary release of a service finds the copies of its documents.
func TestAReleaseFindsTheCopiesOfItsDocuments(t *testing.T) {
	t.Parallel()
	type renamed struct {
		copiesConfig `config:",squash"`
		New          string `config:"new"`
	}
	a := func() source.Source { return document("s1", "G", "a.yaml", "") }
	b := func() source.Source { return document("s1", "G", "b.yaml", "") }
	startAs := func(t *testing.T, o nacre.Options, layers ...source.Source) copiesConfig {
		return *layered[copiesConfig](t, o, layers...).Get()
	}
	for name, next := range map[string]func(t *testing.T, o nacre.Options) copiesConfig{
		"nothing": func(t *testing.T, o nacre.Options) copiesConfig { return startAs(t, o, a(), b()) },
		"one more server": func(t *testing.T, o nacre.Options) copiesConfig {
			return startAs(t, o, document("s1,s2", "G", "a.yaml", ""), document("s1,s2", "G", "b.yaml", ""))
		},
		"other servers": func(t *testing.T, o nacre.Options) copiesConfig {
			return startAs(t, o, document("s7", "G", "a.yaml", ""), document("s7", "G", "b.yaml", ""))
		},
		"another order": func(t *testing.T, o nacre.Options) copiesConfig { return startAs(t, o, b(), a()) },
		"an optional layer in front": func(t *testing.T, o nacre.Options) copiesConfig {
			return startAs(t, o, nacre.Layer(document("s1", "G", "new.yaml", ""), nacre.MayBeDown()), a(), b())
		},
		"a layer behind that is up": func(t *testing.T, o nacre.Options) copiesConfig {
			return startAs(t, o, a(), b(), document("s1", "G", "new.yaml", "{}"))
		},
		"a local layer": func(t *testing.T, o nacre.Options) copiesConfig {
			return startAs(t, o, memory.New("local.yaml", []byte("c: 0")), a(), b())
		},
		"one layer less": func(t *testing.T, o nacre.Options) copiesConfig {
			c := startAs(t, o, b())
			c.A = 1
			return c
		},
		"options of a layer": func(t *testing.T, o nacre.Options) copiesConfig {
			return startAs(t, o, nacre.Layer(a(), nacre.WithoutChangeGuard(), nacre.DropWhenAbsent()), b())
		},
		"other options": func(t *testing.T, o nacre.Options) copiesConfig {
			o.History, o.Service, o.MaxKeyLoss = 3, "orders", nacre.Off
			return startAs(t, o, a(), b())
		},
		"another struct": func(t *testing.T, o nacre.Options) copiesConfig {
			return layered[renamed](t, o, a(), b()).Get().copiesConfig
		},
	} {
		for sealed, key := range map[string][]byte{"": nil, ", sealed": bytes.Repeat([]byte{7}, 32)} {
			t.Run(name+sealed, func(t *testing.T) {
				t.Parallel()
				o := copiesIn(t.TempDir())
				o.LastKnownGoodKey = key
				runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"), document("s1", "G", "b.yaml", "b: 2"))
				if got := next(t, o); got.A != 1 || got.B != 2 {
					t.Errorf("the release runs with %+v, want the copies' a=1 b=2", got)
				}
			})
		}
	}
}

// A document in another namespace or group is another document.
func TestACopyIsOfOneDocument(t *testing.T) {
	t.Parallel()
	o := copiesIn(t.TempDir())
	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"))
	other := document("s1", "G", "a.yaml", "")
	other.description.Namespace = "staging"
	for name, s := range map[string]source.Source{"group": document("s1", "H", "a.yaml", ""), "namespace": other, "data ID": document("s1", "G", "b.yaml", "")} {
		if cfg, err := nacre.OpenWith[copiesConfig](t.Context(), o, s); err == nil {
			t.Errorf("the copy of a document was used for that of another %s: %+v", name, *cfg.Get())
			cfg.Close()
		}
	}
}

// Open says which of the layers that are down have a copy, where and how old, and why it fails all
// the same.
func TestOpenSaysWhichCopiesThereAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := copiesIn(dir)
	_, err := nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "a.yaml", ""))
	requireText(t, err, "bad password", "there is none of placed in "+dir, "LastKnownGoodSeed", "MayBeDown")

	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"))
	_, err = nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "a.yaml", ""), document("s1", "G", "new.yaml", ""))
	requireText(t, err, "layer prod/G/placed: ", "layer placed: ", "layer prod/G/placed has a copy, saved 0s ago, in "+dir, ".lastgood", "there is none of placed in "+dir)
	if !errors.Is(err, source.PermissionDenied) {
		t.Errorf("the kind of the cause is lost: %v", err)
	}

	runOnce[copiesConfig](t, o, document("s1", "G", "b.yaml", "b: 1"))
	_, err = nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "a.yaml", ""), document("s1", "G", "b.yaml", ""))
	requireText(t, err, "layer prod/G/placed has a copy", "layer placed has a copy", "nacre does not mix documents that were not live together")

	// The copy is not good for the service.
	type other struct {
		X int `config:"x"`
	}
	_, err = nacre.OpenWith[other](t.Context(), o, nacre.Layer(document("s1", "G", "a.yaml", ""), nacre.Strict()))
	requireText(t, err, "unknown key", "layer placed: login to nacos: permission denied: bad password; it has a copy, saved 0s ago, in "+dir)
}

func requireText(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("Open did not fail")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q:\n%v", text, err)
		}
	}
}

// Documents that were never live together are not mixed: the newest copy that has all of them is
// used.
func TestCopiesAreNotMixed(t *testing.T) {
	t.Parallel()
	o := copiesIn(t.TempDir())
	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"), document("s1", "G", "b.yaml", "b: 1"))
	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 2"), document("s1", "G", "c.yaml", "c: 2"))
	for _, c := range []struct {
		names string
		want  copiesConfig
	}{{"a", copiesConfig{A: 2}}, {"ab", copiesConfig{A: 1, B: 1}}, {"ac", copiesConfig{A: 2, C: 2}}} {
		var layers []source.Source
		for _, name := range c.names {
			layers = append(layers, document("s1", "G", string(name)+".yaml", ""))
		}
		cfg, err := nacre.OpenWith[copiesConfig](t.Context(), o, layers...)
		if err != nil {
			t.Errorf("%s: %v", c.names, err)
			continue
		}
		if got := *cfg.Get(); got != c.want {
			t.Errorf("the documents %s are %+v, want %+v: what was live together", c.names, got, c.want)
		}
		cfg.Close()
	}
	_, err := nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "b.yaml", ""), document("s1", "G", "c.yaml", ""))
	requireText(t, err, "were not live together")
}

// If the newest contents and the newest copy are bad for a release, an older copy may be good.
func TestAnOlderCopyIsTriedIfTheNewestIsRejected(t *testing.T) {
	t.Parallel()
	type small struct {
		A int `config:"a" validate:"lte=5"`
		B int `config:"b"`
		C int `config:"c"`
	}
	o := copiesIn(t.TempDir())
	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"), document("s1", "G", "b.yaml", "b: 1"))
	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 9"), document("s1", "G", "c.yaml", "c: 2"))
	if c := layered[small](t, o, document("s1", "G", "a.yaml", "")).Get(); c.A != 1 {
		t.Errorf("a=%d, want 1 of the copy that is good", c.A)
	}
}

// Two configs of a process, and two services with one program, have a copy each.
func TestEachSetOfDocumentsHasACopyOfItsOwn(t *testing.T) {
	t.Parallel()
	o := copiesIn(t.TempDir())
	first := layered[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"))
	second := layered[copiesConfig](t, o, document("s1", "G", "b.yaml", "b: 2"))
	for i, cfg := range []*nacre.Config[copiesConfig]{first, second} {
		if err := cfg.Close(); err != nil || cfg.Health().LastKnownGood.Error != "" {
			t.Errorf("config %d: %v, %q", i, err, cfg.Health().LastKnownGood.Error)
		}
	}
	if c := layered[copiesConfig](t, o, document("s1", "G", "a.yaml", "")).Get(); *c != (copiesConfig{A: 1}) {
		t.Errorf("the first config starts with %+v", *c)
	}
	if c := layered[copiesConfig](t, o, document("s1", "G", "b.yaml", "")).Get(); *c != (copiesConfig{B: 2}) {
		t.Errorf("the second config starts with %+v", *c)
	}
}

// A release that adds a document replaces the copy of the release before; a sealed copy that is put
// back is not used.
func TestTheCopyOfTheReleaseBeforeIsRemoved(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]byte{"plain": nil, "sealed": bytes.Repeat([]byte{7}, 32)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			o := copiesIn(dir)
			o.LastKnownGoodKey = key
			runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"))
			before := copyFiles(t, dir)
			restored := restore(t, before...)
			runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 2"), document("s1", "G", "b.yaml", "b: 2"))
			after := copyFiles(t, dir)
			if len(before) != 1 || len(after) != 1 || before[0] == after[0] {
				t.Fatalf("the copies are %q, and were %q; want the new one alone", after, before)
			}
			if c := layered[copiesConfig](t, o, document("s1", "G", "a.yaml", "")).Get(); c.A != 2 {
				t.Errorf("the release before, rolled back, starts with a=%d, want the newest 2", c.A)
			}
			if key == nil {
				return
			}
			restored()
			if err := os.Remove(after[0]); err != nil {
				t.Fatal(err)
			}
			_, err := nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "a.yaml", ""), nacre.Layer(document("s1", "G", "c.yaml", ""), nacre.MayBeDown()))
			requireText(t, err, "older than the newest", before[0])
		})
	}
}

func copyFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.lastgood"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// A copy that is not used says why: in the error of Open, and in Health if the start does not need
// it.
func TestACopyThatIsSkippedSaysWhy(t *testing.T) {
	t.Parallel()
	key, other := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{8}, 32)
	for name, c := range map[string]struct {
		saved, read []byte
		spoil       func(path string) error
		want        string
	}{
		"another key": {key, other, nil, "another key"},
		"no key":      {key, nil, nil, "no key is set"},
		"not sealed":  {nil, key, nil, "not encrypted although a key is set"},
		"damaged":     {nil, nil, func(path string) error { return os.Truncate(path, 200) }, "checksum does not match"},
		"old format": {nil, nil, func(path string) error {
			return os.WriteFile(path, []byte("nacre-lastgood-1 sha256:00\n{}\n"), 0o600)
		}, "not a last known good copy of this version of nacre"},
		"a folder":      {nil, nil, func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, "not a regular file"},
		"all may write": {nil, nil, func(path string) error { return os.Chmod(path, 0o666) }, "every user can write"},
	} {
		for where, more := range map[string][]source.Source{"own copy": nil, "copy of the release before": {nacre.Layer(document("s1", "G", "new.yaml", ""), nacre.MayBeDown())}} {
			t.Run(name+", "+where, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				o := copiesIn(dir)
				o.LastKnownGoodKey = c.saved
				runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 1"))
				path := copyFiles(t, dir)[0]
				if c.spoil != nil {
					if err := c.spoil(path); err != nil {
						t.Fatal(err)
					}
				}
				o.LastKnownGoodKey = c.read
				_, err := nacre.OpenWith[copiesConfig](t.Context(), o, append(more, document("s1", "G", "a.yaml", ""))...)
				requireText(t, err, "bad password", "not used: ", path, c.want)
			})
		}
	}
}
