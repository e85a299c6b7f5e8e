package otelobserve

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/nacre-go/nacre/observe/otelobserve"

// Option is an option of [New] and of [OnPublish].
type Option interface{ apply(*settings) }

type settings struct {
	tracers trace.TracerProvider // nil for the global one
	meters  metric.MeterProvider // nil for the global one
}

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

// WithTracerProvider sets the provider of spans. Default: the global one, as it is when a span
// begins. A provider of package noop turns traces off.
func WithTracerProvider(p trace.TracerProvider) Option {
	return option(func(s *settings) { s.tracers = p })
}

// WithMeterProvider sets the provider of metrics. Default: the global one. A provider of package
// noop turns metrics off.
func WithMeterProvider(p metric.MeterProvider) Option {
	return option(func(s *settings) { s.meters = p })
}

func newSettings(options []Option) settings {
	var s settings
	for _, o := range options {
		if o != nil {
			o.apply(&s)
		}
	}
	return s
}

// tracer returns the tracer of the provider. It calls code of the provider, which may block.
func (s settings) tracer() trace.Tracer {
	p := s.tracers
	if p == nil {
		p = otel.GetTracerProvider()
	}
	return p.Tracer(scope)
}

func (s settings) meter() metric.Meter {
	p := s.meters
	if p == nil {
		p = otel.GetMeterProvider()
	}
	return p.Meter(scope)
}
