package nacre_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// placed is a remote source of a document in a namespace and a group.
type placed struct {
	memory *memory.Source
	scope  source.Scope
	format string // what the publisher says of it; "": what its name says
	err    error  // not nil: it is down
}

// in returns a source of a document in prod and a group.
func in(group, name string, data []byte) *placed {
	return &placed{memory: memory.New(name, data), scope: source.Scope{Namespace: "prod", Group: group}}
}

func (p *placed) Name() string        { return "placed" }
func (p *placed) Scope() source.Scope { return p.scope }
func (p *placed) Identity() string    { return "placed" }

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

// A document is known by namespace, group and name: two of one name are two, and neither can take the place of the other.
func TestAManifestMeansOneDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := in("G", "release.yaml", listed(1).YAML()), in("G", "x.yaml", docA(1)), in("OTHER", "x.yaml", docB(1))
		cfg := layered[releaseConfig](t, quiet, nacre.Layer(m, nacre.Manifest()), a, b)
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
