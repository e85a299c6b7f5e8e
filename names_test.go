package nacre_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type named struct {
	A int               `config:"a"`
	B int               `config:"b"`
	M map[string]string `config:"m"`
}

func layerNames[T any](cfg *nacre.Config[T]) (names []string) {
	for _, l := range cfg.Health().Layers {
		names = append(names, l.Name)
	}
	return names
}

// A layer in front of others, even one whose document has the name of theirs, changes no name in
// logs, events, Health, Explain, History and Approve.
func TestALayerInFrontChangesNoName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "conf", "orders.yaml")
	if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("a: 1"), 0o600)); err != nil {
		t.Fatal(err)
	}
	held := make(chan struct{}, 1)
	open := func(front ...source.Source) (names []string, remote *memory.Source, cfg *nacre.Config[named], log *bytes.Buffer) {
		log = &bytes.Buffer{}
		remote = memory.New("limits.yaml", []byte("m: {a: x, b: x, c: x, d: x}"))
		cfg, err := nacre.OpenWith[named](t.Context(),
			nacre.Options{Window: nacre.Off, LastKnownGoodDisabled: true, Logger: slog.New(slog.NewTextHandler(log, nil)),
				Observers: []observe.Observer{func(e observe.Event) {
					if e.Kind == observe.Held {
						held <- struct{}{}
					}
				}}},
			append(front, file.New(path), remote, nacre.Layer(counted("b: 2"), nacre.WithName("extra")), env.New("NACRE_NAMES"))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cfg.Close() })
		return layerNames(cfg), remote, cfg, log
	}
	want := []string{"orders.yaml", "limits.yaml", "extra", "env(NACRE_NAMES_)"}
	alone, _, _, _ := open()
	if !slices.Equal(alone, want) {
		t.Fatalf("the layers are named %q, want %q", alone, want)
	}
	names, remote, cfg, log := open(memory.New("orders.yaml", nil), memory.New("limits.yaml", nil), counted("a: 0"))
	if !slices.Equal(names[3:], want) {
		t.Errorf("with layers in front they are named %q, want %q at the end", names, want)
	}
	explain := func(key string) string {
		e, err := cfg.Explain(key)
		if err != nil {
			t.Error(err)
		}
		return e.String()
	}
	if got := explain("a"); !strings.HasPrefix(got, "a = 1   "+path+":1:4\n") {
		t.Errorf("Explain says %q, want the path alone: it names the layer", got)
	}
	if got := explain("b"); !strings.Contains(got, "(extra)") {
		t.Errorf("Explain says %q, want the name that the layer is given", got)
	}
	remote.Set([]byte("# TODO"))
	if _, err := cfg.Approve(t.Context(), "no such layer", "1"); !errors.Is(err, source.NotFound) {
		t.Errorf("Approve of a name that no layer has returns %v", err)
	}
	<-held
	layers := cfg.Health().Layers
	limits := layers[slices.IndexFunc(layers, func(l observe.LayerHealth) bool { return l.Name == "limits.yaml" })]
	if _, err := cfg.Approve(t.Context(), limits.Name, limits.Latest); err != nil || cfg.Get().M != nil {
		t.Errorf("Approve of limits.yaml returns %v and leaves %v", err, cfg.Get().M)
	}
	if h := cfg.History()[len(cfg.History())-1]; len(h.Causes) != 1 || h.Causes[0].Layer != "limits.yaml" {
		t.Errorf("History says %v", h.Causes)
	}
	_ = cfg.Close()
	if text := log.String(); !strings.Contains(text, "live=1 causes=limits.yaml ") {
		t.Errorf("the log does not go by the names:\n%s", text)
	}
}

// counted returns a source of another module, whose name says nothing.
func counted(data string) source.Source {
	return &foreign{memory.New("counted.yaml", []byte(data))}
}

type foreign struct{ source.Source }

func (*foreign) Name() string { return "foreign" }

func (f *foreign) Unwrap() source.Source { return f.Source }

func TestNamesThatAreGiven(t *testing.T) {
	t.Parallel()
	open := func(layers ...source.Source) ([]string, error) {
		cfg, err := nacre.OpenWith[named](t.Context(), quiet, layers...)
		if err != nil {
			return nil, err
		}
		defer cfg.Close()
		return layerNames(cfg), nil
	}
	doc := func(name string) source.Source { return memory.New(name, []byte("a: 1")) }

	names, err := open(nacre.Layer(doc("a.yaml"), nacre.WithName("low")), &foreign{nacre.Layer(doc("a.yaml"), nacre.WithName("mid"))}, nacre.Layer(doc("a.yaml"), nacre.WithName("")))
	if want := []string{"low", "mid", "a.yaml"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("the layers are named %q, %v, want %q", names, err, want)
	}
	_, err = open(nacre.Layer(doc("a.yaml"), nacre.WithName("x")), doc("b.yaml"), nacre.Layer(doc("c.yaml"), nacre.WithName("x")))
	if want := `layers 1 (a.yaml) and 3 (c.yaml) have the same name "x"`; !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), want) {
		t.Errorf("two layers of one name: Open returns %v, want %q", err, want)
	}
	if _, err := open(nacre.Layer(doc("a.yaml"), nacre.WithName("x\ny"))); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("a name of two lines: Open returns %v", err)
	}
}
