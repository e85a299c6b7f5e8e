package nacre_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// placed is a remote source of a document in a namespace and a group.
type placed struct {
	memory      *memory.Source
	description source.Description
	format      string // what the publisher says of it; "": what its name says
	err         error  // not nil: it is down
}

// in returns a source of a document in prod and a group.
func in(group, name string, data []byte) *placed {
	return &placed{memory: memory.New(name, data), description: source.Description{Identity: "placed", Namespace: "prod", Group: group}}
}

func (p *placed) Name() string                 { return "placed" }
func (p *placed) Describe() source.Description { return p.description }

func (p *placed) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if p.err != nil {
		return source.Content{}, p.err
	}
	c, err := p.memory.Next(ctx, prev)
	if err == nil && p.format != "" {
		c.Documents[0].Format = p.format
	}
	return c, err
}

// listed is a manifest of two documents of one name in two groups.
func listed(n int) *manifest.Manifest {
	m := &manifest.Manifest{Release: "r"}
	m.Add(manifest.Document{Name: "x.yaml"}, docA(n))
	m.Add(manifest.Document{Name: "x.yaml", Namespace: "prod", Group: "OTHER"}, docB(n))
	return m
}

// A document is known by namespace, group and name: two of one name are two, and neither can take
// the place of the other.
func TestAManifestMeansOneDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := in("G", "release.yaml", listed(1).YAML()), in("G", "x.yaml", docA(1)), in("OTHER", "x.yaml", docB(1))
		o := quiet
		o.LastKnownGoodDisabled = true
		cfg := layered[releaseConfig](t, o, nacre.Layer(m, nacre.Manifest()), a, b)
		m.memory.Set(listed(2).YAML())
		a.memory.Set(docB(2)) // swapped
		b.memory.Set(docA(2))
		settle()
		if c := cfg.Get(); c.A != 1 || c.B != 1 || len(cfg.Health().Layers[1].Held) != 2 {
			t.Errorf("documents of one name took each other's place: %+v, %+v", *c, cfg.Health().Layers)
		}
		a.memory.Set(docA(2))
		b.memory.Set(docB(2))
		settle()
		if c := cfg.Get(); c.A != 2 || c.B != 2 {
			t.Errorf("live is %+v; %+v", *c, cfg.Health().Layers)
		}
		third := listed(3)
		third.Documents[1].Group = "ELSEWHERE"
		m.memory.Set(third.YAML())
		settle()
		if held := strings.Join(cfg.Health().Layers[0].Held, "\n"); !strings.Contains(held, "no layer has x.yaml (in namespace prod and group ELSEWHERE)") {
			t.Errorf("held: %q, want where the document has to be", held)
		}
	})
}

// What says that a manifest must be signed cannot be without effect.
func TestSigningCannotBeSwitchedOffByMistake(t *testing.T) {
	public := releaseKey(1).Public().(ed25519.PublicKey)
	other := releaseKey(2).Public().(ed25519.PublicKey)
	free := func() source.Source { return memory.New("free.yaml", of(1).YAML()) }
	mine := func() source.Source { return memory.New("release.yaml", signed(of(1), releaseKey(1))) }
	for _, c := range []struct {
		what   string
		layers []source.Source
		err    string // "": it opens
	}{
		{"two keys", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(other, public))}, ""},
		{"a nil key", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(nil))}, "public key 1 has 0 bytes"},
		{"a nil key beside one", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(public, nil))}, "public key 2 has 0 bytes"},
		{"a short key", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(public[:31]))}, "public key 1 has 31 bytes"},
		{"a key twice", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(public, other, public))}, "public keys 1 and 3 are the same"},
		{"a key of zeros", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(make([]byte, 32)))}, "public key 1 is not usable"},
		{"an unsigned one in front", []source.Source{nacre.Layer(free(), nacre.Manifest()), nacre.Layer(mine(), nacre.SignedManifest(public))}, "both manifests"},
		{"an unsigned one behind", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(public)), nacre.Layer(free(), nacre.Manifest())}, "both manifests"},
		{"two signed ones", []source.Source{nacre.Layer(mine(), nacre.SignedManifest(public)), nacre.Layer(mine(), nacre.SignedManifest(public))}, "both manifests"},
		{"two unsigned ones", []source.Source{nacre.Layer(free(), nacre.Manifest()), nacre.Layer(free(), nacre.Manifest())}, "both manifests"},
		{"Manifest after SignedManifest", []source.Source{nacre.Layer(free(), nacre.SignedManifest(public), nacre.Manifest())}, "not signed"},
		{"Manifest before SignedManifest", []source.Source{nacre.Layer(free(), nacre.Manifest(), nacre.SignedManifest(public))}, "not signed"},
		{"a layer of a layer", []source.Source{nacre.Layer(nacre.Layer(free(), nacre.SignedManifest(public)), nacre.Manifest())}, "not signed"},
	} {
		layers := append(c.layers, memory.New("a.yaml", docA(1)), memory.New("b.yaml", docB(1)))
		cfg, err := nacre.OpenWith[releaseConfig](t.Context(), quiet, layers...)
		if err == nil {
			err = cfg.Close()
			if c.err != "" {
				t.Errorf("%s: it opens", c.what)
			}
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.what, err, c.err)
		}
	}
}

// A tree has no bytes, and no digest that would cover it.
func TestATreeIsNotWhatAManifestLists(t *testing.T) {
	for what, option := range map[string]nacre.LayerOption{
		"unsigned": nacre.Manifest(), "signed": nacre.SignedManifest(releaseKey(1).Public().(ed25519.PublicKey)),
	} {
		synctest.Test(t, func(t *testing.T) {
			m := manifest.New("1", map[string][]byte{"a.yaml": nil})
			a := memory.New("a.yaml", nil)
			cfg := layered[releaseConfig](t, quiet, nacre.Layer(memory.New("release.yaml", signed(m, releaseKey(1))), option), a)
			if err := a.SetTree(map[string]any{"a": 666}); err != nil {
				t.Fatal(err)
			}
			settle()
			if held := strings.Join(cfg.Health().Layers[1].Held, "\n"); cfg.Get().A != 0 || !strings.Contains(held, "is a tree, which has no digest") {
				t.Errorf("%s: any tree does for the digest of nothing: %+v, held %q", what, *cfg.Get(), held)
			}
		})
	}
}

// The same signed bytes mean something else to another parser, and a writer to Nacos chooses
// the content type.
func TestTheFormatIsSigned(t *testing.T) {
	public := releaseKey(1).Public().(ed25519.PublicKey)
	data := []byte("a: 1\nb: 2")
	open := func(format string) error {
		m := &manifest.Manifest{Release: "1"}
		m.Add(manifest.Document{Name: "plain", Format: source.FormatProperties}, data)
		a := in("G", "plain", data)
		a.format = format
		cfg, err := nacre.OpenWith[releaseConfig](t.Context(), nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true},
			nacre.Layer(in("G", "release.yaml", signed(m, releaseKey(1))), nacre.SignedManifest(public)), a)
		if err == nil {
			err = cfg.Close()
		}
		return err
	}
	if err := open(source.FormatProperties); err != nil {
		t.Errorf("in the format that is signed: %v", err)
	}
	for _, format := range []string{source.FormatYAML, source.FormatDotenv, "PROPERTIES"} {
		if err := open(format); err == nil {
			t.Errorf("%s: another parser reads what is signed: %v", format, err)
		}
	}
	if err := open(source.FormatYAML); !errors.Is(err, source.Corrupt) || !strings.Contains(err.Error(), "another format than properties") {
		t.Errorf("the error is %v", err)
	}
	// A name that declares no format must be given one.
	if _, err := manifest.Sign(signedless("plain", data), releaseKey(1)); err == nil {
		t.Error("a document without a format is signed")
	}
}

func signedless(name string, data []byte) []byte {
	m := manifest.New("1", map[string][]byte{name: data})
	m.Sequence, m.Audience = 1, anybody
	return m.YAML()
}

// fileOf is a file of the service.
func fileOf(t *testing.T, text string) source.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file.New(path)
}

// What is at hand may have come from anywhere.
func TestToBeAtHandIsNotToBeTrusted(t *testing.T) {
	t.Setenv("TRUST_C", "3")
	mine := func() source.Source {
		return nacre.Layer(memory.New("release.yaml", signed(of(1), releaseKey(1))), nacre.SignedManifest(releaseKey(1).Public().(ed25519.PublicKey)))
	}
	atHand := func() source.Source { return memory.New("c.yaml", []byte("c: 3")) }
	for _, c := range []struct {
		what  string
		layer source.Source
		opens bool
	}{
		{"memory", atHand(), false},
		{"a source of one's own that is Local", &localOnly{in("G", "c.yaml", []byte("c: 3"))}, false},
		{"a remote source", in("G", "c.yaml", []byte("c: 3")), false},
		{"a file", fileOf(t, "c: 3"), true},
		{"the environment", env.New("TRUST_"), true},
		{"memory that is trusted", nacre.Layer(atHand(), nacre.TrustUnsigned()), true},
		{"a remote source that is trusted", nacre.Layer(in("G", "c.yaml", []byte("c: 3")), nacre.TrustUnsigned()), true},
		{"a file that must be signed", nacre.Layer(fileOf(t, "c: 3"), nacre.RequireSigned()), false},
		{"an environment that must be signed", nacre.Layer(env.New("TRUST_"), nacre.RequireSigned()), false},
		{"the last word counts", nacre.Layer(nacre.Layer(atHand(), nacre.RequireSigned()), nacre.TrustUnsigned()), true},
		{"the other last word counts", nacre.Layer(fileOf(t, "c: 3"), nacre.TrustUnsigned(), nacre.RequireSigned()), false},
	} {
		cfg, err := nacre.OpenWith[releaseConfig](t.Context(), nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true}, mine(),
			memory.New("a.yaml", docA(1)), memory.New("b.yaml", docB(1)), c.layer)
		if err == nil {
			if cfg.Get().C != 3 {
				t.Errorf("control: %s: %+v", c.what, *cfg.Get())
			}
			err = cfg.Close()
		}
		if c.opens && err != nil || !c.opens && (!errors.Is(err, source.PermissionDenied) || !strings.Contains(err.Error(), "not in the signed manifest")) {
			t.Errorf("%s needs no signature: %v; got %v", c.what, c.opens, err)
		}
	}
	// A trusted document that is listed must be the one that is listed.
	_, err := nacre.OpenWith[releaseConfig](t.Context(), quiet, mine(), nacre.Layer(memory.New("a.yaml", docA(2)), nacre.TrustUnsigned()), memory.New("b.yaml", docB(1)))
	if !errors.Is(err, source.Corrupt) {
		t.Errorf("a trusted document that is listed with another digest: %v", err)
	}
	// To require what nothing asks for is a slip.
	if cfg, err := nacre.Open[releaseConfig](t.Context(), nacre.Layer(atHand(), nacre.RequireSigned())); err == nil || !strings.Contains(err.Error(), "no signed manifest") {
		t.Errorf("RequireSigned without a signed manifest: %v, %v", cfg, err)
	}
}

// localOnly is a source that keeps at hand what it has from elsewhere.
type localOnly struct{ *placed }

func (l localOnly) Describe() source.Description {
	d := l.placed.Describe()
	d.Local = true
	return d
}

// Held changes are logged, and the writer of an unsigned manifest decides how much it lists.
func TestALargeReleaseIsHeldInFewWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelease(t)
		m := of(2)
		for i := range 1998 {
			m.Add(manifest.Document{Name: fmt.Sprintf("n%04d.yaml", i)}, nil)
		}
		r.m.Set(m.YAML())
		settle()
		held := r.cfg.Health().Layers[0].Held
		if len(held) != 21 || !strings.HasSuffix(held[20], "1980 more documents") {
			t.Errorf("a release of %d documents is held for %d reasons, of which the last is %q", len(m.Documents), len(held), held[max(len(held)-1, 0)])
		}
		if c := r.cfg.Get(); c.A != 1 {
			t.Errorf("live is %+v", *c)
		}
	})
}
