package promobserve

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve/internal/metric"
	"github.com/nacre-go/nacre/source"
	"github.com/prometheus/client_golang/prometheus"
)

// counts are the metrics that events make.
type counts struct {
	changes, rejections, downs, breakers, calls, slow, builds *prometheus.CounterVec

	decisions             map[observe.EventKind]prometheus.Counter // of changes
	apply                 prometheus.Histogram
	publish, subscription *prometheus.HistogramVec

	succeeded *atomic.Int64       // when a content was last accepted, in Unix nanoseconds
	down      map[string]struct{} // the layers that are down; only the queue's goroutine uses it
}

// The values of the labels that have a fixed set of them.
var (
	changeResults = map[observe.EventKind]string{
		observe.Applied: "applied", observe.Unchanged: "unchanged", observe.Rejected: "rejected", observe.Held: "held",
		observe.RolledBack: "rolled_back", observe.RollbackFailed: "rollback_failed",
	}
	callResults = []string{"ok", "error", "panic"}
	// rejectionKinds are the kinds of the problems that a content has as a rule.
	rejectionKinds = []source.Kind{
		source.Corrupt, source.Malformed, source.DuplicateKey, source.UnknownKey, source.WrongType, source.Invalid, source.Missing,
		source.BuildFailed, source.PermissionDenied,
	}
)

func newCounts(constant prometheus.Labels) counts {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: constant}, labels)
	}
	histogram := func(name, help, label string, buckets ...float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(metric.Histogram(name, help, constant, buckets...), []string{label})
	}
	c := counts{
		changes:    counter("nacre_changes_total", "Decisions on new content, by their result.", "result"),
		rejections: counter("nacre_rejections_total", "Rejected changes, by the layer and the kind of each problem.", "layer", "kind"),
		downs:      counter("nacre_layer_down_total", "Outages of the source of a layer.", "layer"),
		breakers:   counter("nacre_breaker_opened_total", "How often a layer had too many bad changes, so that further ones were held.", "layer"),
		calls:      counter("nacre_subscriber_calls_total", "Calls of a subscriber that have ended, by their result.", "subscriber", "result"),
		slow:       counter("nacre_subscriber_slow_total", "Calls of a subscriber that passed their deadline.", "subscriber"),
		builds:     counter("nacre_resource_builds_total", "Builds of a resource that have ended, by their result.", "resource", "result"),
		apply: prometheus.NewHistogram(metric.Histogram("nacre_apply_duration_seconds",
			"Time from the start of a decision to the swap, for each new version.", constant, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)),
		publish: histogram("nacre_publish_to_live_seconds",
			"Time from the publish of a document, by the clock of its origin, to the swap.", "layer", 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200),
		subscription: histogram("nacre_subscriber_duration_seconds",
			"How long the calls of a subscriber took.", "subscriber", 0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 300),
		decisions: map[observe.EventKind]prometheus.Counter{}, succeeded: new(atomic.Int64), down: map[string]struct{}{},
	}
	for kind, result := range changeResults {
		c.decisions[kind] = c.changes.WithLabelValues(result)
	}
	return c
}

func (c *counts) all() []prometheus.Collector {
	return []prometheus.Collector{c.changes, c.rejections, c.downs, c.breakers, c.calls, c.slow, c.builds, c.apply, c.publish, c.subscription}
}

// initialize makes the counters of all layers, subscribers and resources, so that the first event
// is an increase.
func (m *Metrics) initialize(h *observe.Health) {
	c := &m.counts
	for i := range h.Layers {
		layer := m.layers.Label(h.Layers[i].Name)
		c.downs.WithLabelValues(layer)
		c.breakers.WithLabelValues(layer)
		c.publish.WithLabelValues(layer)
		for _, kind := range rejectionKinds {
			c.rejections.WithLabelValues(layer, kindLabel(kind))
		}
	}
	for i := range h.Subscribers {
		subscriber := m.subscribers.Label(h.Subscribers[i].Name)
		c.slow.WithLabelValues(subscriber)
		c.subscription.WithLabelValues(subscriber)
		for _, result := range callResults {
			c.calls.WithLabelValues(subscriber, result)
		}
	}
	for i := range h.Resources {
		for _, result := range callResults {
			c.builds.WithLabelValues(m.resources.Label(h.Resources[i].Name), result)
		}
	}
}

// counted reports whether count does something with events of a kind. Closed is in the queue so
// that the events before it are counted when Close returns.
func counted(k observe.EventKind) bool {
	switch k {
	case observe.LayerDown, observe.LayerUp, observe.BreakerOpened, observe.SubscriberCalled, observe.SubscriberSlow, observe.ResourceBuilt, observe.Closed:
		return true
	}
	_, change := changeResults[k]
	return change
}

// count counts an event. Only the goroutine of the queue calls it.
func (m *Metrics) count(e observe.Event) {
	c := &m.counts
	if decision, ok := c.decisions[e.Kind]; ok {
		decision.Inc()
	}
	switch e.Kind {
	case observe.Applied:
		c.succeeded.Store(e.Time.UnixNano())
		m.countApplied(e)
	case observe.Unchanged:
		c.succeeded.Store(e.Time.UnixNano())
	case observe.Rejected:
		m.countRejected(e)
	case observe.LayerDown: // it comes again when the error changes
		if _, was := c.down[e.Layer]; !was {
			c.down[e.Layer] = struct{}{}
			c.downs.WithLabelValues(m.layers.Label(e.Layer)).Inc()
		}
	case observe.LayerUp:
		delete(c.down, e.Layer)
	case observe.Closed:
		clear(c.down) // the config may be opened again
	case observe.BreakerOpened:
		c.breakers.WithLabelValues(m.layers.Label(e.Layer)).Inc()
	case observe.SubscriberCalled:
		subscriber := m.subscribers.Label(e.Name)
		c.calls.WithLabelValues(subscriber, resultOf(e.Err)).Inc()
		metric.Observe(c.subscription.WithLabelValues(subscriber), e.Took.Seconds(), m.traceOf(e))
	case observe.SubscriberSlow:
		c.slow.WithLabelValues(m.subscribers.Label(e.Name)).Inc()
	case observe.ResourceBuilt:
		c.builds.WithLabelValues(m.resources.Label(e.Name), resultOf(e.Err)).Inc()
	}
}

func (m *Metrics) countApplied(e observe.Event) {
	trace := m.traceOf(e)
	metric.Observe(m.counts.apply, e.Took.Seconds(), trace)
	if e.Version <= 1 {
		return // a document of the start may be as old as it likes
	}
	for _, cause := range e.Causes {
		if cause.Layer == "" || cause.Modified.IsZero() {
			continue
		}
		took := max(0, e.Time.Sub(cause.Modified)) // the clocks differ
		metric.Observe(m.counts.publish.WithLabelValues(m.layers.Label(cause.Layer)), took.Seconds(), trace)
	}
}

// countRejected counts each layer with each kind of its problems once. A problem without a layer,
// such as a key that no layer has, belongs to the layers that have changed.
func (m *Metrics) countRejected(e observe.Event) {
	type rejection struct {
		layer string
		kind  source.Kind
	}
	once, everywhere := map[rejection]struct{}{}, map[source.Kind]struct{}{}
	for _, p := range e.Problems {
		if p.Position.Layer == "" {
			everywhere[p.Kind] = struct{}{}
			continue
		}
		once[rejection{p.Position.Layer, p.Kind}] = struct{}{}
	}
	for kind := range everywhere { // a few: not one a problem
		for i := range e.Causes {
			once[rejection{e.Causes[i].Layer, kind}] = struct{}{}
		}
	}
	counted := map[rejection]struct{}{}
	for r := range once {
		r.layer = m.layers.Label(r.layer)
		if _, known := counted[r]; !known { // several layers may be "other"
			counted[r] = struct{}{}
			m.counts.rejections.WithLabelValues(r.layer, kindLabel(r.kind)).Inc()
		}
	}
}

// traceOf returns the ID of the trace of an event; "" for none, and if the service's function
// panics.
func (m *Metrics) traceOf(e observe.Event) (id string) {
	if m.trace == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			id = ""
		}
	}()
	return m.trace(e)
}

func resultOf(err error) string {
	if err == nil {
		return "ok"
	}
	if _, panicked := errors.AsType[*observe.PanicError](err); panicked {
		return "panic"
	}
	return "error"
}

// kindLabel returns a kind in snake case: "unknown_key".
func kindLabel(k source.Kind) string { return strings.ReplaceAll(k.Error(), " ", "_") }

// later returns the later one of two times.
func later(one, other time.Time) time.Time {
	if one.Before(other) {
		return other
	}
	return one
}
