package nacre

import (
	"context"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/source"
)

// Layer gives a source options that hold for this config. It is itself a source, to be passed to Open; without options a source
// needs no Layer.
//
//	nacre.Layer(client.Config("common.yaml"), nacre.AllowUnknown(), nacre.Optional())
func Layer(s source.Source, options ...LayerOption) source.Source {
	l, ok := s.(*optioned)
	if !ok {
		l = &optioned{engine.Layer{Source: s}}
	} else {
		l = &optioned{l.layer}
	}
	for _, o := range options {
		o.apply(&l.layer)
	}
	return l
}

// LayerOption is an option of [Layer].
type LayerOption interface{ apply(*engine.Layer) }

type layerOption func(*engine.Layer)

func (f layerOption) apply(l *engine.Layer) { f(l) }

// AllowUnknown lets the layer have keys that no field has. Default: an unknown key is a problem. It is for documents that
// several services share.
func AllowUnknown() LayerOption {
	return layerOption(func(l *engine.Layer) { l.AllowUnknown = true })
}

// FallBack lets a document that is deleted while the service runs fall back to the layers below. Default: its last content
// stays in use, and the deletion is reported.
func FallBack() LayerOption {
	return layerOption(func(l *engine.Layer) { l.FallBack = true })
}

// Optional lets Open succeed without the layer when it is down and there is no last good copy of it; it joins when it is up.
// Open still waits for it, at most Options.BootTimeout. Until it has joined, Health shows its trouble and is ready without it.
// Default: Open fails.
func Optional() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Optional = true })
}

// Unguarded lets the layer's documents lose as many keys as they like; see Options.MaxLoss. It is for documents that come and go,
// such as overrides.
func Unguarded() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Unguarded = true })
}

// optioned is a source with options. Open unwraps it, so that the source's own abilities are found.
type optioned struct{ layer engine.Layer }

func (o *optioned) Name() string { return o.layer.Source.Name() }

func (o *optioned) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return o.layer.Source.Next(ctx, prev)
}
