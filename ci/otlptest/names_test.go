package otlptest_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/observe/otelobserve/otelnacos"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// metrics are the metrics in Prometheus, with their types and the labels besides config.
const metrics = `
nacre_apply_duration_seconds HISTOGRAM
nacre_breaker_opened_total COUNTER layer
nacre_changes_total COUNTER result
nacre_config_info GAUGE release sum
nacre_config_last_apply_success_timestamp_seconds GAUGE
nacre_config_last_apply_successful GAUGE
nacre_config_pending_restart_keys GAUGE
nacre_config_pinned GAUGE
nacre_config_ready GAUGE
nacre_config_version GAUGE
nacre_hook_error GAUGE hook
nacre_hook_failed GAUGE hook
nacre_hook_record_missing GAUGE hook
nacre_hook_running GAUGE hook
nacre_instance_info GAUGE id struct
nacre_last_known_good_failed GAUGE
nacre_last_known_good_saved_timestamp_seconds GAUGE
nacre_layer_absent_documents GAUGE layer
nacre_layer_deprecated_keys GAUGE layer
nacre_layer_down_total COUNTER layer
nacre_layer_from_last_known_good GAUGE layer
nacre_layer_held GAUGE layer
nacre_layer_rejected GAUGE layer
nacre_layer_stale GAUGE layer
nacre_layer_unused_keys GAUGE layer
nacre_layer_up GAUGE layer
nacre_layer_verified_timestamp_seconds GAUGE layer
nacre_observer_dropped_total COUNTER
nacre_publish_to_live_seconds HISTOGRAM layer
nacre_rejections_total COUNTER kind layer
nacre_resource_builds_total COUNTER resource result
nacre_resource_users GAUGE resource
nacre_subscriber_call_start_timestamp_seconds GAUGE subscriber
nacre_subscriber_calls_total COUNTER result subscriber
nacre_subscriber_duration_seconds HISTOGRAM subscriber
nacre_subscriber_pending GAUGE subscriber
nacre_subscriber_slow_total COUNTER subscriber
nacre_subscriber_version GAUGE subscriber
`

// sessionMetrics are those of a session with Nacos, with the labels besides client.
const sessionMetrics = `
nacre_nacos_connect_failures_total COUNTER
nacre_nacos_connected GAUGE
nacre_nacos_errors_total COUNTER code
nacre_nacos_events_dropped_total COUNTER
nacre_nacos_heartbeats_missed_total COUNTER
nacre_nacos_keys GAUGE
nacre_nacos_pushes_total COUNTER
nacre_nacos_reads_total COUNTER result
nacre_nacos_reconcile_changed_total COUNTER
nacre_nacos_reconciles_total COUNTER
nacre_nacos_reconnects_total COUNTER
nacre_nacos_route_info GAUGE routes rule
nacre_nacos_server_info GAUGE server
`

// In Prometheus, the metrics have the names that promobserve gives them, so that one dashboard
// serves both.
func TestTheMetricsHaveTheNamesOfPrometheus(t *testing.T) {
	t.Parallel()
	registry, provider := exported(t)
	o := otelobserve.New("orders", otelobserve.WithTracerProvider(noop.NewTracerProvider()),
		otelobserve.WithMeterProvider(provider))
	h := observe.Health{
		Version: 1, Sum: "v2-0123456789abcdef", Since: time.Unix(1, 0), Struct: "s1-0123456789ab",
		Instance:      observe.Instance{ID: "orders-3", Host: "web-1"},
		Layers:        []observe.LayerHealth{{Name: "orders.yaml", VerifiedAt: time.Unix(2, 0)}},
		Subscribers:   []observe.SubscriberHealth{{Name: "server", RunningSince: time.Unix(3, 0)}},
		Resources:     []observe.ResourceHealth{{Name: "db"}},
		Hooks:         []observe.HookHealth{{Name: "warm", State: "running"}},
		LastKnownGood: observe.LastKnownGoodHealth{Path: "copy", SavedAt: time.Unix(4, 0)},
	}
	if err := o.Watch(func() observe.Health { return h }); err != nil {
		t.Fatal(err)
	}
	for kind := observe.ContentReceived; kind <= observe.Closed; kind++ {
		o.Observe(observe.Event{Kind: kind, Time: time.Now(), Layer: "orders.yaml", Name: "server", Version: 2, Err: errors.New("x"),
			Causes:   []observe.Cause{{Position: source.Position{Layer: "orders.yaml"}, Modified: time.Now()}},
			Problems: source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: "orders.yaml"}}}})
	}
	wantFamilies(t, registry, "config", metrics)
}

// The same of a session with Nacos and the names of promnacos.
func TestTheMetricsOfASessionHaveTheNamesOfPrometheus(t *testing.T) {
	t.Parallel()
	registry, provider := exported(t)
	m := otelnacos.New("orders", otelnacos.WithMeterProvider(provider))
	m.Observe(nacos.Event{Kind: nacos.EventRouted, Document: "public/DEFAULT_GROUP/orders.routes.yaml", Route: "rule 1: every instance"})
	if err := m.Watch(func() nacos.Status { return nacos.Status{Server: "nacos:8848"} }); err != nil {
		t.Fatal(err)
	}
	wantFamilies(t, registry, "client", sessionMetrics)
}

// wantFamilies compares the metrics in a registry with a list. Each has the constant label.
func wantFamilies(t *testing.T, registry prometheus.Gatherer, constant, list string) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		line, own := f.GetName()+" "+f.GetType().String(), false
		for _, l := range f.GetMetric()[0].GetLabel() {
			if l.GetName() != constant {
				line += " " + l.GetName()
			} else {
				own = l.GetValue() == "orders"
			}
		}
		if !own {
			t.Errorf("%s does not have the label %s of its owner", f.GetName(), constant)
		}
		got = append(got, line)
	}
	if want := strings.Split(strings.TrimSpace(list), "\n"); !slices.Equal(got, want) {
		t.Errorf("the metrics are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// docs/metrics.md lists the metrics of promobserve and of promnacos.
func TestTheMetricsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for mark, metrics := range map[string]string{"promobserve": metrics, "promnacos": sessionMetrics} {
		_, list, _ := strings.Cut(string(text), "<!-- metrics: "+mark+" -->")
		list, _, _ = strings.Cut(list, "<!-- end metrics -->")
		var documented []string
		for _, row := range regexp.MustCompile("(?m)^\\| `(nacre_[a-z_]+)` \\| ([a-z]+) \\| ([^|]*)").FindAllStringSubmatch(list, -1) {
			labels := regexp.MustCompile("[a-z]+").FindAllString(row[3], -1)
			slices.Sort(labels)
			documented = append(documented, strings.TrimSpace(row[1]+" "+strings.ToUpper(row[2])+" "+strings.Join(labels, " ")))
		}
		slices.Sort(documented)
		if want := strings.Split(strings.TrimSpace(metrics), "\n"); !slices.Equal(documented, want) {
			t.Errorf("docs/metrics.md lists for %s\n%s\nand OpenTelemetry has\n%s", mark, strings.Join(documented, "\n"), strings.Join(want, "\n"))
		}
	}
}
