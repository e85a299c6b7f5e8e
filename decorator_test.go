package nacre_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// counts is a decorator as a user writes one.
type counts struct {
	inner source.Source
	calls int
}

func (c *counts) Name() string          { return c.inner.Name() }
func (c *counts) Unwrap() source.Source { return c.inner }

func (c *counts) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	c.calls++
	return c.inner.Next(ctx, prev)
}

// embeds is a decorator that is a value, embeds the source, and has an Unwrap as well.
type embeds struct{ source.Source }

func (e embeds) Unwrap() source.Source { return e.Source }

// decorations are the ways to wrap a source without a change of its contents.
func decorations() map[string]func(source.Source) source.Source {
	return map[string]func(source.Source) source.Source{
		"nothing":                    func(s source.Source) source.Source { return s },
		"a decorator":                func(s source.Source) source.Source { return &counts{inner: s} },
		"a value that embeds":        func(s source.Source) source.Source { return embeds{s} },
		"a decorator of a decorator": func(s source.Source) source.Source { return &counts{inner: embeds{&counts{inner: s}}} },
		"a Layer":                    func(s source.Source) source.Source { return nacre.Layer(s) },
		"a Layer of a decorator":     func(s source.Source) source.Source { return nacre.Layer(&counts{inner: s}) },
		"a decorator of a Layer":     func(s source.Source) source.Source { return &counts{inner: nacre.Layer(s)} },
		"a Layer of a decorator of a Layer": func(s source.Source) source.Source {
			return nacre.Layer(&counts{inner: nacre.Layer(s)})
		},
	}
}

type decorated struct {
	N int `config:"n"`
}

// A decorator with an Unwrap has the abilities of the source that it wraps.
func TestADecoratorKeepsEveryAbility(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, o nacre.Options, layers ...source.Source) (*nacre.Config[decorated], error) {
		t.Helper()
		o.Logger = quiet.Logger
		o.LastKnownGoodDisabled = o.LastKnownGoodDir == ""
		cfg, err := nacre.OpenWith[decorated](t.Context(), o, layers...)
		if err == nil {
			t.Cleanup(func() { cfg.Close() })
		}
		return cfg, err
	}
	must := func(t *testing.T, o nacre.Options, layers ...source.Source) *nacre.Config[decorated] {
		t.Helper()
		cfg, err := open(t, o, layers...)
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	for name, wrap := range decorations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("io.Closer", func(t *testing.T) {
				c := &closing{Source: memory.New("a.yaml", []byte("n: 1"))}
				if err := must(t, nacre.Options{}, wrap(c)).Close(); err != nil || c.closed != 1 {
					t.Errorf("the source was closed %d times, want once: %v", c.closed, err)
				}
				failing := &closing{Source: memory.New("a.yaml", []byte("n: x"))}
				if _, err := open(t, nacre.Options{}, wrap(failing)); err == nil || failing.closed != 1 {
					t.Errorf("an Open that failed closed the source %d times, want once: %v", failing.closed, err)
				}
			})
			t.Run("Acknowledger", func(t *testing.T) {
				s := remote("remote", "n: 1")
				must(t, nacre.Options{}, wrap(s))
				if got := s.Received(); len(got) != 1 || got[0].Rejected != nil || got[0].Revision != s.Current() {
					t.Errorf("the source received %+v, want that its content is live", got)
				}
			})
			t.Run("FreshnessReporter", func(t *testing.T) {
				s := remote("remote", "n: 1")
				cfg := must(t, nacre.Options{}, wrap(s.AsFreshnessReporter()))
				at := time.Now().Add(-time.Hour)
				s.Prove(at)
				if got := cfg.Health().Layers[0].VerifiedAt; !got.Equal(at) {
					t.Errorf("Health says that the content was verified at %v, and its source says %v", got, at)
				}
			})
			t.Run("Identity and Local", func(t *testing.T) {
				o := nacre.Options{LastKnownGoodDir: t.TempDir()}
				path := func(layers ...source.Source) string {
					cfg := must(t, o, layers...)
					defer cfg.Close()
					return cfg.Health().LastKnownGood.Path
				}
				plain := path(remote("remote", "n: 1"))
				if got := path(wrap(remote("remote", "n: 1"))); got != plain {
					t.Errorf("the copy of a source with an identity is at %s, without the decorator at %s", got, plain)
				}
				if got := path(remote("remote", "n: 1"), wrap(memory.New("b.yaml", []byte("n: 2")))); got != plain {
					t.Errorf("the copy is at %s, and without the local source at %s", got, plain)
				}
			})
			t.Run("Trusted", func(t *testing.T) {
				m := &manifest.Manifest{Release: "1"}
				m.Add(manifest.Document{Name: "b.yaml"}, []byte("n: 0"))
				key := releaseKey(1)
				release := func(s source.Source) error {
					cfg, err := open(t, nacre.Options{}, memory.New("b.yaml", []byte("n: 0")), s,
						nacre.Layer(memory.New("release.yaml", signed(m, key)), nacre.SignedManifest(key.Public().(ed25519.PublicKey))))
					if err == nil && cfg.Get().N != 1 {
						t.Errorf("n is %d", cfg.Get().N)
					}
					return err
				}
				if err := release(wrap(fileOf(t, "n: 1"))); err != nil {
					t.Errorf("a file needs a signature: %v", err)
				}
				if err := release(wrap(memory.New("a.yaml", []byte("n: 1")))); !errors.Is(err, source.PermissionDenied) {
					t.Errorf("a source that is not trusted needs no signature: %v", err)
				}
				untrusted := &distrusts{counts{inner: wrap(fileOf(t, "n: 1"))}}
				if err := release(wrap(untrusted)); !errors.Is(err, source.PermissionDenied) {
					t.Errorf("a decorator that says that it is not trusted needs no signature: %v", err)
				}
			})
			t.Run("Namespace and Group", func(t *testing.T) {
				m := &manifest.Manifest{Release: "1"}
				m.Add(manifest.Document{Name: "a.yaml", Namespace: "prod", Group: "G"}, []byte("n: 1"))
				release := nacre.Layer(memory.New("release.yaml", m.YAML()), nacre.Manifest())
				if cfg, err := open(t, nacre.Options{}, release, wrap(in("G", "a.yaml", []byte("n: 1")))); err != nil || cfg.Get().N != 1 {
					t.Errorf("the manifest does not find the document by its group: %v", err)
				}
			})
			t.Run("Sharable", func(t *testing.T) {
				m := memory.New("a.yaml", []byte("n: 1"))
				must(t, nacre.Options{}, wrap(m))
				must(t, nacre.Options{}, wrap(m))
			})
			t.Run("Reusable", func(t *testing.T) {
				s := wrap(remote("remote", "n: 1"))
				for range 2 {
					if err := must(t, nacre.Options{}, s).Close(); err != nil {
						t.Fatal(err)
					}
				}
				c := &closing{Source: memory.New("a.yaml", []byte("n: 1"))}
				must(t, nacre.Options{}, wrap(c)).Close()
				if _, err := open(t, nacre.Options{}, wrap(c)); source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "closed") {
					t.Errorf("a source that is not reusable was accepted after Close: %v", err)
				}
			})
			t.Run("options of a Layer", func(t *testing.T) {
				s := wrap(nacre.Layer(memory.New("a.yaml", []byte("n: 1\nmore: 2")), nacre.AllowUnknown()))
				if _, err := open(t, nacre.Options{}, s); err != nil {
					t.Errorf("the options of the layer that is wrapped do not apply: %v", err)
				}
			})
			t.Run("one config", func(t *testing.T) {
				s := newStateful()
				must2 := func(s source.Source) error {
					_, err := claim(t, s)
					return err
				}
				if err := must2(wrap(s)); err != nil {
					t.Fatal(err)
				}
				refusedClaim(t, name, must2(wrap(s)), "stateful")
			})
		})
	}
}

// distrusts is a decorator that changes contents, and says so.
type distrusts struct{ counts }

func (d *distrusts) Describe() source.Description {
	own := source.DescriptionOf(d.inner)
	own.Trusted = false
	return own
}

// A decorator that is not itself Sharable belongs to one config, whatever it wraps.
func TestADecoratorOfASharableSourceBelongsToOneConfig(t *testing.T) {
	t.Parallel()
	s := &counts{inner: memory.New("a.yaml", []byte("n: 1"))}
	if _, err := claim(t, s); err != nil {
		t.Fatal(err)
	}
	_, err := claim(t, s)
	refusedClaim(t, "a decorator with a state", err, "a.yaml")
}

// leads is a decorator whose Unwrap returns what the test says.
type leads struct {
	*memory.Source
	to func() source.Source
}

func (l *leads) Unwrap() source.Source { return l.to() }

// Describe is the decorator's own, so that not even Close is found without the chain.
func (l *leads) Describe() source.Description { return source.Description{} }

func TestAnUnwrapThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	to := func(f func() source.Source) *leads { return &leads{memory.New("a.yaml", []byte("n: 1")), f} }
	var endless func() source.Source
	endless = func() source.Source { return to(endless) }
	var a, b *leads
	a, b = to(func() source.Source { return b }), to(func() source.Source { return a })
	var itself *leads
	itself = to(func() source.Source { return itself })
	for name, s := range map[string]source.Source{
		"nil":           to(func() source.Source { return nil }),
		"a nil pointer": to(func() source.Source { return (*memory.Source)(nil) }),
		"a nil Layer":   to(func() source.Source { return nacre.Layer(nil) }),
		"itself":        itself,
		"each other":    a,
		"without end":   to(endless),
	} {
		cfg, err := claim(t, s)
		if err != nil || cfg.Get().N != 1 {
			t.Errorf("Unwrap leads to %s: %v", name, err)
			continue
		}
		if err := cfg.Close(); err != nil {
			t.Errorf("Unwrap leads to %s, Close: %v", name, err)
		}
	}
	if _, ok := source.As[*fakesource.Source](source.Source(itself)); ok {
		t.Error("an ability was found that no source has")
	}
}
