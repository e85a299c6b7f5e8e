package otelnacos

import "go.opentelemetry.io/otel/metric"

// Option is an option of [New].
type Option interface{ apply(*Metrics) }

type option func(*Metrics)

func (o option) apply(m *Metrics) { o(m) }

// WithMeterProvider sets the provider of metrics. Default: the global one. A provider of package
// noop turns metrics off.
func WithMeterProvider(p metric.MeterProvider) Option {
	return option(func(m *Metrics) { m.meters = p })
}
