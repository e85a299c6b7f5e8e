package nacre

import (
	"context"
	"log/slog"

	"github.com/nacre-go/nacre/source"
)

// Check reads the layers once and returns everything for which [Open] would reject them, without
// starting a config: for a CI job that checks files before they are published. It writes nothing,
// and closes the layers. Required keys may be in any layer, so pass all layers that the service
// has; to check one document alone, ignore [source.Problems] of kind Missing.
//
// The warnings are what Open accepts and reports: keys that no field has, of kind
// [source.UnknownKey], and old names and deprecated keys, of kind [source.Deprecated]. A job that
// publishes a document should fail on the first kind, since a key that no version of the service
// has is a mistake. If Check returns an error, it returns no warnings.
//
//	orders := nacre.Layer(file.New("prod/orders.yaml"), nacre.Shared()) // as the remote layer is
//	warnings, err := nacre.Check[Config](ctx, file.New("config.yaml"), orders)
func Check[T any](ctx context.Context, layers ...source.Source) (warnings Problems, err error) {
	return CheckWith[T](ctx, Options{}, layers...)
}

// CheckWith is [Check] with the options of the service. It ignores options that concern a running
// config, such as Logger and LastKnownGoodDir.
func CheckWith[T any](ctx context.Context, options Options, layers ...source.Source) (warnings Problems, err error) {
	options.LastKnownGoodSeed = "" // it would hide a layer that is down
	options.LastKnownGoodDisabled, options.Logger, options.Observers = true, slog.New(slog.DiscardHandler), nil
	cfg, err := OpenWith[T](ctx, options, layers...)
	if err != nil {
		return nil, err
	}
	warnings = cfg.engine.Notices()
	return warnings, cfg.Close()
}
