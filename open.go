package nacre

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/internal/claim"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/slogobserve"
	"github.com/nacre-go/nacre/source"
)

// Open opens a live config of T from layers, in order of precedence, lowest first, with the default
// [Options].
//
// Open waits until every layer has delivered a content, at most Options.BootTimeout. If a layer is
// still down, or its content is rejected, its last known good copy is used instead, and Health
// shows that. Local layers, such as files, have no copy. If there is no copy either, Open fails.
// The error holds a *[source.LayerError] for each layer that is down, or [Problems] with everything
// that is wrong with the contents. Mistakes in the tags of T are Problems of kind InvalidArgument.
//
// A document that does not exist at a server may have been published a moment ago: Open waits up to
// 3 s for it before it uses a copy or fails.
//
// ctx bounds Open only; a deadline that comes before BootTimeout replaces it. The config lives
// until Close. It owns its layers: it closes them when Open fails, and when it is closed. A source
// belongs to one layer of one config. Open rejects a source that another config of the process has,
// with an error of kind InvalidArgument, and leaves it alone; it also rejects one that was closed
// with its config, unless the source says that it can be reused.
func Open[T any](ctx context.Context, layers ...source.Source) (*Config[T], error) {
	return OpenWith[T](ctx, Options{}, layers...)
}

// OpenWith is [Open] with options.
func OpenWith[T any](ctx context.Context, options Options, layers ...source.Source) (*Config[T], error) {
	o := options.withDefaults()
	all, sectionErr := allSections[T](&o)
	taken, layerErr := takeLayers(unwrap(layers))
	_, nameErr := engine.LayerNames(taken)
	if layerErr == nil {
		layerErr = checkLayers(taken)
	}
	if err := errors.Join(sectionErr, layerErr, nameErr, engine.CheckManifests(taken), options.check()); err != nil {
		return nil, errors.Join(err, engine.Discard(taken, o.CloseTimeout))
	}
	for i := range taken {
		taken[i].RefreshEvery = orDefault(taken[i].RefreshEvery, time.Minute)
	}
	live := &cell[T]{}
	settings := engine.Settings{
		Layers:        taken,
		Sections:      all,
		Cell:          live,
		Observers:     append([]observe.Observer{slogobserve.New(o.Logger)}, o.Observers...),
		Window:        o.Window,
		MaxWindow:     o.MaxWindow,
		BootTimeout:   o.BootTimeout,
		CloseTimeout:  o.CloseTimeout,
		FreshWithin:   o.FreshWithin,
		History:       o.History,
		BackOff:       100 * time.Millisecond,
		MaxBackOff:    30 * time.Second,
		Rebuild:       time.Second,
		MaxRebuild:    time.Minute,
		MaxKeyLoss:    o.MaxKeyLoss,
		MaxBadChanges: o.MaxBadChanges,

		BreakerWindow: 10 * time.Minute,
	}
	settings.NotReadyWhenStale = o.NotReadyWhenStale
	settings.ReuseDisabled, settings.SelfCheckEvery = o.ReuseDisabled, o.SelfCheckEvery
	settings.LastKnownGoodKey, settings.Service = o.LastKnownGoodKey, o.Service
	settings.LastKnownGoodPath, settings.LastKnownGoodErr = lastGoodPath(o, taken)
	settings.LastKnownGoodSeed = o.LastKnownGoodSeed
	e, err := engine.Start(ctx, settings)
	if err != nil {
		return nil, err
	}
	return &Config[T]{live: live.Current(), engine: e, options: &o}, nil
}

func unwrap(layers []source.Source) []engine.Layer {
	all := make([]engine.Layer, len(layers))
	for i, l := range layers {
		all[i] = layerOf(l)
	}
	return all
}

// takeLayers takes ownership of the layers' sources. It returns the layers whose sources the config
// now owns, each source once, and an error for the others.
func takeLayers(layers []engine.Layer) (taken []engine.Layer, err error) {
	owner := new(claim.Owner)
	for _, l := range layers {
		if v := reflect.ValueOf(l.Source); l.Source == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			err = errors.Join(err, &source.Error{Kind: source.InvalidArgument, Op: "open config", Err: errors.New("a layer is nil")})
			continue
		}
		release, claimErr := owner.Claim(l.Source, l.Name)
		if claimErr != nil {
			err = errors.Join(err, claimErr)
			continue
		}
		l.ReleaseClaim = release
		err = errors.Join(err, l.OptionErr)
		taken = append(taken, l)
	}
	return taken, err
}
