package nacre_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// closing is a source that counts how often it is closed.
type closing struct {
	source.Source
	closed int
}

func (c *closing) Close() error { c.closed++; return nil }

// remote is a source that is not local, so that a copy of it is kept.
func remote(name, yaml string) *fakesource.Source {
	s := fakesource.New(name)
	s.PutYAML(name+".yaml", yaml)
	return s
}

func TestOpenClosesTheLayersWhenItFails(t *testing.T) {
	t.Parallel()
	quiet := nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true}
	type broken struct {
		A int `config:"a" default:"x"`
	}
	type fine struct {
		A int `config:"a"`
	}
	for name, open := range map[string]func(...source.Source) error{
		"a struct that is wrong": func(l ...source.Source) error { return opened(nacre.OpenWith[broken](t.Context(), quiet, l...)) },
		"an option that is wrong": func(l ...source.Source) error {
			o := quiet
			o.Binder = []binder.Option{binder.Hook(func(s string) (io.Reader, error) { return nil, nil })}
			return opened(nacre.OpenWith[broken](t.Context(), o, l...))
		},
		"a layer that is nil": func(l ...source.Source) error {
			return opened(nacre.OpenWith[fine](t.Context(), quiet, append(l, nil)...))
		},
		"a layer that is nil in a Layer": func(l ...source.Source) error {
			return opened(nacre.OpenWith[fine](t.Context(), quiet, append(l, nacre.Layer(nil, nacre.MayBeDown()))...))
		},
		"a source that is there twice": func(l ...source.Source) error {
			return opened(nacre.OpenWith[fine](t.Context(), quiet, append(l, l[0])...))
		},
		"content that is wrong": func(l ...source.Source) error {
			return opened(nacre.OpenWith[fine](t.Context(), quiet, append(l, memory.New("b.yaml", []byte("b: 1")))...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &closing{Source: memory.New("a.yaml", []byte("a: 1"))}
			wrapped := &closing{Source: memory.New("a.yaml", []byte("a: 1"))}
			if err := open(c, nacre.Layer(wrapped, nacre.MayBeDown())); err == nil {
				t.Fatal("it was opened")
			}
			if c.closed != 1 || wrapped.closed != 1 {
				t.Errorf("the layers were closed %d and %d times, want once each", c.closed, wrapped.closed)
			}
		})
	}
}

func opened[T any](cfg *nacre.Config[T], err error) error {
	if err == nil {
		cfg.Close()
	}
	return err
}

// MaxWindow bounds Window whichever of them is given, and a Window that is longer than MaxWindow's
// default is not cut by it.
func TestTheLongestWait(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		window, most time.Duration
		least, limit time.Duration
	}{
		"a short MaxWindow":   {0, 10 * time.Millisecond, 0, 60 * time.Millisecond},
		"the least MaxWindow": {time.Minute, 1, 0, 50 * time.Millisecond},
		"a long Window":       {1300 * time.Millisecond, 0, 1200 * time.Millisecond, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := memory.New("a.yaml", []byte("a: 1"))
			cfg, err := nacre.OpenWith[struct {
				A int `config:"a"`
			}](t.Context(), nacre.Options{Window: c.window, MaxWindow: c.most, Logger: slog.New(slog.DiscardHandler)}, m)
			if err != nil {
				t.Fatal(err)
			}
			defer cfg.Close()
			heard := make(chan time.Time, 1)
			nacre.Subscribe(cfg, func(c *struct {
				A int `config:"a"`
			}) int {
				return c.A
			}, func(context.Context, nacre.Change[int]) error { heard <- time.Now(); return nil })
			began := time.Now()
			m.Set([]byte("a: 2"))
			select {
			case at := <-heard:
				// The lower bound is exact; the upper one leaves room for a busy machine, and is
				// below the default of the other.
				if took := at.Sub(began); took < c.least {
					t.Errorf("the change waited %v, want at least %v", took, c.least)
				}
			case <-time.After(c.limit + 20*time.Second):
				t.Fatal("the change was not applied")
			}
		})
	}
}

// Where there is no place for the copy, somebody must be told.
func TestNoPlaceForTheCopyIsShown(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	cfg, err := nacre.OpenWith[struct {
		A int `config:"a"`
	}](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, remote("remote", "a: 1"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Health().LastKnownGood.Error; !strings.Contains(got, "LastKnownGoodDir") {
		t.Errorf("Health says %q of a copy that is not kept, want what to do", got)
	}
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
}

// A new release of a service has other files, another working directory and other variables; the
// copy of what Nacos said is its own all the same.
func TestTheCopyOutlivesARelease(t *testing.T) {
	dir := t.TempDir()
	o := nacre.Options{LastKnownGoodDir: filepath.Join(dir, "state"), Logger: slog.New(slog.DiscardHandler), BootTimeout: 50 * time.Millisecond}
	type config struct {
		A int `config:"a"`
		B int `config:"b"`
	}
	first, err := nacre.OpenWith[config](t.Context(), o, remote("remote", "a: 1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	down := fakesource.New("remote")
	down.Fail(&source.Error{Kind: source.Unavailable, Op: "read"})
	second, err := nacre.OpenWith[config](t.Context(), o, memory.New("new.yaml", []byte("b: 2")), down, memory.New("newer.yaml", []byte("b: 3")))
	if err != nil {
		t.Fatalf("with a new local layer the copy is not found: %v", err)
	}
	if c := second.Get(); c.A != 1 || c.B != 3 {
		t.Errorf("got %+v", *c)
	}
	second.Close()
}

// LastKnownGoodDir is what it was when Open was called.
func TestStateDirStaysWhenTheWorkingDirectoryMoves(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	cfg, err := nacre.OpenWith[struct {
		A int `config:"a"`
	}](t.Context(), nacre.Options{LastKnownGoodDir: "state", Logger: slog.New(slog.DiscardHandler)}, remote("remote", "a: 1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	if h := cfg.Health().LastKnownGood; !strings.HasPrefix(h.Path, dir) || h.Error != "" {
		t.Errorf("the copy is at %q (%s), want a place in %s", h.Path, h.Error, dir)
	}
	if _, err := os.Stat("state"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the state folder has moved along")
	}
}
