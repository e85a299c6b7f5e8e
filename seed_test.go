package nacre_test

import (
	"bytes"
	"crypto/ed25519"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// seedFile writes a file of a seed, and its folders.
func seedFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // as in an image
		t.Fatal(err)
	}
}

// A fresh service whose sources are down starts from its seed, and everybody is told.
func TestAFreshServiceStartsFromItsSeed(t *testing.T) {
	t.Parallel()
	for _, disabled := range []bool{false, true} {
		seed, dir := t.TempDir(), t.TempDir()
		seedFile(t, filepath.Join(seed, "prod", "G", "a.yaml"), "a: 1")
		seedFile(t, filepath.Join(seed, "b.yaml"), "b: 2")
		var log bytes.Buffer
		var opened observe.Event
		o := copiesIn(dir)
		o.LastKnownGoodSeed, o.LastKnownGoodDisabled = seed, disabled
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.Observers = on(handlers{observe.Opened: func(e observe.Event) { opened = e }})
		cfg, err := nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "a.yaml", ""), document("s1", "G", "b.yaml", ""))
		if err != nil {
			t.Fatal(err)
		}
		if c := *cfg.Get(); c != (copiesConfig{A: 1, B: 2}) {
			t.Errorf("started with %+v, want the seed's a=1 b=2", c)
		}
		h := cfg.Health()
		if l := h.Layers[0]; !l.FromSeed || l.FromLastKnownGood || !l.VerifiedAt.IsZero() || h.LastKnownGood.Error != "" {
			t.Errorf("Health does not show a seed that was never verified: %+v, %+v", l, h.LastKnownGood)
		}
		if len(opened.FromSeed) != 2 || opened.FromLastKnownGood != nil || opened.Age != 0 {
			t.Errorf("the event is %+v", opened)
		}
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "started from the seed") {
			t.Errorf("the log does not say so:\n%s", log.String())
		}
		if files := copyFiles(t, dir); len(files) != 0 {
			t.Errorf("the seed was saved as the copy %q: a newer image could not replace it", files)
		}
	}
}

// A copy is newer than any seed; a seed stands in for documents that the copy does not have, and
// for a copy that the service cannot use.
func TestACopyTakesPrecedenceOverTheSeed(t *testing.T) {
	t.Parallel()
	seed := t.TempDir()
	seedFile(t, filepath.Join(seed, "a.yaml"), "a: 1")
	seedFile(t, filepath.Join(seed, "b.yaml"), "b: 1")
	o := copiesIn(t.TempDir())
	o.LastKnownGoodSeed = seed
	runOnce[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 7"))
	cfg := layered[copiesConfig](t, o, document("s1", "G", "a.yaml", ""), document("s1", "G", "b.yaml", ""))
	if c := *cfg.Get(); c != (copiesConfig{A: 7, B: 1}) {
		t.Errorf("started with %+v, want a=7 of the copy and b=1 of the seed", c)
	}
	if h := cfg.Health().Layers; !h[0].FromLastKnownGood || h[0].FromSeed || !h[1].FromSeed {
		t.Errorf("Health shows %+v", h)
	}
	type small struct {
		A int `config:"a" validate:"lte=5"`
		B int `config:"b"`
	}
	for what, text := range map[string]string{"the source is down": "", "the newest content is bad": "a: 8"} {
		if c := layered[small](t, o, document("s1", "G", "a.yaml", text)).Get(); c.A != 1 {
			t.Errorf("%s and the copy is rejected: a=%d, want 1 of the seed", what, c.A)
		}
	}
}

// A ConfigMap is a folder of links that Kubernetes replaces at once.
func TestASeedIsAConfigMap(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	mount := t.TempDir()
	seedFile(t, filepath.Join(mount, "..2026_01_02", "a.yaml"), "a: 1")
	seedFile(t, filepath.Join(mount, "..2026_01_02", "G", "b.yaml"), "b: 2")
	for link, target := range map[string]string{"..data": "..2026_01_02", "a.yaml": "..data/a.yaml", "G": "..data/G"} {
		if err := os.Symlink(target, filepath.Join(mount, link)); err != nil {
			t.Fatal(err)
		}
	}
	o := copiesIn(t.TempDir())
	o.LastKnownGoodSeed = mount
	c := layered[copiesConfig](t, o, document("s1", "G", "a.yaml", ""), document("s1", "G", "b.yaml", "")).Get()
	if *c != (copiesConfig{A: 1, B: 2}) {
		t.Errorf("started with %+v", *c)
	}
}

// A source that is up needs no seed, and one that recovers replaces it.
func TestTheSeedIsReplacedByTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := t.TempDir()
		seedFile(t, filepath.Join(seed, "remote.yaml"), "a: 1")
		o := copiesIn(t.TempDir())
		o.LastKnownGoodSeed = filepath.Join(seed, "remote.yaml") // a file is the seed of the document with its name
		s := remote("remote", "a: 3")
		s.Fail(&source.Error{Kind: source.Unavailable, Op: "read"})
		cfg, err := nacre.OpenWith[copiesConfig](t.Context(), o, s)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		if cfg.Get().A != 1 {
			t.Errorf("a=%d, want 1 of the seed", cfg.Get().A)
		}
		s.Heal()
		s.PutYAML("remote.yaml", "a: 4")
		time.Sleep(time.Minute)
		synctest.Wait()
		if h := cfg.Health().Layers[0]; cfg.Get().A != 4 || h.FromSeed {
			t.Errorf("the source is up: a=%d, %+v", cfg.Get().A, h)
		}
	})
}

// A seed that cannot be read does not prevent a start; it shows in Health and the log, and in the
// error of a start that needs it.
func TestASeedThatCannotBeReadIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seedFile(t, filepath.Join(dir, "other.yaml"), "a: 1")
	seedFile(t, filepath.Join(dir, "folder", "a.yaml", "x"), "")
	seedFile(t, filepath.Join(dir, "bad", "a.yaml"), "a: [")
	for path, want := range map[string]string{"missing": "not found", "other.yaml": "no layer has a document of this name", "folder": "not a regular file", "bad": ""} {
		o := copiesIn(t.TempDir())
		o.LastKnownGoodSeed = filepath.Join(dir, path)
		cfg := layered[copiesConfig](t, o, document("s1", "G", "a.yaml", "a: 5"))
		if got := cfg.Health().LastKnownGood.Error; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: Health says %q, want %q", path, got, want)
		}
		cfg.Close()
		o.LastKnownGoodDir = t.TempDir()
		_, err := nacre.OpenWith[copiesConfig](t.Context(), o, document("s1", "G", "a.yaml", ""))
		requireText(t, err, want, filepath.Join(dir, path), "bad password")
	}
}

// A seed is no way around a signature: neither its documents nor its manifest, which may be older
// than what was live here, or expired.
func TestASeedDoesNotBypassTheSignature(t *testing.T) {
	t.Parallel()
	key := releaseKey(1)
	expired := of(3)
	expired.Expires = time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		manifest []byte
		a        string
		want     string // in the error; "" if it starts
		before   int    // the release that was live here; 0 for none
	}{
		"signed":            {signed(of(2), key), "a: 2", "", 0},
		"no manifest":       {nil, "a: 2", "", -1},
		"unsigned manifest": {of(2).YAML(), "a: 2", "not signed", 0},
		"signed by another": {signed(of(2), releaseKey(2)), "a: 2", "not signed by a trusted key", 0},
		"another document":  {signed(of(2), key), "a: 66", "is not the one of release", 0},
		"expired":           {signed(expired, key), "a: 3", "has expired", 0},
		"older":             {signed(of(2), key), "a: 2", "sequence 2, and 5 was accepted here before", 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := t.TempDir()
			if c.manifest != nil {
				seedFile(t, filepath.Join(seed, "release.yaml"), string(c.manifest))
			}
			seedFile(t, filepath.Join(seed, "a.yaml"), c.a)
			seedFile(t, filepath.Join(seed, "b.yaml"), strings.Replace(c.a, "a", "b", 1))
			o := copiesIn(t.TempDir())
			o.LastKnownGoodKey = bytes.Repeat([]byte{7}, 32)
			layers := func(m, a, b string) []source.Source {
				return []source.Source{nacre.Layer(document("s1", "G", "release.yaml", m), nacre.SignedManifest(key.Public().(ed25519.PublicKey))),
					document("s1", "G", "a.yaml", a), document("s1", "G", "b.yaml", b)}
			}
			if c.before > 0 {
				runOnce[releaseConfig](t, o, layers(string(signed(of(c.before), key)), string(docA(c.before)), string(docB(c.before)))...)
				if err := os.Remove(copyFiles(t, o.LastKnownGoodDir)[0]); err != nil { // its mark remembers the sequence
					t.Fatal(err)
				}
			}
			o.LastKnownGoodSeed = seed
			cfg, err := nacre.OpenWith[releaseConfig](t.Context(), o, layers("", "", "")...)
			switch {
			case err == nil && (c.want != "" || c.before < 0):
				t.Errorf("started with %+v", *cfg.Get())
			case err != nil && (c.want == "" && c.before >= 0 || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err == nil {
				cfg.Close()
			}
		})
	}
}

// Open reports once, after a second, what it waits for, why, and how long at most.
func TestOpenReportsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		began, reported := time.Now(), []observe.Event{}
		o := nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		o.Observers = on(handlers{observe.OpenWaiting: func(e observe.Event) { reported = append(reported, e) }})
		down, silent := remote("down", "a: 1"), remote("silent", "a: 1")
		down.FailKind(source.Unavailable)
		defer silent.BlockReads()()
		if _, err := nacre.OpenWith[copiesConfig](t.Context(), o, down, silent, remote("up", "b: 1")); err == nil {
			t.Fatal("it opened")
		}
		if time.Since(began) != 10*time.Second || len(reported) != 1 {
			t.Fatalf("%d reports in %v, want one in 10s", len(reported), time.Since(began))
		}
		e := reported[0]
		if e.Time.Sub(began) != time.Second || e.Took != 9*time.Second || len(e.Reasons) != 2 ||
			!strings.Contains(e.Reasons[0], "layer down: read down: unavailable") || !strings.Contains(e.Reasons[1], "layer silent: wait: timeout") {
			t.Errorf("the report after %v is %+v", e.Time.Sub(began), e)
		}
		if !strings.Contains(log.String(), "waiting for layers") || !strings.Contains(log.String(), "at_most=9s") {
			t.Errorf("the log says\n%s", log.String())
		}
	})
	synctest.Test(t, func(t *testing.T) { // a start that is quick reports nothing, a deadline counts
		var reported []observe.Event
		o := nacre.Options{LastKnownGoodDisabled: true, Logger: quiet.Logger}
		o.Observers = on(handlers{observe.OpenWaiting: func(e observe.Event) { reported = append(reported, e) }})
		layered[copiesConfig](t, o, remote("up", "a: 1"))
		time.Sleep(time.Minute)
		if len(reported) != 0 {
			t.Errorf("a start that waits for nothing reports %+v", reported)
		}
	})
}
