package otelobserve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
)

// state is a metric that Health has at the time of a collection.
type state struct {
	name, unit, help string
	// merge makes one value of two that have the same attributes: of names that differ only in what
	// an attribute cannot show, and of those that are "other".
	merge func(one, another float64) float64
	read  func(m *meter, h *observe.Health, put putter)
}

// putter takes a value and its attributes.
type putter func(value float64, attributes ...attribute.KeyValue)

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

// states are all of them. There are none while the config is not open.
var states = []state{
	{"nacre.config.info", "", "The digest of the live configuration, and the release that its publisher named.", greatest, readInfo},
	{"nacre.instance.info", "", "The digest of what the struct of the config declares, and the ID that the service gives the instance.", greatest, readInstance},
	{"nacre.config.version", "", "The number of the live version.", least, ofConfig(func(h *observe.Health) (float64, bool) {
		return float64(h.Version), true
	})},
	{"nacre.config.last_apply_successful", "", "Whether the newest content of no layer is rejected.", least, ofConfig(func(h *observe.Health) (float64, bool) {
		for i := range h.Layers {
			if len(h.Layers[i].Rejected) > 0 {
				return 0, true
			}
		}
		return 1, true
	})},
	{"nacre.config.last_apply_success.timestamp", "s", "When new content was last accepted.", greatest, func(m *meter, h *observe.Health, put putter) {
		last := time.Unix(0, m.succeeded.Load())
		if h.Since.After(last) {
			last = h.Since
		}
		put(seconds(last))
	}},
	{"nacre.config.pinned", "", "Whether the config is pinned, so that it holds all changes.", greatest, ofConfig(func(h *observe.Health) (float64, bool) {
		return truth(h.Pinned), true
	})},
	{"nacre.config.pending_restart_keys", "", "Keys that have changed and take effect only after a restart.", sum, ofConfig(func(h *observe.Health) (float64, bool) {
		return float64(len(h.Pending)), true
	})},

	{"nacre.layer.up", "", "Whether the source of the layer does not fail.", least, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(l.Down == ""), true
	})},
	{"nacre.layer.stale", "", "Whether the content of the layer was not verified for longer than Options.FreshWithin.", greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(l.Stale), true
	})},
	{"nacre.layer.verified.timestamp", "s", "When the source last verified that it has the newest content.", least, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return seconds(l.VerifiedAt), !l.VerifiedAt.IsZero()
	})},
	{"nacre.layer.rejected", "", "Whether the newest content of the layer is rejected.", greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(len(l.Rejected) > 0), true
	})},
	{"nacre.layer.held", "", "Whether the newest content of the layer is held.", greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(len(l.Held) > 0), true
	})},
	{"nacre.layer.absent_documents", "", "Documents that are not at their origin.", sum, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return float64(len(l.Absent)), true
	})},
	{"nacre.layer.unused_keys", "", "Keys of the content in use that no field has.", sum, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return float64(len(l.Unused)), true
	})},
	{"nacre.layer.deprecated_keys", "", "Old names of keys and deprecated keys in the content in use.", sum, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return float64(len(l.Deprecated)), true
	})},
	{"nacre.layer.from_last_known_good", "", "Whether the content in use came from the last known good copy or the seed.", greatest, ofLayers(func(l *observe.LayerHealth) (float64, bool) {
		return truth(l.FromLastKnownGood || l.FromSeed), true
	})},

	{"nacre.subscriber.version", "", "The version of the last call of the subscriber that has ended.", least, ofSubscribers(func(s *observe.SubscriberHealth) (float64, bool) {
		return float64(s.LastVersion), true
	})},
	{"nacre.subscriber.pending", "", "Whether a newer version waits for the subscriber.", greatest, ofSubscribers(func(s *observe.SubscriberHealth) (float64, bool) {
		return truth(s.Pending), true
	})},
	{"nacre.subscriber.call_start.timestamp", "s", "When the call that runs now began; there is no such metric while none runs.", least, ofSubscribers(func(s *observe.SubscriberHealth) (float64, bool) {
		return seconds(s.RunningSince), !s.RunningSince.IsZero()
	})},

	{"nacre.resource.users", "", "Users of the live instance of the resource.", sum, func(m *meter, h *observe.Health, put putter) {
		for i := range h.Resources {
			put(float64(h.Resources[i].Users), m.resource(h.Resources[i].Name))
		}
	}},

	{"nacre.hook.failed", "", "Whether all attempts for the version of this instance have failed, so that the hook no longer runs for it.", greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.State == "failed"
	})},
	{"nacre.hook.record_missing", "", "Whether the record of the hook does not exist, or is not one of this hook.", greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.State == "no record" || h.State == "bad record"
	})},
	{"nacre.hook.running", "", "Whether this instance runs the hook.", greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.State == "running"
	})},
	{"nacre.hook.error", "", "Whether the last request to the record of the hook has failed.", greatest, ofHooks(func(h *observe.HookHealth) bool {
		return h.Error != ""
	})},

	{"nacre.last_known_good.failed", "", "Whether the last known good copy could not be owned, read or saved.", greatest, ofConfig(func(h *observe.Health) (float64, bool) {
		return truth(h.LastKnownGood.Error != ""), h.LastKnownGood.Path != "" || h.LastKnownGood.Error != ""
	})},
	{"nacre.last_known_good.saved.timestamp", "s", "When the last known good copy was saved.", greatest, ofConfig(func(h *observe.Health) (float64, bool) {
		return seconds(h.LastKnownGood.SavedAt), !h.LastKnownGood.SavedAt.IsZero()
	})},
}

// readInfo puts the identity of the live configuration.
func readInfo(_ *meter, h *observe.Health, put putter) {
	var releases []string
	for i := range h.Layers {
		if r := h.Layers[i].Release; r != "" && !slices.Contains(releases, r) {
			releases = append(releases, r)
		}
	}
	release := strings.Join(releases, ",")
	if release != "" {
		release = provider.Label(release)
	}
	put(1, attribute.String("sum", provider.Label(short(h.Sum))), attribute.String("release", release))
}

// readInstance puts what the process is.
func readInstance(_ *meter, h *observe.Health, put putter) {
	declared := h.Struct
	if declared != "" {
		declared = provider.Label(declared)
	}
	put(1, attribute.String("struct", declared), attribute.String("id", instanceID(h.Instance)))
}

// instanceID returns the ID of an instance as an attribute; empty if it is only the host. IDs that
// an attribute cannot show differ in a digest.
func instanceID(i observe.Instance) string {
	if i.ID == "" || i.ID == i.Host {
		return ""
	}
	shown := provider.Label(i.ID)
	if shown == i.ID {
		return shown
	}
	sum := sha256.Sum256([]byte(i.ID))
	return provider.Label(shown[:min(len(shown), 40)]) + "-" + hex.EncodeToString(sum[:6])
}

func ofConfig(read func(h *observe.Health) (float64, bool)) func(*meter, *observe.Health, putter) {
	return func(_ *meter, h *observe.Health, put putter) {
		if value, ok := read(h); ok {
			put(value)
		}
	}
}

func ofLayers(read func(l *observe.LayerHealth) (float64, bool)) func(*meter, *observe.Health, putter) {
	return func(m *meter, h *observe.Health, put putter) {
		for i := range h.Layers {
			if value, ok := read(&h.Layers[i]); ok {
				put(value, m.layer(h.Layers[i].Name))
			}
		}
	}
}

func ofSubscribers(read func(s *observe.SubscriberHealth) (float64, bool)) func(*meter, *observe.Health, putter) {
	return func(m *meter, h *observe.Health, put putter) {
		for i := range h.Subscribers {
			if value, ok := read(&h.Subscribers[i]); ok {
				put(value, m.subscriber(h.Subscribers[i].Name))
			}
		}
	}
}

// watch makes the instruments that are read from Health.
func (m *meter) watch(from metric.Meter) error {
	var errs []error
	var all []metric.Observable
	gauge := func(name, unit, help string) metric.Float64ObservableGauge {
		g, err := from.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(help))
		errs, all = append(errs, err), append(all, g)
		return g
	}
	ready := gauge("nacre.config.ready", "", "Whether the config is ready: a validated version is live and Close was not called.")
	dropped, err := from.Int64ObservableCounter("nacre.observer.dropped", metric.WithUnit("{event}"),
		metric.WithDescription("Events that are missing in traces and metrics, because a queue of the observer was full or a provider panicked."))
	errs, all = append(errs, err), append(all, dropped)
	gauges := make([]metric.Float64ObservableGauge, len(states))
	for i, s := range states {
		gauges[i] = gauge(s.name, s.unit, s.help)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	_, err = from.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if m.name.Taken(m) {
			return nil // the series are those of another config
		}
		h, open := m.look()
		o.ObserveFloat64(ready, truth(open && h.Ready() == nil), metric.WithAttributes(m.config))
		o.ObserveInt64(dropped, m.dropped(), metric.WithAttributes(m.config))
		if !open || h.Closed {
			return nil
		}
		m.initialize(&h)
		for i, s := range states {
			m.collect(o, gauges[i], s, &h)
		}
		return nil
	}, all...)
	return err
}

// InUse reports whether the config is open, so that no other may have its name.
func (m *meter) InUse() bool {
	h, open := m.look()
	return open && !h.Closed
}

// look returns the health of an open config.
func (m *meter) look() (h observe.Health, open bool) {
	health := m.health.Load()
	if health == nil {
		return observe.Health{}, false
	}
	defer func() {
		if recover() != nil {
			h, open = observe.Health{}, false
		}
	}()
	h = (*health)()
	return h, h.Version > 0
}

// collect observes the values of one state, one for each combination of attributes.
func (m *meter) collect(o metric.Observer, gauge metric.Float64ObservableGauge, s state, h *observe.Health) {
	values := map[attribute.Distinct]float64{}
	sets := map[attribute.Distinct]attribute.Set{}
	s.read(m, h, func(value float64, attributes ...attribute.KeyValue) {
		set := attribute.NewSet(append(attributes, m.config)...)
		key := set.Equivalent()
		if before, ok := values[key]; ok {
			value = s.merge(before, value)
		}
		values[key], sets[key] = value, set
	})
	for key, value := range values {
		o.ObserveFloat64(gauge, value, metric.WithAttributeSet(sets[key]))
	}
}

func ofHooks(is func(h *observe.HookHealth) bool) func(*meter, *observe.Health, putter) {
	return func(m *meter, h *observe.Health, put putter) {
		for i := range h.Hooks {
			put(truth(is(&h.Hooks[i])), attribute.String("hook", m.hooks.Label(h.Hooks[i].Name)))
		}
	}
}
