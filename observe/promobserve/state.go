package promobserve

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve/internal/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// state is a metric that Health has at the time of a scrape.
type state struct {
	name, help string
	labels     []string
	// merge makes one value of two that have the same labels: of names that differ only in what a
	// label cannot show, and of those that are "other".
	merge func(one, another float64) float64
	read  func(m *Metrics, h *observe.Health, put putter)
}

// putter takes a value and the values of its labels.
type putter func(value float64, labels ...string)

func least(one, another float64) float64    { return min(one, another) }
func greatest(one, another float64) float64 { return max(one, another) }
func sum(one, another float64) float64      { return one + another }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

var (
	byLayer      = []string{"layer"}
	bySubscriber = []string{"subscriber"}
	byResource   = []string{"resource"}
	byHook       = []string{"hook"}
)

// states are all of them. There are none while the config is not open.
var states = []state{
	{"nacre_config_info", "The digest of the live configuration, and the release that its manifest names.", []string{"sum", "release"}, greatest, readInfo},
	{"nacre_instance_info", "The digest of what the struct of the config declares, and the ID that the service gives the instance.", []string{"struct", "id"}, greatest, readInstance},
	{"nacre_config_version", "The number of the live version.", nil, least, ofConfig(func(h *observe.Health) (float64, bool) {
		return float64(h.Version), true
	})},
	{"nacre_config_last_apply_successful", "Whether the newest content of no layer is rejected.", nil, least, ofConfig(func(h *observe.Health) (float64, bool) {
		for i := range h.Layers {
			if len(h.Layers[i].Rejected) > 0 {
				return 0, true
			}
		}
		return 1, true
	})},
	{"nacre_config_last_apply_success_timestamp_seconds", "When new content was last accepted.", nil, greatest, func(m *Metrics, h *observe.Health, put putter) {
		put(seconds(later(h.Since, time.Unix(0, m.counts.succeeded.Load()))))
	}},
	{"nacre_config_pinned", "Whether the config is pinned, so that it holds all changes.", nil, greatest, ofConfig(func(h *observe.Health) (float64, bool) {
		return truth(h.Pinned), true
	})},
	{"nacre_config_pending_restart_keys", "Keys that have changed and take effect only after a restart.", nil, sum, ofConfig(func(h *observe.Health) (float64, bool) {
		return float64(len(h.Pending)), true
	})},

	{"nacre_layer_up", "Whether the source of the layer does not fail.", byLayer, least, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(l.Down == ""), true
	})},
	{"nacre_layer_stale", "Whether the content of the layer was not verified for longer than Options.FreshWithin.", byLayer, greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(l.Stale), true
	})},
	{"nacre_layer_verified_timestamp_seconds", "When the source last verified that it has the newest content.", byLayer, least, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return seconds(l.VerifiedAt), !l.VerifiedAt.IsZero()
	})},
	{"nacre_layer_rejected", "Whether the newest content of the layer is rejected.", byLayer, greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(len(l.Rejected) > 0), true
	})},
	{"nacre_layer_held", "Whether the newest content of the layer is held.", byLayer, greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(len(l.Held) > 0), true
	})},
	{"nacre_layer_absent_documents", "Documents that are not at their origin.", byLayer, sum, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return float64(len(l.Absent)), true
	})},
	{"nacre_layer_unused_keys", "Keys of the content in use that no field has.", byLayer, sum, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return float64(len(l.Unused)), true
	})},
	{"nacre_layer_deprecated_keys", "Old names of keys and deprecated keys in the content in use.", byLayer, sum, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return float64(len(l.Deprecated)), true
	})},
	{"nacre_layer_from_last_known_good", "Whether the content in use came from the last known good copy or the seed.", byLayer, greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(l.FromLastKnownGood || l.FromSeed), true
	})},

	{"nacre_subscriber_version", "The version of the last call of the subscriber that has ended.", bySubscriber, least, ofSubscribers(func(s *observe.SubscriberHealth) (float64, bool) {
		return float64(s.LastVersion), true
	})},
	{"nacre_subscriber_pending", "Whether a newer version waits for the subscriber.", bySubscriber, greatest, ofSubscribers(func(s *observe.SubscriberHealth) (float64, bool) {
		return truth(s.Pending), true
	})},
	{"nacre_subscriber_call_start_timestamp_seconds", "When the call that runs now began; there is no such metric while none runs.", bySubscriber, least, ofSubscribers(func(s *observe.SubscriberHealth) (float64, bool) {
		return seconds(s.RunningSince), !s.RunningSince.IsZero()
	})},

	{"nacre_resource_users", "Users of the live instance of the resource.", byResource, sum, func(m *Metrics, h *observe.Health, put putter) {
		for i := range h.Resources {
			put(float64(h.Resources[i].Users), m.resources.Label(h.Resources[i].Name))
		}
	}},

	{"nacre_hook_failed", "Whether all attempts for the version of this instance have failed, so that the hook no longer runs for it.", byHook, greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.State == "failed"
	})},
	{"nacre_hook_record_missing", "Whether the record of the hook does not exist, or is not one of this hook.", byHook, greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.State == "no record" || h.State == "bad record"
	})},
	{"nacre_hook_running", "Whether this instance runs the hook.", byHook, greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.State == "running"
	})},
	{"nacre_hook_error", "Whether the last request to the record of the hook has failed.", byHook, greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.Error != ""
	})},

	{"nacre_last_known_good_failed", "Whether the last known good copy could not be owned, read or saved.", nil, greatest, ofConfig(func(h *observe.Health) (float64, bool) {
		return truth(h.LastKnownGood.Error != ""), h.LastKnownGood.Path != "" || h.LastKnownGood.Error != ""
	})},
	{"nacre_last_known_good_saved_timestamp_seconds", "When the last known good copy was saved.", nil, greatest, ofConfig(func(h *observe.Health) (float64, bool) {
		return seconds(h.LastKnownGood.SavedAt), !h.LastKnownGood.SavedAt.IsZero()
	})},
}

// readInfo puts the identity of the live configuration. The series of another sum ends with it.
func readInfo(_ *Metrics, h *observe.Health, put putter) {
	var releases []string
	for i := range h.Layers {
		if r := h.Layers[i].Release; r != "" && !slices.Contains(releases, r) {
			releases = append(releases, r)
		}
	}
	release := strings.Join(releases, ",")
	if release != "" {
		release = metric.Label(release)
	}
	put(1, metric.Label(short(h.Sum)), release)
}

// readInstance puts what the process is.
func readInstance(_ *Metrics, h *observe.Health, put putter) {
	declared := h.Struct
	if declared != "" {
		declared = metric.Label(declared)
	}
	put(1, declared, instanceID(h.Instance))
}

// instanceID returns the ID of an instance as a label; empty if it is only the host, which the
// label instance of each scrape names already. IDs that a label cannot show differ in a digest.
func instanceID(i observe.Instance) string {
	if i.ID == "" || i.ID == i.Host {
		return ""
	}
	shown := metric.Label(i.ID)
	if shown == i.ID {
		return shown
	}
	sum := sha256.Sum256([]byte(i.ID))
	return metric.Label(shown[:min(len(shown), 40)]) + "-" + hex.EncodeToString(sum[:6])
}

// shownDigits is how many hexadecimal digits of a sum the label has.
const shownDigits = 12

// short returns the beginning of a sum: its scheme, such as "v2-", and 12 digits.
func short(sum string) string {
	scheme := strings.IndexByte(sum, '-') + 1
	return sum[:min(len(sum), scheme+shownDigits)]
}

func ofConfig(read func(h *observe.Health) (float64, bool)) func(*Metrics, *observe.Health, putter) {
	return func(_ *Metrics, h *observe.Health, put putter) {
		if value, ok := read(h); ok {
			put(value)
		}
	}
}

func ofLayers(read func(l *observe.LayerHealth) (float64, bool)) func(*Metrics, *observe.Health, putter) {
	return func(m *Metrics, h *observe.Health, put putter) {
		for i := range h.Layers {
			if value, ok := read(&h.Layers[i]); ok {
				put(value, m.layers.Label(h.Layers[i].Name))
			}
		}
	}
}

func ofSubscribers(read func(s *observe.SubscriberHealth) (float64, bool)) func(*Metrics, *observe.Health, putter) {
	return func(m *Metrics, h *observe.Health, put putter) {
		for i := range h.Subscribers {
			if value, ok := read(&h.Subscribers[i]); ok {
				put(value, m.subscribers.Label(h.Subscribers[i].Name))
			}
		}
	}
}

func ofHooks(is func(h *observe.HookHealth) bool) func(*Metrics, *observe.Health, putter) {
	return func(m *Metrics, h *observe.Health, put putter) {
		for i := range h.Hooks {
			put(truth(is(&h.Hooks[i])), m.hooks.Label(h.Hooks[i].Name))
		}
	}
}

// collect sends the values of one state, one for each combination of labels.
func (m *Metrics) collect(ch chan<- prometheus.Metric, desc *prometheus.Desc, s state, h *observe.Health) {
	type point struct {
		labels []string
		value  float64
	}
	var points []point
	at := map[string]int{} // by the values of the labels, which hold no zero byte
	s.read(m, h, func(value float64, labels ...string) {
		key := strings.Join(labels, "\x00")
		if i, ok := at[key]; ok {
			points[i].value = s.merge(points[i].value, value)
			return
		}
		at[key] = len(points)
		points = append(points, point{labels, value})
	})
	for _, p := range points {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, p.value, p.labels...)
	}
}
