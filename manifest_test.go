package nacre_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type releaseConfig struct {
	A int `config:"a"`
	B int `config:"b"`
	C int `config:"c"`
}

// release is a config of a manifest, two documents that it lists and one that it does not.
type release struct {
	cfg        *nacre.Config[releaseConfig]
	m, a, b, c *memory.Source
	r          recorder
	applied    []observe.Event
}

func docA(n int) []byte { return fmt.Appendf(nil, "a: %d", n) }
func docB(n int) []byte { return fmt.Appendf(nil, "b: %d", n) }

// of is the manifest of release n.
func of(n int) *manifest.Manifest {
	m := manifest.New(fmt.Sprintf("release-%d", n), map[string][]byte{"a.yaml": docA(n), "b.yaml": docB(n)})
	m.Sequence, m.Audience = uint64(n), anybody
	return m
}

var anybody = []manifest.Audience{{Namespace: "*", Group: "*", Service: "*"}}

// signed is a manifest as it is published, signed with a key.
func signed(m *manifest.Manifest, key ed25519.PrivateKey) []byte {
	if m.Sequence == 0 {
		m.Sequence = 1
	}
	if m.Audience == nil {
		m.Audience = anybody
	}
	data, err := manifest.Sign(m.YAML(), key)
	if err != nil {
		panic(err) // a mistake of the test
	}
	return data
}

func newRelease(t *testing.T, keys ...ed25519.PublicKey) *release {
	t.Helper()
	r := &release{a: memory.New("a.yaml", docA(1)), b: memory.New("b.yaml", docB(1)), c: memory.New("c.yaml", []byte("c: 1"))}
	first := of(1).YAML()
	if len(keys) > 0 {
		first = signed(of(1), releaseKey(1))
	}
	r.m = memory.New("release.yaml", first)
	o := r.r.options()
	o.Observers = append(o.Observers, on(handlers{observe.Applied: func(e observe.Event) { r.applied = append(r.applied, e) }})...)
	option := nacre.Manifest()
	if len(keys) > 0 {
		option = nacre.SignedManifest(keys[0], keys[1:]...)
	}
	var err error
	if r.cfg, err = nacre.OpenWith[releaseConfig](t.Context(), o, nacre.Layer(r.m, option), r.a, r.b, nacre.Layer(r.c, nacre.TrustUnsigned())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.cfg.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func releaseKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// Anomaly: half a release, whatever the order and the pauses in which it arrives.
func TestAReleaseComesWholeOrNotAtAll(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			r := newRelease(t)
			for n := 2; n <= 6; n++ {
				steps := []func(){
					func() { r.m.Set(of(n).YAML()) }, func() { r.a.Set(docA(n)) }, func() { r.b.Set(docB(n)) },
					func() { r.c.Set(fmt.Appendf(nil, "c: %d", n)) },
				}
				random.Shuffle(len(steps), func(i, k int) { steps[i], steps[k] = steps[k], steps[i] })
				for _, step := range steps {
					step()
					time.Sleep(time.Duration(random.IntN(3)) * 200 * time.Millisecond)
					synctest.Wait()
					if c := r.cfg.Get(); c.A != c.B {
						t.Fatalf("seed %d: live are a of release %d and b of release %d", seed, c.A, c.B)
					}
				}
				settle()
				if c := r.cfg.Get(); c.A != n || c.B != n || c.C != n {
					t.Fatalf("seed %d: release %d is there, and live is %+v; %+v", seed, n, *c, r.cfg.Health().Layers)
				}
				last := r.applied[len(r.applied)-1]
				for _, cause := range last.Causes {
					if (cause.Document == "a.yaml" || cause.Document == "b.yaml") && cause.Release != fmt.Sprintf("release-%d", n) {
						t.Errorf("seed %d: the cause %+v does not say its release", seed, cause)
					}
				}
			}
			if h := r.cfg.Health(); h.Layers[0].Release != "release-6" || h.Layers[1].Release != "" {
				t.Errorf("seed %d: Health names the releases %q and %q, want that of the manifest alone", seed, h.Layers[0].Release, h.Layers[1].Release)
			}
			if h := r.cfg.Health(); h.Layers[0].Held != nil || h.Layers[1].Held != nil || h.Layers[1].Rejected != nil || len(r.r.tripped) > 0 {
				t.Errorf("seed %d: in the end %+v", seed, h.Layers)
			}
		})
	}
}

func TestAHalfReleaseIsHeldAndSaysForWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelease(t)
		r.m.Set(of(2).YAML())
		r.a.Set(docA(2))
		r.c.Set([]byte("c: 7"))
		settle()
		h := r.cfg.Health()
		if c := r.cfg.Get(); c.A != 1 || c.B != 1 || c.C != 7 {
			t.Errorf("live is %+v, want the old release, and what does not belong to one", *c)
		}
		if held := h.Layers[1].Held; len(held) != 1 || !strings.Contains(held[0], "b.yaml") || !strings.Contains(held[0], "release-2") {
			t.Errorf("held: %q, want what is missing", held)
		}
		// Nobody can force a half of it.
		if _, err := approve(r.cfg, 1); !errors.Is(err, source.Conflict) || !strings.Contains(err.Error(), "still held: release is incomplete") {
			t.Errorf("approving a half returns %v", err)
		}
		if c := r.cfg.Get(); c.A != 1 {
			t.Errorf("a half of a release was forced: %+v", *c)
		}
		// A document that is missing altogether.
		r.m.Set(manifest.New("release-3", map[string][]byte{"a.yaml": docA(2), "b.yaml": docB(1), "x.yaml": nil}).YAML())
		settle()
		if held := r.cfg.Health().Layers[0].Held; len(held) != 1 || !strings.Contains(held[0], "no layer has x.yaml") {
			t.Errorf("held: %q", held)
		}
	})
}

func TestUnsignedContentIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		public := releaseKey(1).Public().(ed25519.PublicKey)
		r := newRelease(t, public)
		for what, m := range map[string][]byte{"unsigned": of(2).YAML(), "signed by another": signed(of(2), releaseKey(2))} {
			r.m.Set(m)
			r.a.Set(docA(2))
			r.b.Set(docB(2))
			settle()
			h := r.cfg.Health()
			if c := r.cfg.Get(); c.A != 1 || c.B != 1 || len(h.Layers[0].Rejected) != 1 || !strings.Contains(h.Layers[0].Rejected[0], "signed") {
				t.Errorf("%s: live is %+v, rejected %q", what, *c, h.Layers[0].Rejected)
			}
		}
		r.m.Set(signed(of(2), releaseKey(1)))
		settle()
		if c := r.cfg.Get(); c.A != 2 || c.B != 2 {
			t.Errorf("signed: live is %+v; %+v", *c, r.cfg.Health().Layers)
		}
	})
}

// A remote document that no signature covers.
func TestWhatIsNotListedIsRefusedWhereItMustBeSigned(t *testing.T) {
	m := manifest.New("1", map[string][]byte{"a.yaml": docA(1)})
	_, err := nacre.OpenWith[deriveConfig](t.Context(), nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true},
		nacre.Layer(memory.New("release.yaml", signed(m, releaseKey(1))), nacre.SignedManifest(releaseKey(1).Public().(ed25519.PublicKey))),
		nacre.Layer(memory.New("a.yaml", docA(1)), nacre.AllowUnknown()),
		remoteLayer{&scripted{text: "db: injected"}})
	if !errors.Is(err, source.PermissionDenied) || !strings.Contains(err.Error(), "remote.yaml") || !strings.Contains(err.Error(), "not in the signed manifest") {
		t.Errorf("a document that is not signed: %v", err)
	}
}

// Without its manifest nothing is signed: to take it away must not open the door.
func TestNoManifestIsNoPermission(t *testing.T) {
	gone := memory.New("release.yaml", nil)
	gone.Remove()
	layers := func(options ...nacre.LayerOption) []source.Source {
		return []source.Source{nacre.Layer(gone, options...), remoteLayer{&scripted{text: "db: injected"}}}
	}
	o := nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true}
	if _, err := nacre.OpenWith[deriveConfig](t.Context(), o, layers(nacre.SignedManifest(releaseKey(1).Public().(ed25519.PublicKey)), nacre.AbsentOK())...); !errors.Is(err, source.PermissionDenied) {
		t.Errorf("without the manifest that must sign it: %v", err)
	}
	cfg, err := nacre.OpenWith[deriveConfig](t.Context(), o, layers(nacre.Manifest(), nacre.AbsentOK())...)
	if err != nil {
		t.Fatalf("nothing need be signed: %v", err)
	}
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
}

// A start in the middle of a publish must not take a half.
func TestAStartWithHalfARelease(t *testing.T) {
	open := func(b []byte) error {
		cfg, err := nacre.OpenWith[releaseConfig](t.Context(), quiet, nacre.Layer(memory.New("release.yaml", of(2).YAML()), nacre.Manifest()),
			memory.New("a.yaml", docA(2)), memory.New("b.yaml", b))
		if err == nil {
			err = cfg.Close()
		}
		return err
	}
	if err := open(docB(1)); !errors.Is(err, source.Corrupt) || !strings.Contains(err.Error(), "b.yaml: is not the one of release release-2") {
		t.Errorf("half a release: %v", err)
	}
	if err := open(docB(2)); err != nil {
		t.Errorf("a whole one: %v", err)
	}
}
