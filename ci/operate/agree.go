package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/observe"
	dto "github.com/prometheus/client_model/go"
)

// agree returns an error unless the metrics of an instance say what its Health says. Health is read
// before and after the scrape, and must not have changed between. An instance whose config is not
// open is not ready, and has no other state.
func (i *instance) agree(counted bool) error {
	before, errBefore := i.health()
	families, err := i.scrape()
	if err != nil {
		return err
	}
	if errBefore != nil {
		if ready, version := find(families, "nacre_config_ready", nil), find(families, "nacre_config_version", nil); ready != 0 || !math.IsNaN(version) {
			return fmt.Errorf("%s is not open (%w), and the metrics say ready %v, version %v", i.name, errBefore, ready, version)
		}
		return nil
	}
	after, err := i.health()
	if err != nil {
		return err
	}
	var errs []error
	compare := func(name string, want float64, labels ...string) {
		if got := find(families, name, labels); !equal(got, want) {
			errs = append(errs, fmt.Errorf("%s: %s%v is %v, and Health says %v", i.name, name, labels, got, want))
		}
	}
	if err := unchanged(before, after); err != nil {
		return fmt.Errorf("%s: %w", i.name, err)
	}
	compareConfig(&after, compare)
	compareUse(&after, counted, compare)
	for n := range after.Layers {
		compareLayer(&before.Layers[n], &after.Layers[n], compare, func(verified float64) {
			if l := &after.Layers[n]; !within(verified, before.Layers[n].VerifiedAt, l.VerifiedAt) {
				errs = append(errs, fmt.Errorf("%s: %s was verified at %f by the metrics, and by Health at %s", i.name, l.Name, verified, l.VerifiedAt))
			}
		}, families)
	}
	return errors.Join(errs...)
}

// unchanged returns an error if something has changed but the times at which layers were verified.
func unchanged(before, after observe.Health) error {
	var texts [2][]byte
	for n, h := range []observe.Health{before, after} {
		h.Layers = slices.Clone(h.Layers)
		for l := range h.Layers {
			h.Layers[l].VerifiedAt = time.Time{}
		}
		texts[n], _ = json.Marshal(h)
	}
	if !bytes.Equal(texts[0], texts[1]) {
		return fmt.Errorf("Health does not come to rest: %s, and then %s", texts[0], texts[1])
	}
	return nil
}

// comparer compares one metric with what Health says; NaN is a metric that must not be there.
type comparer func(name string, want float64, labels ...string)

func compareConfig(h *observe.Health, compare comparer) {
	release := ""
	for _, l := range h.Layers {
		if l.Release != "" {
			release = l.Release
		}
	}
	scheme, digits, _ := strings.Cut(h.Sum, "-")
	compare("nacre_config_info", 1, "sum", scheme+"-"+digits[:min(12, len(digits))], "release", release)
	id := h.Instance.ID
	if id == h.Instance.Host {
		id = ""
	}
	compare("nacre_instance_info", 1, "struct", h.Struct, "id", id)
	compare("nacre_config_version", float64(h.Version))
	compare("nacre_config_ready", truth(len(h.NotReady) == 0))
	compare("nacre_config_pinned", truth(h.Pinned))
	compare("nacre_config_pending_restart_keys", float64(len(h.Pending)))
	compare("nacre_config_last_apply_successful", truth(!slices.ContainsFunc(h.Layers, func(l observe.LayerHealth) bool {
		return len(l.Rejected) > 0
	})))
	compare("nacre_last_known_good_failed", truth(h.LastKnownGood.Error != ""))
	compare("nacre_last_known_good_saved_timestamp_seconds", unix(h.LastKnownGood.SavedAt))
}

func compareLayer(before, l *observe.LayerHealth, compare comparer, verified func(float64), families map[string]*dto.MetricFamily) {
	compare("nacre_layer_up", truth(l.Down == ""), "layer", l.Name)
	compare("nacre_layer_stale", truth(l.Stale), "layer", l.Name)
	compare("nacre_layer_rejected", truth(len(l.Rejected) > 0), "layer", l.Name)
	compare("nacre_layer_held", truth(len(l.Held) > 0), "layer", l.Name)
	compare("nacre_layer_absent_documents", float64(len(l.Absent)), "layer", l.Name)
	compare("nacre_layer_unused_keys", float64(len(l.Unused)), "layer", l.Name)
	compare("nacre_layer_deprecated_keys", float64(len(l.Deprecated)), "layer", l.Name)
	compare("nacre_layer_from_last_known_good", truth(l.FromLastKnownGood || l.FromSeed), "layer", l.Name)
	if l.VerifiedAt.Equal(before.VerifiedAt) {
		compare("nacre_layer_verified_timestamp_seconds", unix(l.VerifiedAt), "layer", l.Name)
		return
	}
	verified(find(families, "nacre_layer_verified_timestamp_seconds", []string{"layer", l.Name}))
}

// compareUse compares what the service does with its config. Events that were dropped are not
// counted, so the counters are compared only if none were.
func compareUse(h *observe.Health, counted bool, compare comparer) {
	for _, s := range h.Subscribers {
		compare("nacre_subscriber_version", float64(s.LastVersion), "subscriber", s.Name)
		compare("nacre_subscriber_pending", truth(s.Pending), "subscriber", s.Name)
		compare("nacre_subscriber_call_start_timestamp_seconds", unix(s.RunningSince), "subscriber", s.Name)
		if counted {
			compare("nacre_subscriber_calls_total", float64(s.Calls-s.Failures-s.Panics), "subscriber", s.Name, "result", "ok")
			compare("nacre_subscriber_calls_total", float64(s.Failures), "subscriber", s.Name, "result", "error")
			compare("nacre_subscriber_calls_total", float64(s.Panics), "subscriber", s.Name, "result", "panic")
			compare("nacre_subscriber_slow_total", float64(s.Slow), "subscriber", s.Name)
		}
	}
	for _, r := range h.Resources {
		compare("nacre_resource_users", float64(r.Users), "resource", r.Name)
		if counted {
			compare("nacre_resource_builds_total", float64(r.Builds), "resource", r.Name, "result", "ok")
			compare("nacre_resource_builds_total", float64(r.Failures), "resource", r.Name, "result", "error")
		}
	}
	for _, k := range h.Hooks {
		compare("nacre_hook_failed", truth(k.State == "failed"), "hook", k.Name)
		compare("nacre_hook_record_missing", truth(k.State == "no record" || k.State == "bad record"), "hook", k.Name)
		compare("nacre_hook_running", truth(k.State == "running"), "hook", k.Name)
		compare("nacre_hook_error", truth(k.Error != ""), "hook", k.Name)
	}
	if counted {
		compare("nacre_observer_dropped_total", 0)
	}
}

// find returns the value of the metric with the labels, NaN without one.
func find(families map[string]*dto.MetricFamily, name string, labels []string) float64 {
	for _, m := range families[name].GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		fits := true
		for n := 0; n < len(labels); n += 2 {
			fits = fits && has[labels[n]] == labels[n+1]
		}
		if fits {
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return math.NaN()
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unix returns the Unix time in seconds, NaN for no time.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return math.NaN()
	}
	return float64(t.UnixNano()) / 1e9
}

func equal(a, b float64) bool {
	return math.Abs(a-b) < 1e-3 || math.IsNaN(a) && math.IsNaN(b)
}

func within(seconds float64, from, to time.Time) bool {
	return seconds >= unix(from)-1e-3 && seconds <= unix(to)+1e-3
}
