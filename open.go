package nacre

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/slogobserve"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// Open makes a live config of T from layers, lowest precedence first, with the default [Options].
//
// It waits until every layer has spoken, at most Options.BootTimeout. For a layer that is down by then, or whose content is
// refused, the last good copy on disk stands in, and Health shows it. Without one, Open fails: the error gives each layer that
// is down as a *[LayerError], or all that is wrong with the content as [Problems]. Mistakes in T itself are Problems of kind
// Misused.
//
// The config then lives until Close, whatever becomes of ctx, which bounds only Open. Open takes the layers over: it closes them
// when it fails, and with the config. A source belongs to one config.
func Open[T any](ctx context.Context, layers ...source.Source) (*Config[T], error) {
	return OpenWith[T](ctx, Options{}, layers...)
}

// OpenWith is [Open] with options.
func OpenWith[T any](ctx context.Context, options Options, layers ...source.Source) (*Config[T], error) {
	o := options.withDefaults()
	plan, bindErr := binder.Compile[T](o.Binder...)
	validator, validateErr := validate.Compile[T](o.Validate...)
	if err := errors.Join(bindErr, validateErr, checkLayers(layers)); err != nil {
		return nil, err
	}
	settings := engine.Settings[T]{
		Shape: plan.Shape(),
		Bind: func(root *tree.Node) (*T, source.Problems) {
			value, report := plan.Bind(root)
			return value, report.Problems
		},
		// A hook may need keys that another layer has.
		BindAlone:    len(o.Binder) == 0,
		Validate:     validator.Check,
		Observer:     observe.Join(slogobserve.New(o.Logger), o.Observer),
		Window:       o.Window,
		MaxWindow:    o.MaxWindow,
		BootTimeout:  o.BootTimeout,
		CloseTimeout: o.CloseTimeout,
		FreshWithin:  o.FreshWithin,
		ServeStale:   o.ServeStale,
		History:      o.History,
		BackOff:      100 * time.Millisecond,
		MaxBackOff:   30 * time.Second,
	}
	for _, l := range layers {
		if optioned, ok := l.(*optioned); ok {
			settings.Layers = append(settings.Layers, optioned.layer)
		} else {
			settings.Layers = append(settings.Layers, engine.Layer{Source: l})
		}
	}
	settings.LastGood = lastGoodPath(o, reflect.TypeFor[T](), settings.Layers)
	e, err := engine.Start(ctx, settings)
	if err != nil {
		return nil, err
	}
	return &Config[T]{engine: e}, nil
}

func checkLayers(layers []source.Source) error {
	for _, l := range layers {
		if o, ok := l.(*optioned); ok {
			l = o.layer.Source
		}
		if v := reflect.ValueOf(l); l == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			return &source.Error{Kind: source.Misused, Op: "open config", Err: errors.New("a layer is nil")}
		}
	}
	return nil
}
