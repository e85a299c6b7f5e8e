package metric

import (
	"errors"

	"github.com/nacre-go/nacre/source"
	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the collector of a config or client, which owner names, such as `config
// "orders"`. Its errors say what to do, and have those of the registry as their cause.
func Register(r prometheus.Registerer, c prometheus.Collector, owner string) error {
	if r == nil {
		return failed(source.InvalidArgument, owner, errors.New("registerer is nil"), "pass a registry, such as prometheus.DefaultRegisterer")
	}
	err := r.Register(c)
	if err == nil {
		return nil
	}
	var already prometheus.AlreadyRegisteredError
	switch {
	case errors.As(err, &already) && already.ExistingCollector == c:
		return failed(source.Conflict, owner, err, "call Register once for each registry")
	case errors.As(err, &already):
		return failed(source.Conflict, owner, err, "the registry has metrics of this name; give each one in the process a name of its own, or Unregister the old one first")
	}
	return failed(source.Conflict, owner, err, "the registry has other metrics with these names or labels; use a registry of its own, or prometheus.WrapRegistererWithPrefix")
}

func failed(kind source.Kind, owner string, err error, fix string) error {
	return &source.Error{Kind: kind, Op: "register the metrics of", Document: owner, Fix: fix, Err: err}
}
