package promobserve_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/prometheus/client_golang/prometheus"
)

const openMetrics = "application/openmetrics-text; version=1.0.0"

// A duration has the ID of its trace as an exemplar. An ID that cannot be one is left out, and the
// duration is counted nevertheless.
func TestExemplars(t *testing.T) {
	t.Parallel()
	const id = "0af7651916cd43dd8448eb211c80319c"
	text := exposition(t, openMetrics, fed(promobserve.New("orders", promobserve.TraceID(func(observe.Event) string { return id })), full(), eventful()...))
	for _, name := range []string{"nacre_apply_duration_seconds_bucket", "nacre_publish_to_live_seconds_bucket", "nacre_subscriber_duration_seconds_bucket"} {
		if got := strings.Join(series(text, name), "\n"); !strings.Contains(got, `# {trace_id="`+id+`"}`) {
			t.Errorf("%s has no exemplar:\n%s", name, got)
		}
	}
	for what, trace := range map[string]func(observe.Event) string{
		"no function": nil,
		"none":        func(observe.Event) string { return "" },
		"too long":    func(observe.Event) string { return strings.Repeat("a", 1<<20) },
		"not ASCII":   func(observe.Event) string { return "\xff" },
		"with space":  func(observe.Event) string { return "a b\n" },
		"panics":      func(observe.Event) string { panic("no") },
	} {
		text := exposition(t, openMetrics, fed(promobserve.New("orders", nil, promobserve.TraceID(trace), promobserve.QueueSize(-1)), full(), eventful()...))
		if strings.Contains(text, "trace_id") || !strings.Contains(text, `nacre_apply_duration_seconds_count{config="orders"} 2`) {
			t.Errorf("%s: want both durations without an exemplar; got\n%s", what, strings.Join(series(text, "nacre_apply_duration"), "\n"))
		}
	}
}

// Every histogram is a classic and a native one.
func TestHistogramsAreClassicAndNative(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	if err := fed(promobserve.New("orders"), full(), eventful()...).Register(r); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range families {
		for _, series := range f.GetMetric() {
			h := series.GetHistogram()
			if h == nil {
				continue
			}
			found++
			if len(h.GetBucket()) < 5 || h.Schema == nil || h.GetSampleCount() > 0 && len(h.GetPositiveSpan()) == 0 && h.GetZeroCount() == 0 {
				t.Errorf("%s: %d classic buckets, %d native ones", f.GetName(), len(h.GetBucket()), len(h.GetPositiveSpan()))
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d histograms are found", found)
	}
}
