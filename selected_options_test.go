package nacre_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// putSelected sets the document that selects, with a text of its own, and the others at once.
func putSelected(s *fakesource.Source, routes string, docs ...source.Document) {
	d := fakesource.Text("routes.yaml", source.FormatYAML, routes)
	d.Selects = true
	s.Put(append([]source.Document{d}, docs...)...)
}

// An instance that starts from its copy while its routes are invalid keeps the documents of the
// copy until other routes are whole.
func TestAStartWithInvalidRoutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := copiesIn(t.TempDir())
		s := fakesource.New("routes.yaml")
		putSelected(s, "one", fakesource.Text("a.yaml", source.FormatYAML, "a: 1"))
		runOnce[copiesConfig](t, o, s)

		invalid := &source.Error{Kind: source.Malformed, Op: "route", Document: "routes.yaml", Err: errors.New("rule 2 ties with rule 1")}
		without := fakesource.New("other.yaml")
		without.Fail(invalid)
		if _, err := nacre.OpenWith[copiesConfig](t.Context(), o, without); !errors.Is(err, source.Malformed) {
			t.Errorf("without a copy, Open returns %v, want why the routes are invalid", err)
		}
		next := fakesource.New("routes.yaml")
		next.Fail(invalid)
		cfg := layered[copiesConfig](t, o, next)
		if h := cfg.Health(); cfg.Get().A != 1 || !h.Layers[0].FromLastKnownGood {
			t.Fatalf("a start with invalid routes has %+v", *cfg.Get())
		}
		settle := func() { time.Sleep(time.Minute); synctest.Wait() }
		putSelected(next, "two", fakesource.Text("b.yaml", source.FormatYAML, "b: 2"))
		next.Delete("b.yaml")
		next.Heal()
		settle()
		if c := *cfg.Get(); c != (copiesConfig{A: 1}) {
			t.Errorf("routes whose document does not exist are live over the copy: %+v", c)
		}
		next.Put(fakesource.Text("b.yaml", source.FormatYAML, "b: 2"))
		settle()
		if c := *cfg.Get(); c != (copiesConfig{B: 2}) || cfg.Health().Layers[0].FromLastKnownGood {
			t.Errorf("routes that are whole are not live over the copy: %+v", c)
		}
	})
}

// The options of a layer are for the documents that are selected, not for the one that selects.
func TestOptionsOfALayerWhoseDocumentsAreSelected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type config struct {
			In copiesConfig `config:"in"`
		}
		s := fakesource.New("routes.yaml")
		putSelected(s, "not: [of the struct", fakesource.Text("a.yaml", source.FormatYAML, "ENC a: ${n:one}"), fakesource.Text("b.yaml", source.FormatYAML, "ENC b: 2"))
		layer := nacre.Layer(nacre.Under("in", s), nacre.DropWhenAbsent(), nacre.MayBeDown(),
			nacre.Resolve("n", func(context.Context, string) (string, error) { return "1", nil }),
			nacre.Decrypt(func(_ context.Context, d source.Document) ([]byte, error) {
				plain, ok := bytes.CutPrefix(d.Data, []byte("ENC "))
				if !ok {
					return nil, errors.New("document is not encrypted: " + d.Name)
				}
				return plain, nil
			}))
		cfg := layered[config](t, copiesIn(t.TempDir()), layer)
		if c := cfg.Get().In; c != (copiesConfig{A: 1, B: 2}) {
			t.Fatalf("the documents are %+v, want a=1 b=2", c)
		}
		for _, step := range []struct {
			gone string
			want copiesConfig
		}{{"routes.yaml", copiesConfig{A: 1, B: 2}}, {"a.yaml", copiesConfig{B: 2}}} {
			s.Delete(step.gone)
			time.Sleep(time.Minute)
			synctest.Wait()
			if c := cfg.Get().In; c != step.want {
				t.Errorf("after %s was deleted, the documents are %+v, want %+v", step.gone, c, step.want)
			}
		}
	})
}

// A service starts without its routes only if the layer allows it.
func TestAStartWithoutRoutes(t *testing.T) {
	t.Parallel()
	start := func(opts ...nacre.LayerOption) (*nacre.Config[copiesConfig], *fakesource.Source, error) {
		s := fakesource.New("routes.yaml")
		s.Put(source.Document{Name: "routes.yaml", Absent: true, Selects: true})
		o := quiet
		o.LastKnownGoodDisabled = true
		cfg, err := nacre.OpenWith[copiesConfig](t.Context(), o, nacre.Layer(s, opts...))
		return cfg, s, err
	}
	if _, _, err := start(); !errors.Is(err, source.NotFound) {
		t.Errorf("a start without routes returns %v, want not found", err)
	}
	cfg, _, err := start(nacre.AbsentOK())
	if err != nil || *cfg.Get() != (copiesConfig{}) {
		t.Fatalf("a layer with AbsentOK does not start without routes: %v", err)
	}
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
}
