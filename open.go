package nacre

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/slogobserve"
	"github.com/nacre-go/nacre/source"
)

// Open makes a live config of T from layers, lowest precedence first, with the default [Options].
//
// It waits until every layer has spoken, at most Options.BootTimeout. For a layer that is down by then, or whose content is
// refused, the last known good copy on disk stands in, and Health shows it; for a layer that is always at hand, such as a file, there is
// no copy. Without one, Open fails: the error gives each layer that
// is down as a *[LayerError], or all that is wrong with the content as [Problems]. Mistakes in T itself are Problems of kind
// Misused.
//
// The config then lives until Close, whatever becomes of ctx, which bounds only Open: a deadline that comes before BootTimeout takes
// its place. Open takes the layers over: it closes them when it fails, and with the config. A source belongs to one config, in one
// layer: one that belongs to another config of the process is refused with an error of kind InvalidArgument, and is not touched. So is one
// that was closed with its config, unless it is a source.Reusable. A source that has no Close can be used again then, and a
// source.Sharable at any time.
func Open[T any](ctx context.Context, layers ...source.Source) (*Config[T], error) {
	return OpenWith[T](ctx, Options{}, layers...)
}

// OpenWith is [Open] with options.
func OpenWith[T any](ctx context.Context, options Options, layers ...source.Source) (*Config[T], error) {
	o := options.withDefaults()
	all, partErr := parts[T](&o)
	taken, layerErr := takeLayers(unwrap(layers))
	if err := errors.Join(partErr, layerErr, engine.CheckManifests(taken), checkKey(o.LastKnownGoodKey)); err != nil {
		return nil, errors.Join(err, engine.Discard(taken, o.CloseTimeout))
	}
	live := &cell[T]{}
	settings := engine.Settings{
		Layers:        taken,
		Parts:         all,
		Cell:          live,
		Observer:      observe.Join(slogobserve.New(o.Logger), o.Observer),
		Window:        o.Window,
		MaxWindow:     o.MaxWindow,
		BootTimeout:   o.BootTimeout,
		CloseTimeout:  o.CloseTimeout,
		FreshWithin:   o.FreshWithin,
		ServeStale:    o.ServeStale,
		History:       o.History,
		BackOff:       100 * time.Millisecond,
		MaxBackOff:    30 * time.Second,
		Rebuild:       time.Second,
		MaxRebuild:    time.Minute,
		MaxKeyLoss:    o.MaxKeyLoss,
		MaxBadChanges: o.MaxBadChanges,

		BreakerWindow: 10 * time.Minute,
	}
	settings.LastKnownGoodKey, settings.Service = o.LastKnownGoodKey, o.Service
	settings.LastKnownGoodPath, settings.LastKnownGoodErr = lastGoodPath(o, reflect.TypeFor[T](), taken)
	e, err := engine.Start(ctx, settings)
	if err != nil {
		return nil, err
	}
	return &Config[T]{live: live.Current(), engine: e, options: &o}, nil
}

func checkKey(key []byte) error {
	if len(key) == 0 || len(key) == lastgood.KeySize {
		return nil
	}
	return &source.Error{Kind: source.InvalidArgument, Op: "open config", Err: fmt.Errorf("LastKnownGoodKey has %d bytes, and must have %d", len(key), lastgood.KeySize)}
}

func unwrap(layers []source.Source) []engine.Layer {
	all := make([]engine.Layer, len(layers))
	for i, l := range layers {
		if o, ok := l.(*optioned); ok && o != nil {
			all[i] = o.layer
		} else {
			all[i] = engine.Layer{Source: l}
		}
		all[i].RefreshEvery = orDefault(all[i].RefreshEvery, time.Minute)
	}
	return all
}

// takeLayers takes the layers' sources for a config. It returns the layers whose sources the config has, each source once, and
// what is wrong with the others.
func takeLayers(layers []engine.Layer) (taken []engine.Layer, err error) {
	owner := new(engine.Owner)
	for _, l := range layers {
		if v := reflect.ValueOf(l.Source); l.Source == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			err = errors.Join(err, &source.Error{Kind: source.InvalidArgument, Op: "open config", Err: errors.New("a layer is nil")})
			continue
		}
		if misused := owner.Take(&l); misused != nil {
			err = errors.Join(err, misused)
			continue
		}
		taken = append(taken, l)
	}
	return taken, err
}
