package otelnacos_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	api "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/observe/otelobserve/otelnacos"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// meters is a provider of the SDK, whose metrics a test reads.
type meters struct {
	reader   *metric.ManualReader
	provider *metric.MeterProvider
}

func newMeters() meters {
	reader := metric.NewManualReader()
	return meters{reader, metric.NewMeterProvider(metric.WithReader(reader))}
}

// points returns each series of a client with its value, without the prefix of all names.
func (m meters) points(t *testing.T, client string) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	points := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, x := range scope.Metrics {
			var data []metricdata.DataPoint[int64]
			switch d := x.Data.(type) {
			case metricdata.Sum[int64]:
				if !d.IsMonotonic || d.Temporality != metricdata.CumulativeTemporality {
					t.Errorf("%s is not a counter", x.Name)
				}
				data = d.DataPoints
			case metricdata.Gauge[int64]:
				data = d.DataPoints
			default:
				t.Errorf("%s has a type that no dashboard expects: %T", x.Name, d)
			}
			for _, p := range data {
				name := strings.TrimPrefix(x.Name, "nacre.nacos.")
				of := ""
				for _, a := range p.Attributes.ToSlice() {
					if a.Key == "client" {
						of = a.Value.AsString()
						continue
					}
					name += " " + a.Value.AsString()
				}
				if of == client {
					points[name] = p.Value
				}
			}
		}
	}
	return points
}

func refused() error { return fmt.Errorf("connect: %w", nacos.ConnectionRefused) }

// eventful has every event that is counted.
func eventful() []nacos.Event {
	return []nacos.Event{
		{Kind: nacos.EventConnectFailed, Attempt: 1, Err: refused()},
		{Kind: nacos.EventOutage, Attempt: 10, Err: refused()}, // the same error as the one before it
		{Kind: nacos.EventConnected, Server: "nacos:8848", Attempt: 2},
		{Kind: nacos.EventReconciled, Keys: 3, Changed: 3},
		{Kind: nacos.EventConfigRead}, {Kind: nacos.EventConfigRead},
		{Kind: nacos.EventReadFailed, Err: nacos.PermissionDenied},
		{Kind: nacos.EventContentDiscarded, Err: nacos.ContentCorrupt},
		{Kind: nacos.EventPushReceived},
		{Kind: nacos.EventHeartbeatMissed, Attempt: 1},
		{Kind: nacos.EventConnectionLost, Err: nacos.ConnectionLost},
		{Kind: nacos.EventConnected, Server: "nacos:8848", Attempt: 1},
		{Kind: nacos.EventReconciled, Keys: 3, Changed: 2, Lost: 1},
		{Kind: nacos.EventReconciled, Keys: 3, Changed: -1, Lost: -1},
		{Kind: nacos.EventConnectionLost, Err: errors.New("no code"), Dropped: 4},
		{Kind: 200, Err: nacos.Code(200), Dropped: -1},
	}
}

func TestEveryEventIsCounted(t *testing.T) {
	t.Parallel()
	m := newMeters()
	o := otelnacos.New("orders", otelnacos.WithMeterProvider(m.provider))
	events := eventful()
	for _, e := range events[:5] {
		o.Observe(e) // before Watch
	}
	if err := o.Watch(func() nacos.Status { return nacos.Status{Server: "nacos:8848", Keys: 3} }); err != nil {
		t.Fatal(err)
	}
	for _, e := range events[5:] {
		o.Observe(e)
	}
	want := map[string]int64{
		"connect_failures": 1, "reconnects": 1, "reconciles": 3, "reconcile_changed": 1, "pushes": 1, "heartbeats_missed": 1, "events_dropped": 4,
		"reads changed": 2, "reads failed": 1, "reads discarded": 1, "connected": 1, "keys": 3, "server.info nacos:8848": 1,
		"errors ConnectionRefused": 1, "errors PermissionDenied": 1, "errors ContentCorrupt": 1, "errors ConnectionLost": 1, "errors Unknown": 1,
	}
	got := m.points(t, "orders")
	if n := got["errors BadCredentials"]; n != 0 {
		t.Errorf("%d bad credentials", n)
	}
	zero := 0
	maps.DeleteFunc(got, func(name string, n int64) bool {
		if _, there := want[name]; !there && n == 0 {
			zero++
			return true
		}
		return false
	})
	if !maps.Equal(got, want) {
		t.Errorf("the metrics are\n%v, want\n%v", got, want)
	}
	if zero < 30 {
		t.Errorf("only %d codes have a series before they occur", zero)
	}
}

func TestASessionWithoutAConnection(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]func() nacos.Status{
		"not connected": func() nacos.Status { return nacos.Status{Keys: 3, Err: nacos.ConnectionRefused} },
		"panics":        func() nacos.Status { panic("no") },
		"not watched":   nil,
	} {
		m := newMeters()
		o := otelnacos.New("", nil, otelnacos.WithMeterProvider(m.provider))
		if err := o.Watch(func() nacos.Status { return nacos.Status{Server: "nacos:8848"} }); err != nil {
			t.Fatal(err)
		}
		if err := o.Watch(status); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		points := m.points(t, "default")
		if up, there := points["connected"]; up != 0 || !there || slices.ContainsFunc(slices.Collect(maps.Keys(points)), func(s string) bool { return strings.HasPrefix(s, "server.info") }) {
			t.Errorf("%s: the session is connected to a server: %v", name, points)
		}
	}
}

// Names of clients and servers come from the service and from outside.
func TestHostileNamesAreCleaned(t *testing.T) {
	t.Parallel()
	m := newMeters()
	o := otelnacos.New("bad \xff\nname", otelnacos.WithMeterProvider(m.provider))
	server := strings.Repeat("\x1bü\xff", 100_000)
	if err := o.Watch(func() nacos.Status { return nacos.Status{Server: server} }); err != nil {
		t.Fatal(err)
	}
	for range 1_000 {
		for code := range 256 {
			o.Observe(nacos.Event{Kind: nacos.EventReadFailed, Server: server, Document: server, Err: nacos.Code(code)})
		}
	}
	points := m.points(t, "bad __name")
	if len(points) > 60 || points["reads failed"] != 256_000 {
		t.Errorf("hostile events make %d series, with %d failed reads", len(points), points["reads failed"])
	}
	for name := range points {
		if len(name) > 80 || strings.ContainsAny(name, "\x1b\n") || !utf8.ValidString(name) {
			t.Errorf("a series is %q", name)
		}
	}
}

// Two clients of one name would write the same series: that is an error at the start.
func TestTwoClientsOfOneName(t *testing.T) {
	t.Parallel()
	m := newMeters()
	watched := func(keys int) func() nacos.Status { return func() nacos.Status { return nacos.Status{Keys: keys} } }
	one, two := otelnacos.New("orders", otelnacos.WithMeterProvider(m.provider)), otelnacos.New("orders", otelnacos.WithMeterProvider(m.provider))
	for range 2 {
		if err := one.Watch(watched(1)); err != nil {
			t.Fatal(err)
		}
	}
	var e *source.Error
	if err := two.Watch(watched(2)); !errors.As(err, &e) || e.Kind != source.Conflict || e.Document != `client "orders"` || e.Fix == "" {
		t.Errorf("a second client of the name: Watch returns %v, want a conflict that names it, with a fix", err)
	}
	if keys := m.points(t, "orders")["keys"]; keys != 1 {
		t.Errorf("after the mistake there are %d keys, want those of the first client", keys)
	}
	for _, other := range []*otelnacos.Metrics{
		otelnacos.New("billing", otelnacos.WithMeterProvider(m.provider)), otelnacos.New("orders", otelnacos.WithMeterProvider(newMeters().provider)),
	} {
		if err := other.Watch(watched(3)); err != nil {
			t.Errorf("another name or provider: %v", err)
		}
	}
	if err := one.Watch(nil); err != nil {
		t.Fatal(err)
	}
	if err := two.Watch(watched(2)); err != nil {
		t.Errorf("the name of a client that is not watched is still taken: %v", err)
	}
	if keys := m.points(t, "orders")["keys"]; keys != 2 {
		t.Errorf("the new client of the name has %d keys, want 2", keys)
	}
}

// bad is a provider that blocks, panics or refuses.
type bad struct {
	noop.MeterProvider
	meter func() api.Meter
}

func (p bad) Meter(string, ...api.MeterOption) api.Meter { return p.meter() }

type refusing struct{ noop.Meter }

func (refusing) Int64ObservableCounter(string, ...api.Int64ObservableCounterOption) (api.Int64ObservableCounter, error) {
	return nil, errors.New("no")
}

// A provider that blocks, panics or refuses an instrument is an error of Watch, and does not reach
// the session.
func TestABadProviderIsAnErrorOfWatch(t *testing.T) {
	t.Parallel()
	blocked := make(chan struct{})
	defer close(blocked)
	for name, test := range map[string]struct {
		meter func() api.Meter
		kind  source.Kind
	}{
		"blocks":  {func() api.Meter { <-blocked; return noop.Meter{} }, source.Timeout},
		"panics":  {func() api.Meter { panic("planted") }, source.Unknown},
		"refuses": {func() api.Meter { return refusing{} }, source.Unknown},
	} {
		o := otelnacos.New("orders", otelnacos.WithMeterProvider(bad{meter: test.meter}))
		for _, e := range eventful() {
			o.Observe(e)
		}
		for range 6 { // more often than calls may hang
			if err := o.Watch(func() nacos.Status { return nacos.Status{} }); source.KindOf(err) != test.kind || err == nil || strings.Contains(err.Error(), "planted") {
				t.Errorf("a provider that %s: Watch returns %v, want an error of kind %v", name, err, test.kind)
			}
			o.Observe(nacos.Event{Kind: nacos.EventConnected})
		}
	}
}
