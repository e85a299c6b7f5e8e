package otelobserve_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	api "go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// meters is a provider of the SDK, whose metrics a test reads.
type meters struct {
	reader   *metric.ManualReader
	provider *metric.MeterProvider
}

func newMeters() meters {
	reader := metric.NewManualReader()
	return meters{reader, metric.NewMeterProvider(metric.WithReader(reader))}
}

// points returns each series with its value; of a histogram the number of values.
func (m meters) points(t *testing.T) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	points := map[string]float64{}
	add := func(name string, set attribute.Set, value float64) {
		var labels []string
		for _, a := range set.ToSlice() {
			if a.Key != "config" {
				labels = append(labels, string(a.Key)+"="+a.Value.String())
			} else if a.Value.AsString() != "orders" {
				t.Errorf("%s has the config %q", name, a.Value.String())
			}
		}
		points[strings.TrimSpace(name+" "+strings.Join(labels, " "))] = value
	}
	for _, scope := range all.ScopeMetrics {
		for _, x := range scope.Metrics {
			switch data := x.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(x.Name, p.Attributes, float64(p.Value))
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					add(x.Name, p.Attributes, p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(x.Name, p.Attributes, float64(p.Count))
				}
			default:
				t.Errorf("%s has a type that no dashboard expects: %T", x.Name, data)
			}
		}
	}
	return points
}

func TestTheMetricsOfAConfig(t *testing.T) {
	t.Parallel()
	m := newMeters()
	o := otelobserve.New("orders", otelobserve.WithMeterProvider(m.provider), otelobserve.WithTracerProvider(noop.NewTracerProvider()))
	rejected := make(chan observe.Event, 10)
	options := with(o)
	options.Observers = append(options.Observers, func(e observe.Event) {
		if e.Kind == observe.Rejected {
			rejected <- e
		}
	})
	doc := memory.New("orders.yaml", []byte("pool: 1"))
	cfg, err := nacre.OpenWith[config](t.Context(), options, doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Watch(cfg.Health); err != nil {
		t.Fatal(err)
	}
	called := make(chan int, 10)
	nacre.Subscribe(cfg, func(c *config) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
		called <- ch.New
		return errors.New("planted")
	}, nacre.WithName("server"))
	doc.Set([]byte("pool: 2"))
	<-called
	doc.Set([]byte("pool: planted"))
	wait(t, rejected)
	want := map[string]float64{
		"nacre.config.ready": 1, "nacre.config.version": 2, "nacre.config.last_apply_successful": 0, "nacre.config.pinned": 0,
		"nacre.config.pending_restart_keys": 0, "nacre.layer.up layer=orders.yaml": 1, "nacre.layer.rejected layer=orders.yaml": 1,
		"nacre.layer.held layer=orders.yaml": 0, "nacre.layer.stale layer=orders.yaml": 0, "nacre.layer.down layer=orders.yaml": 0,
		"nacre.layer.unused_keys layer=orders.yaml": 0, "nacre.layer.from_last_known_good layer=orders.yaml": 0,
		"nacre.changes result=applied": 2, "nacre.changes result=rejected": 1, "nacre.changes result=held": 0, "nacre.changes result=rolled_back": 0,
		"nacre.rejections kind=wrong_type layer=orders.yaml": 1, "nacre.rejections kind=unknown_key layer=orders.yaml": 0,
		"nacre.subscriber.calls result=error subscriber=server": 1, "nacre.subscriber.calls result=panic subscriber=server": 0,
		"nacre.subscriber.version subscriber=server": 2, "nacre.subscriber.duration subscriber=server": 1, "nacre.subscriber.pending subscriber=server": 0,
		"nacre.apply.duration": 2, "nacre.observer.dropped": 0,
	}
	eventually(t, m, want)
	for name := range m.points(t) {
		if strings.Contains(name, "planted") {
			t.Errorf("%s has a value of the config or the text of an error", name)
		}
		if strings.HasPrefix(name, "nacre.config.info") && (!strings.Contains(name, "sum=v2-") || len(name) > 60) {
			t.Errorf("the digest is %s", name)
		}
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	points := m.points(t)
	if _, there := points["nacre.config.version"]; there || points["nacre.config.ready"] != 0 || points["nacre.changes result=applied"] != 2 {
		t.Errorf("after Close the metrics are %v", points)
	}
}

// eventually waits for values: the subscriber and the queue run in goroutines of their own.
func eventually(t *testing.T, m meters, want map[string]float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		got := m.points(t)
		var wrong []string
		for name, value := range want {
			if v, there := got[name]; !there || v != value {
				wrong = append(wrong, fmt.Sprintf("%s is %v (%v), want %v", name, v, there, value))
			}
		}
		if wrong == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			slices.Sort(wrong)
			t.Fatal(strings.Join(wrong, "\n"))
		}
	}
}

func TestAttributesOfMetricsAreBounded(t *testing.T) {
	t.Parallel()
	m := newMeters()
	o := otelobserve.New("orders", otelobserve.WithMeterProvider(m.provider), otelobserve.WithTracerProvider(noop.NewTracerProvider()))
	var h observe.Health
	h.Version = 1
	for i := range 10_000 {
		name := fmt.Sprint(i, strings.Repeat("\x1bü", 100))
		h.Layers = append(h.Layers, observe.LayerHealth{Name: name, Rejected: []string{"x"}})
		h.Subscribers = append(h.Subscribers, observe.SubscriberHealth{Name: name, LastVersion: int64(i)})
	}
	if err := o.Watch(func() observe.Health { return h }); err != nil {
		t.Fatal(err)
	}
	series := map[string]int{}
	for name := range m.points(t) {
		metric, labels, _ := strings.Cut(name, " ")
		series[metric]++
		if len(labels) > 120 || strings.Contains(labels, "\x1b") {
			t.Errorf("a series has the labels %q", labels)
		}
	}
	if series["nacre.layer.up"] != 101 || series["nacre.subscriber.version"] != 101 {
		t.Errorf("10 000 layers make %d series, and 10 000 subscribers %d; want 100 and one for the rest", series["nacre.layer.up"], series["nacre.subscriber.version"])
	}
}

// badMeters is a provider that blocks or panics.
type badMeters struct {
	metricnoop.MeterProvider
	meter func()
}

func (p badMeters) Meter(name string, options ...api.MeterOption) api.Meter {
	p.meter()
	return p.MeterProvider.Meter(name, options...)
}

func TestABadMeterProviderIsAnErrorOfWatch(t *testing.T) {
	t.Parallel()
	blocked := make(chan struct{})
	defer close(blocked)
	for name, bad := range map[string]func(){"blocks": func() { <-blocked }, "panics": func() { panic("planted") }} {
		s := newSpans()
		o := otelobserve.New("orders", otelobserve.WithMeterProvider(badMeters{meter: bad}), otelobserve.WithTracerProvider(s.provider))
		cfg, err := nacre.OpenWith[config](t.Context(), with(o), memory.New("orders.yaml", []byte("pool: 1")))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Watch(cfg.Health); err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("a provider that %s: Watch returns %v", name, err)
		}
		if err := cfg.Close(); err != nil && !errors.Is(err, source.Timeout) { // the events before it are still waiting
			t.Error(err)
		}
		if !strings.HasPrefix(s.tree(), "config.apply consumer applied 1") {
			t.Errorf("a provider of meters that %s takes the traces with it: %q", name, s.tree())
		}
	}
}

// The SDK keeps the trace of a publication as an exemplar of how long it took to apply.
func TestExemplarsNameTheTraceOfThePublication(t *testing.T) {
	t.Parallel()
	m := newMeters()
	o := otelobserve.New("orders", otelobserve.WithMeterProvider(m.provider), otelobserve.WithTracerProvider(noop.NewTracerProvider()))
	cause := observe.Cause{Position: source.Position{Layer: "orders.yaml"}, TraceParent: fmt.Sprintf(parent, 7)}
	o.Observe(observe.Event{Kind: observe.Applied, Time: time.Now(), Version: 1, Causes: []observe.Cause{cause}})
	o.Observe(observe.Event{Kind: observe.Closed})
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, x := range all.ScopeMetrics[0].Metrics {
		if x.Name != "nacre.apply.duration" {
			continue
		}
		exemplars := x.Data.(metricdata.Histogram[float64]).DataPoints[0].Exemplars
		if len(exemplars) != 1 || fmt.Sprintf("%x", exemplars[0].TraceID) != parent[3:35] {
			t.Errorf("the exemplars are %+v, want the trace %s", exemplars, parent[3:35])
		}
		return
	}
	t.Error("there is no duration")
}
