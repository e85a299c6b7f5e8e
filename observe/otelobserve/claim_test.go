package otelobserve_test

import (
	"errors"
	"testing"

	api "go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// Two configs of one name would write the same series: that is an error at the start, and the first
// one goes on.
func TestTwoConfigsOfOneName(t *testing.T) {
	t.Parallel()
	m := newMeters()
	observer := func(name string) *otelobserve.Observer {
		return otelobserve.New(name, nil, otelobserve.WithMeterProvider(m.provider), otelobserve.WithTracerProvider(noop.NewTracerProvider()))
	}
	open := func(o *otelobserve.Observer, text string) *nacre.Config[config] {
		t.Helper()
		cfg, err := nacre.OpenWith[config](t.Context(), with(o), memory.New("orders.yaml", []byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cfg.Close() })
		return cfg
	}
	one, other := observer("orders"), observer("orders")
	first := open(one, "pool: 1")
	for range 2 { // the same one may watch again
		if err := one.Watch(first.Health); err != nil {
			t.Fatal(err)
		}
	}
	second := open(other, "pool: 2")
	err := other.Watch(second.Health)
	var e *source.Error
	if !errors.As(err, &e) || e.Kind != source.Conflict || e.Document != `config "orders"` || e.Fix == "" {
		t.Errorf("a second config of the name: Watch returns %v, want a conflict that names it, with a fix", err)
	}
	if points := m.points(t); points["nacre.config.version"] != 1 || points["nacre.config.ready"] != 1 {
		t.Errorf("after the mistake, the metrics of the first config are %v", points)
	}
	if err := observer("billing").Watch(nil); err != nil {
		t.Errorf("another name: %v", err)
	}

	// Once the first config is closed, or no longer watched, the name is free.
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Watch(second.Health); err != nil {
		t.Errorf("the name of a closed config is still taken: %v", err)
	}
	if points := m.points(t); points["nacre.config.ready"] != 1 {
		t.Errorf("the closed config hides the open one of its name: ready is %v", points["nacre.config.ready"])
	}
	if err := one.Watch(second.Health); !errors.Is(err, source.Conflict) {
		t.Errorf("the first observer watches again: %v, want a conflict", err)
	}
	if err := other.Watch(nil); err != nil {
		t.Fatal(err)
	}
	if err := one.Watch(second.Health); err != nil {
		t.Errorf("the name of a config that is not watched is still taken: %v", err)
	}
}

// refusing is a provider that refuses an instrument.
type refusing struct{ metricnoop.MeterProvider }

func (refusing) Meter(string, ...api.MeterOption) api.Meter { return refusingMeter{} }

type refusingMeter struct{ metricnoop.Meter }

func (refusingMeter) Int64Counter(string, ...api.Int64CounterOption) (api.Int64Counter, error) {
	return nil, errors.New("no")
}

// An instrument that the provider refuses is an error of Watch, and the events are counted as
// dropped.
func TestARefusedInstrumentIsAnErrorOfWatch(t *testing.T) {
	t.Parallel()
	o := otelobserve.New("orders", otelobserve.WithMeterProvider(refusing{}), otelobserve.WithTracerProvider(noop.NewTracerProvider()))
	for range 3 {
		o.Observe(observe.Event{Kind: observe.Unchanged})
	}
	o.Observe(observe.Event{Kind: observe.Closed})
	if err := o.Watch(func() observe.Health { return observe.Health{} }); err == nil {
		t.Error("Watch accepts a provider that refuses the instruments")
	}
	if n := o.Dropped(); n != 3 {
		t.Errorf("%d events are counted as dropped, want 3", n)
	}
}
