package fleet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus"
)

// Query finds the instances of a service in a Prometheus. Its fields must be set, unless they say
// otherwise.
type Query struct {
	Client   *prometheus.Client
	Selector string // labels of the targets, such as job="orders"
	Config   string // value of the label config; empty for all configs that read the layer
	Layer    string // name of the layer with the document
	// Published is when the content was published, by the clock of the Nacos server.
	Published time.Time
	// Oldest is the age from which on a scrape says nothing about an instance.
	Oldest time.Duration

	before map[string]float64 // the counters at the time of the publish, by series
}

// The metrics that Ask reads; see docs/metrics.md. Those of busyMetrics and countedMetrics are left
// out while they are 0.
var (
	stateMetrics = []string{
		"up", "nacre_config_ready", "nacre_config_version", "nacre_config_pinned", "nacre_config_last_apply_success_timestamp_seconds",
		"nacre_layer_up", "nacre_layer_stale", "nacre_layer_verified_timestamp_seconds", "nacre_layer_rejected", "nacre_layer_held",
	}
	busyMetrics    = []string{"nacre_subscriber_pending", "nacre_subscriber_call_start_timestamp_seconds"}
	countedMetrics = []string{
		"nacre_rejections_total", "nacre_breaker_opened_total", "nacre_changes_total", "nacre_subscriber_calls_total", "nacre_resource_builds_total",
	}
)

// uncounted leaves out the results of calls, builds and changes that are not read.
const uncounted = `result!~"ok|applied|unchanged|rejected"`

// Ask returns a row for each config that reads the document, and for each target that has none or
// says nothing. The warnings say why instances may be missing.
func (q *Query) Ask(ctx context.Context) (rows []Row, warnings []string, err error) {
	with := map[string]string{"layer": label(q.Layer), "config": label(q.Config)}
	counters := prometheus.Selector(uncounted+","+strings.Trim(q.Selector, " {}"), countedMetrics, with) + " > 0"
	if q.before == nil {
		answer, err := q.Client.Query(ctx, counters, q.Published)
		if err != nil {
			return nil, nil, err
		}
		q.before = map[string]float64{}
		for _, s := range answer.Samples {
			q.before[seriesOf(s)] = s.Value
		}
	}
	var f fleet
	// State comes before activity: a scrape between the two can only show more of what an instance
	// has still to do.
	for _, part := range []struct {
		expression string
		add        func(prometheus.Sample)
	}{
		{prometheus.Selector(q.Selector, stateMetrics, with), f.addState},
		{prometheus.Selector(q.Selector, busyMetrics, with) + " > 0", f.addBusy},
		{prometheus.Selector(q.Selector, []string{"nacre_instance_info"}, with), f.addInfo},
		{counters, func(s prometheus.Sample) { f.addCount(s, q.before[seriesOf(s)]) }},
		{"time() - timestamp(" + prometheus.Selector(q.Selector, []string{"nacre_config_ready"}, with) + ")", f.addAge},
	} {
		answer, err := q.Client.Query(ctx, part.expression, time.Time{})
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, answer.Warnings...)
		for _, s := range answer.Samples {
			part.add(s)
		}
	}
	slices.Sort(warnings)
	return f.rows(q.Published, q.Oldest), slices.Compact(warnings), nil
}

// label returns a name as the adapters of metrics show it: at most 64 bytes.
func label(name string) string {
	const most = 64
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "")
	}
	return name
}

// seriesOf returns a text that is different for each series.
func seriesOf(s prometheus.Sample) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		fmt.Fprintf(&b, "%s=%q,", name, s.Labels[name])
	}
	return b.String()
}
