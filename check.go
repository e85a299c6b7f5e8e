package nacre

import (
	"context"
	"log/slog"

	"github.com/nacre-go/nacre/source"
)

// Check reads the layers once and says everything that a service with this config would refuse, as [Open] does, without starting one:
// for a CI that looks at files before they are published. It writes and keeps nothing, and closes the layers, as Close does: give Open others. Required keys may be in any of the layers, so give
// it all of those that a service has; for one document by itself, [source.Problems] of kind Missing can be left aside.
//
//	err := nacre.Check[Config](ctx, file.New("config.yaml"), file.New("prod/orders.yaml"))
func Check[T any](ctx context.Context, layers ...source.Source) error {
	return CheckWith[T](ctx, Options{}, layers...)
}

// CheckWith is [Check] with the options that the service has. Those about running, such as Logger and LastKnownGoodDir, are not heeded.
func CheckWith[T any](ctx context.Context, options Options, layers ...source.Source) error {
	options.LastKnownGoodDisabled, options.Logger, options.Observer = true, slog.New(slog.DiscardHandler), nil
	cfg, err := OpenWith[T](ctx, options, layers...)
	if err != nil {
		return err
	}
	return cfg.Close()
}
