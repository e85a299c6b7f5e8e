package otlptest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// many is a source of that many documents. The last one has the value of the newest put.
type many struct {
	documents int
	changed   chan int
}

func (m *many) Name() string { return "many" }

func (m *many) Next(ctx context.Context, after source.Revision) (source.Content, error) {
	value := 1
	if after != "" {
		select {
		case value = <-m.changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
	c := source.Content{Revision: source.Revision(fmt.Sprint("r", value))}
	for i := range m.documents {
		text := fmt.Appendf(nil, "# nacre: release=r%d traceparent=00-%032x-%016x-01\n%s%d: %d\n", value, i+1, i+1, "k", i, value)
		if value == 3 {
			text = fmt.Appendf(text, "bad%d: x\n", i)
		}
		c.Documents = append(c.Documents, source.Document{Name: fmt.Sprintf("%05d-\x1b\xff.yaml", i), Format: source.FormatYAML, Data: text})
	}
	return c, nil
}

// A layer of ten thousand documents, each with a trace of its own, that all change, and are then
// all rejected: the decision takes seconds and not hours, traces and metrics stay small, nothing is
// dropped, and both adapters say the same.
func TestTenThousandDocuments(t *testing.T) {
	t.Parallel()
	const documents = 10_000
	registry := prometheus.NewRegistry()
	p := promobserve.New("orders")
	if err := p.Register(registry); err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewInMemoryExporter()
	otelRegistry, meters := exported(t)
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(spans))), otelobserve.WithMeterProvider(meters))
	decided := make(chan observe.EventKind, 10)
	src := &many{documents: documents, changed: make(chan int)}
	cfg, err := nacre.OpenWith[struct {
		Keys map[string]int `config:",remain"`
	}](t.Context(), nacre.Options{
		Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true, BootTimeout: patience, Window: nacre.Off,
		Observers: []observe.Observer{p.Observe, o.Observe, func(e observe.Event) {
			switch e.Kind {
			case observe.Applied, observe.Rejected, observe.Held:
				decided <- e.Kind
			}
		}},
	}, src)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	p.Watch(cfg.Health)
	if err := o.Watch(cfg.Health); err != nil {
		t.Fatal(err)
	}
	for value := 2; value <= 3; value++ {
		<-decided
		src.changed <- value
	}
	if kind := <-decided; kind != observe.Rejected {
		t.Errorf("the last change is %s, want rejected", kind)
	}
	if _, err := registry.Gather(); err != nil {
		t.Errorf("a scrape fails: %v", err)
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	if n := o.Dropped(); n > 0 {
		t.Errorf("%d events were dropped", n)
	}
	for what, g := range map[string]prometheus.Gatherer{"promobserve": registry, "otelobserve": otelRegistry} {
		if lines := exposition(t, g); len(lines) > 60 {
			t.Errorf("%s has %d series", what, len(lines))
		}
	}
	if n := len(spans.GetSpans()); n > 30 {
		t.Errorf("three decisions make %d spans", n)
	}
	for _, s := range spans.GetSpans() {
		bytes := 0
		for _, a := range s.Attributes {
			bytes += len(a.Value.String())
		}
		if len(s.Links) > 32 || bytes > 16<<10 {
			t.Errorf("%s has %d links and %d bytes of attributes", s.Name, len(s.Links), bytes)
		}
	}
}

// down is an exporter of metrics whose collector is down, after a long time.
type down struct{ calls *atomic.Int64 }

func (down) Temporality(k metric.InstrumentKind) metricdata.Temporality {
	return metric.DefaultTemporalitySelector(k)
}
func (down) Aggregation(k metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(k)
}
func (d down) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	d.calls.Add(1)
	<-ctx.Done()
	return ctx.Err()
}
func (down) ForceFlush(context.Context) error { return nil }
func (down) Shutdown(context.Context) error   { return errors.New("down") }

// A collector that is down delays no change and no Close, and the memory of what waits for it is
// bounded: the SDK drops spans, and counters only count.
func TestAnExporterThatIsDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() // it accepts a connection and never answers
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpoint(listener.Addr().String()), otlptracehttp.WithInsecure(),
		otlptracehttp.WithTimeout(time.Second), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		t.Fatal(err)
	}
	tracers := trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithBatchTimeout(10*time.Millisecond), trace.WithExportTimeout(time.Second)))
	var calls atomic.Int64
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(down{&calls}, metric.WithInterval(10*time.Millisecond), metric.WithTimeout(time.Second))))
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(tracers), otelobserve.WithMeterProvider(meters))
	layer := memory.New("orders.yaml", []byte("pool: 0"))
	cfg, err := nacre.OpenWith[config](t.Context(), nacre.Options{
		Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true, Window: time.Millisecond, Observers: []observe.Observer{o.Observe},
	}, layer)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Watch(cfg.Health); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for n := 1; n <= 500; n++ {
		layer.Set([]byte(fmt.Sprint("pool: ", n)))
		if _, err := cfg.Wait(t.Context(), func(c *config) bool { return c.Pool == n }); err != nil {
			t.Fatal(err)
		}
	}
	closing := time.Now()
	if err := cfg.Close(); err != nil {
		t.Errorf("Close waits for the collector: %v", err)
	}
	if changes, end := closing.Sub(began), time.Since(closing); changes > patience || end > 4*time.Second {
		t.Errorf("500 changes take %v, and Close %v", changes, end)
	}
	if n := o.Dropped(); n > 0 {
		t.Errorf("%d events were dropped by a queue that does not wait for the collector", n)
	}
	if calls.Load() == 0 {
		t.Error("the exporter was not called, so that this test proves nothing")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, _ = tracers.Shutdown(ctx), meters.Shutdown(ctx) // with the errors of the exporters
}

// Both adapters in one registry are a mistake that a scrape reports, as docs/operations.md says.
func TestBothAdaptersInOneRegistry(t *testing.T) {
	t.Parallel()
	registry, meters := exported(t)
	p := promobserve.New("orders")
	if err := p.Register(registry); err != nil {
		t.Fatal(err)
	}
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(noop.NewTracerProvider()), otelobserve.WithMeterProvider(meters))
	if err := o.Watch(func() observe.Health { return observe.Health{} }); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Gather(); err == nil || !strings.Contains(err.Error(), "nacre_config_ready") {
		t.Errorf("a scrape returns %v, want an error that names the metric", err)
	}
}
