package otlptest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"
	export "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/observe/otelobserve/otelnacos"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// exported returns a registry that has the metrics of OpenTelemetry, and their provider.
func exported(t *testing.T) (*prometheus.Registry, *metric.MeterProvider) {
	t.Helper()
	registry := prometheus.NewRegistry()
	exporter, err := export.New(export.WithRegisterer(registry), export.WithoutTargetInfo(), export.WithoutScopeInfo())
	if err != nil {
		t.Fatal(err)
	}
	return registry, metric.NewMeterProvider(metric.WithReader(exporter))
}

// exposition returns a line for each series with its value; of a histogram the number of values. A
// histogram without values is left out: only promobserve has it before its first value.
func exposition(t *testing.T, g prometheus.Gatherer) (lines []string) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue()
			if f.GetType() == model.MetricType_HISTOGRAM {
				if value = float64(m.GetHistogram().GetSampleCount()); value == 0 {
					continue
				}
				value += float64(len(m.GetHistogram().GetBucket())) / 1000 // with its classic buckets
			}
			line := f.GetName() + " " + f.GetType().String()
			for _, l := range m.GetLabel() {
				line += fmt.Sprintf(" %s=%q", l.GetName(), l.GetValue())
			}
			lines = append(lines, fmt.Sprint(line, " ", value))
		}
	}
	slices.Sort(lines)
	return lines
}

// wantSame compares what two registries have.
func wantSame(t *testing.T, prom, otel prometheus.Gatherer, least int) {
	t.Helper()
	one, other := exposition(t, prom), exposition(t, otel)
	if len(one) < least {
		t.Errorf("there are only %d series", len(one))
	}
	for _, line := range one {
		if !slices.Contains(other, line) {
			t.Errorf("only Prometheus' adapter has %s", line)
		}
	}
	for _, line := range other {
		if !slices.Contains(one, line) {
			t.Errorf("only OpenTelemetry's adapter has %s", line)
		}
	}
}

// Both adapters make the same series with the same values of the same events and the same Health,
// also where names are hostile and problems have no layer.
func TestBothAdaptersMakeTheSameSeriesOfAConfig(t *testing.T) {
	t.Parallel()
	hostile := "a\n\xff" + strings.Repeat("ü", 100)
	in := func(layer string) source.Position { return source.Position{Layer: layer} }
	at := time.Unix(1_800_000_000, 0)
	h := observe.Health{
		Version: 7, Sum: "v2-0123456789abcdef", Since: at, Pinned: true, Pending: []string{"a", "b"},
		Layers: []observe.LayerHealth{
			{Name: "orders.yaml", VerifiedAt: at, Release: "r2", Rejected: []string{"x"}, Unused: []string{"x"}, Absent: []string{"x"}},
			{Name: hostile, Release: "r1", Held: []string{"x"}, Stale: true, Down: "x", FromSeed: true, Deprecated: []string{"x"}},
		},
		Subscribers: []observe.SubscriberHealth{{Name: "server", RunningSince: at, LastVersion: 3}, {Name: hostile, Pending: true}},
		Resources:   []observe.ResourceHealth{{Name: "db", Users: 2}, {Name: "", Users: 1}},
		Hooks: []observe.HookHealth{
			{Name: "warm", State: "failed"}, {Name: hostile, State: "no record", Error: "x"}, {Name: "", State: "running"}, {Name: "index", State: "bad record"},
		},
		LastKnownGood: observe.LastKnownGoodHealth{Path: "copy", SavedAt: at, Error: "x"},
	}
	for i := range 150 {
		h.Layers = append(h.Layers, observe.LayerHealth{Name: fmt.Sprint("layer ", i), Absent: []string{"x"}})
	}
	registry := prometheus.NewRegistry()
	p := promobserve.New("orders")
	if err := p.Register(registry); err != nil {
		t.Fatal(err)
	}
	otelRegistry, provider := exported(t)
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(noop.NewTracerProvider()), otelobserve.WithMeterProvider(provider))
	p.Watch(func() observe.Health { return h })
	if err := o.Watch(func() observe.Health { return h }); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*prometheus.Registry{registry, otelRegistry} {
		if _, err := r.Gather(); err != nil { // both see the names of Health first
			t.Fatal(err)
		}
	}
	for kind := observe.ContentReceived; kind <= observe.Closed; kind++ {
		e := observe.Event{Kind: kind, Time: at, Layer: "orders.yaml", Name: "server", Version: 2, Took: 20 * time.Millisecond,
			Causes: []observe.Cause{{Position: in("orders.yaml"), Modified: at.Add(-time.Minute)}, {Position: in(hostile), Modified: at.Add(time.Minute)}},
			Problems: source.Problems{{Kind: source.Invalid, Position: in("orders.yaml")}, {Kind: source.Missing}, {Kind: source.Missing},
				{Kind: source.UnknownKey, Position: in("layer 149")}, {Kind: source.UnknownKey, Position: in("layer 148")}}}
		for _, err := range []error{nil, errors.New("x"), &observe.PanicError{Text: "x"}} {
			e.Err = err
			p.Observe(e)
			o.Observe(e)
		}
	}
	wantSame(t, registry, otelRegistry, 1500)
}

// The same of a session with Nacos that has seen pushes, a lost push and an outage.
func TestBothAdaptersMakeTheSameSeriesOfASession(t *testing.T) {
	t.Parallel()
	server, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	registry := prometheus.NewRegistry()
	p := promnacos.New("orders")
	if err := p.Register(registry); err != nil {
		t.Fatal(err)
	}
	otelRegistry, provider := exported(t)
	o := otelnacos.New("orders", otelnacos.WithMeterProvider(provider))
	events := make(chan nacos.Event, 1000)
	client, err := nacos.NewClient(nacos.Config{Servers: []string{server.Addr()}}, nacos.ReconcileEvery(2*time.Second), nacos.OnEvent(func(e nacos.Event) {
		p.Observe(e)
		o.Observe(e)
		events <- e
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	p.Watch(client.Status)
	if err := o.Watch(client.Status); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	await := func(kind nacos.EventKind) {
		t.Helper()
		for {
			select {
			case e := <-events:
				if e.Kind == kind {
					return
				}
			case <-ctx.Done():
				t.Fatalf("there was no event %q", kind)
			}
		}
	}
	put := func(n int) {
		t.Helper()
		if err := server.Publish("", "DEFAULT_GROUP", "orders.yaml", fmt.Sprintf("a: %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	src := client.Source("orders.yaml")
	var reading sync.WaitGroup
	reading.Go(func() {
		for c, err := src.Next(ctx, ""); ctx.Err() == nil; c, err = src.Next(ctx, c.Revision) {
			_ = err // an outage
		}
	})
	await(nacos.EventConfigRead)
	put(2)
	await(nacos.EventConfigRead)
	server.DropPushes(nacostest.Always)
	none := func() bool {
		return slices.Contains(exposition(t, registry), `nacre_nacos_reconcile_changed_total COUNTER client="orders" 0`)
	}
	for n := 3; none() && ctx.Err() == nil; n++ { // a report to the server may find the change first
		put(n)
		await(nacos.EventConfigRead)
		await(nacos.EventReconciled)
	}
	server.ClearFaults()
	server.Stop()
	await(nacos.EventConnectFailed)
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	await(nacos.EventConnected)
	await(nacos.EventReconciled)
	for i, routes := range []string{"rules: [{name: all, documents: [orders.yaml]}]", "rules: [{name: all, documents: orders.yaml}]"} {
		if err := server.Publish("", "DEFAULT_GROUP", "routes.yaml", routes); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			routed := client.Routed("routes.yaml")
			reading.Go(func() {
				for c, err := routed.Next(ctx, ""); ctx.Err() == nil; c, err = routed.Next(ctx, c.Revision) {
					_ = err // the second document
				}
			})
			await(nacos.EventRouted)
		} else {
			await(nacos.EventRouteRejected)
		}
	}
	cancel()
	reading.Wait()
	if err := client.Close(); err != nil { // no event follows
		t.Fatal(err)
	}
	wantSame(t, registry, otelRegistry, 40)
	if want := `nacre_nacos_reconnects_total COUNTER client="orders" 1`; !slices.Contains(exposition(t, otelRegistry), want) {
		t.Errorf("the metrics lack %s", want)
	}
}
