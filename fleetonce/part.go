package fleetonce

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// part is a part of a config: what a hook runs for.
type part[T any] struct {
	cfg    *nacre.Config[T]
	engine *engine.Engine
	paths  []tree.Path
}

func newPart[T any](cfg *nacre.Config[T], hook string, keys []string) (*part[T], error) {
	invalid := func(err error, fix string) (*part[T], error) {
		return nil, failed("start", hook, source.InvalidArgument, err, fix)
	}
	p := &part[T]{cfg: cfg, engine: engine.Behind(func(ctx context.Context) { cfg.FromContext(ctx) })}
	if p.engine == nil {
		return invalid(errors.New("config is not open"), "open it with nacre.Open")
	}
	if len(keys) == 0 {
		x, err := cfg.Explain("x")
		if err != nil {
			return nil, err
		}
		at, _ := tree.ParsePath(x.Key)
		p.paths = append(p.paths, at[:max(len(at)-1, 0)])
	}
	for _, key := range keys {
		x, err := cfg.Explain(key)
		switch {
		case err != nil:
			return nil, err
		case key == "" || !x.Known:
			return invalid(fmt.Errorf("no field has the key %q of the part", key), "correct Options.Keys")
		}
		at, _ := tree.ParsePath(x.Key)
		p.paths = append(p.paths, at)
	}
	return p, nil
}

// read returns the live value and its version.
func (p *part[T]) read() (*T, once.Version) {
	ctx, done := context.WithCancel(context.Background())
	defer done()
	ctx = p.cfg.NewContext(ctx)
	held, ok := ctx.Value(engine.ContextKey{Engine: p.engine}).(*engine.Held)
	if !ok {
		return nil, once.Version{}
	}
	sum, _ := held.State.PartSum(p.paths) // the keys are known: newPart has checked
	v := once.Version{Sum: sum}
	for _, d := range p.engine.RemoteDocuments(held.State) {
		if !d.Modified.IsZero() {
			if v.Documents == nil {
				v.Documents = map[string]int64{}
			}
			v.Documents[documentName(d)] = d.Modified.UnixMilli()
		}
	}
	return p.cfg.FromContext(ctx), v
}

func documentName(d observe.Cause) string {
	if d.Layer == d.Document {
		return d.Layer
	}
	return d.Layer + "/" + d.Document
}

// fresh reports whether the live version is surely what the origins have.
func (p *part[T]) fresh() bool {
	h := p.cfg.Health()
	return !h.Closed && !h.Pinned && !slices.ContainsFunc(h.Layers, func(l observe.LayerHealth) bool {
		return l.Stale || l.FromLastKnownGood || l.FromSeed || l.Down != "" || len(l.Held) > 0 || len(l.Rejected) > 0
	})
}
