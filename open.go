package nacre

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
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
// refused, the last good copy on disk stands in, and Health shows it; for a layer that is always at hand, such as a file, there is
// no copy. Without one, Open fails: the error gives each layer that
// is down as a *[LayerError], or all that is wrong with the content as [Problems]. Mistakes in T itself are Problems of kind
// Misused.
//
// The config then lives until Close, whatever becomes of ctx, which bounds only Open: a deadline that comes before BootTimeout takes
// its place. Open takes the layers over: it closes them when it fails, and with the config. A source belongs to one config, in one
// layer.
func Open[T any](ctx context.Context, layers ...source.Source) (*Config[T], error) {
	return OpenWith[T](ctx, Options{}, layers...)
}

// OpenWith is [Open] with options.
func OpenWith[T any](ctx context.Context, options Options, layers ...source.Source) (*Config[T], error) {
	o := options.withDefaults()
	unwrapped := unwrap(layers)
	all, partErr := parts[T](&o)
	sound, layerErr := checkLayers(unwrapped)
	if err := errors.Join(partErr, layerErr, checkKey(o.StateKey)); err != nil {
		return nil, errors.Join(err, engine.Discard(sound, o.CloseTimeout))
	}
	live := &cell[T]{}
	settings := engine.Settings{
		Layers:       unwrapped,
		Parts:        all,
		Cell:         live,
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
		Rebuild:      time.Second,
		MaxRebuild:   time.Minute,
		MaxLoss:      o.MaxLoss,
		Breaker:      o.Breaker,

		BreakerWindow: 10 * time.Minute,
	}
	settings.LastGoodKey = o.StateKey
	settings.LastGood, settings.NoLastGood = lastGoodPath(o, reflect.TypeFor[T](), unwrapped)
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
	return &source.Error{Kind: source.Misused, Op: "open config", Err: fmt.Errorf("StateKey has %d bytes, and must have %d", len(key), lastgood.KeySize)}
}

func unwrap(layers []source.Source) []engine.Layer {
	all := make([]engine.Layer, len(layers))
	for i, l := range layers {
		if o, ok := l.(*optioned); ok && o != nil {
			all[i] = o.layer
		} else {
			all[i] = engine.Layer{Source: l}
		}
		all[i].Reread = orDefault(all[i].Reread, time.Minute)
	}
	return all
}

// checkLayers returns the layers that have a source, each source once, and what is wrong with the others.
func checkLayers(layers []engine.Layer) (sound []engine.Layer, err error) {
	misused := func(text string) {
		err = errors.Join(err, &source.Error{Kind: source.Misused, Op: "open config", Err: errors.New(text)})
	}
	for _, l := range layers {
		v := reflect.ValueOf(l.Source)
		switch {
		case l.Source == nil || v.Kind() == reflect.Pointer && v.IsNil():
			misused("a layer is nil")
		case v.Kind() == reflect.Pointer && v.Type().Elem().Size() > 0 &&
			slices.ContainsFunc(sound, func(other engine.Layer) bool { return other.Source == l.Source }):
			misused("two layers are the same source " + l.Source.Name())
		default:
			sound = append(sound, l)
		}
	}
	return sound, err
}
