package otelobserve

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
	"github.com/nacre-go/nacre/source"
)

// metricQueue is the number of events that wait to be counted.
const metricQueue = 8192

// The results of calls of the service's code.
var callResults = []string{"ok", "error", "panic"}

// changeResults are the events that are decisions on new content.
var changeResults = []observe.EventKind{
	observe.Applied, observe.Unchanged, observe.Rejected, observe.Held, observe.RolledBack, observe.RollbackFailed,
}

// rejectionKinds are the kinds of the problems that a content has as a rule.
var rejectionKinds = []source.Kind{
	source.Corrupt, source.Malformed, source.DuplicateKey, source.UnknownKey, source.WrongType, source.Invalid, source.Missing,
	source.BuildFailed, source.PermissionDenied,
}

// meter counts events. Only the goroutine of the queue calls observe.
type meter struct {
	settings
	name    provider.Name
	config  attribute.KeyValue
	health  atomic.Pointer[func() observe.Health]
	dropped func() int64 // set before the first event

	layers, subscribers, resources, hooks provider.Names

	once      sync.Once // makes the instruments, at the first event or in Watch
	err       error
	succeeded atomic.Int64        // when a content was last accepted, in Unix nanoseconds
	down      map[string]struct{} // the layers that are down

	changes, rejections, downs, breakers, calls, slow, builds metric.Int64Counter

	apply, publish, subscription metric.Float64Histogram
	known                        sync.Map // the series that have been initialized
	published                    publications

	mu      sync.Mutex
	options map[[2]attribute.KeyValue]metric.MeasurementOption // of the series, by their attributes
}

func newMeter(config string, s settings) *meter {
	name := provider.Name{Meters: s.meters, What: "config", Text: config}
	return &meter{settings: s, name: name, config: attribute.String("config", config), down: map[string]struct{}{},
		options: map[[2]attribute.KeyValue]metric.MeasurementOption{}}
}

// isMeasured reports whether observe does something with events of a kind. Closed is in the queue
// so that the events before it are counted when Close returns.
func isMeasured(k observe.EventKind) bool {
	switch k {
	case observe.Applied, observe.Unchanged, observe.Rejected, observe.Held, observe.RolledBack, observe.RollbackFailed,
		observe.LayerDown, observe.LayerUp, observe.BreakerOpened, observe.SubscriberCalled, observe.SubscriberSlow,
		observe.ResourceBuilt, observe.Closed:
		return true
	}
	return false
}

// start makes the instruments. It calls code of the provider, which may block or panic.
func (m *meter) start() error {
	m.once.Do(func() {
		m.err = provider.ErrPanicked // unless it returns
		m.err = m.instruments(m.meter())
	})
	return m.err
}

func (m *meter) instruments(from metric.Meter) error {
	var errs []error
	counter := func(name, unit, help string) metric.Int64Counter {
		c, err := from.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(help))
		errs = append(errs, err)
		return c
	}
	histogram := func(name, help string, buckets ...float64) metric.Float64Histogram {
		h, err := from.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(help), metric.WithExplicitBucketBoundaries(buckets...))
		errs = append(errs, err)
		return h
	}
	m.changes = counter("nacre.changes", "{change}", "Decisions on new content, by their result.")
	m.rejections = counter("nacre.rejections", "{change}", "Rejected changes, by the layer and the kind of each problem.")
	m.downs = counter("nacre.layer.down", "{outage}", "Outages of the source of a layer.")
	m.breakers = counter("nacre.breaker.opened", "{time}", "How often a layer had too many bad changes, so that further ones were held.")
	m.calls = counter("nacre.subscriber.calls", "{call}", "Calls of a subscriber that have ended, by their result.")
	m.slow = counter("nacre.subscriber.slow", "{call}", "Calls of a subscriber that passed their deadline.")
	m.builds = counter("nacre.resource.builds", "{build}", "Builds of a resource that have ended, by their result.")
	m.apply = histogram("nacre.apply.duration", "Time from the start of a decision to the swap, for each new version.",
		0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
	m.publish = histogram("nacre.publish_to_live", "Time from the publish of a document, by the clock of its origin, to the swap.",
		0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
	m.subscription = histogram("nacre.subscriber.duration", "How long the calls of a subscriber took.",
		0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 300)
	errs = append(errs, m.watch(from))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, kind := range changeResults {
		m.add(m.changes, 0, attribute.String("result", kind.String()))
	}
	return nil
}

func (m *meter) add(c metric.Int64Counter, n int64, attributes ...attribute.KeyValue) {
	c.Add(context.Background(), n, m.with(attributes...))
}

// with returns the option with the name of the config and up to two attributes. It keeps each,
// since making one costs more than counting an event; there are as many as series.
func (m *meter) with(attributes ...attribute.KeyValue) metric.MeasurementOption {
	var key [2]attribute.KeyValue
	copy(key[:], attributes)
	m.mu.Lock()
	defer m.mu.Unlock()
	option, known := m.options[key]
	if !known {
		option = metric.WithAttributeSet(attribute.NewSet(append(attributes, m.config)...))
		m.options[key] = option
	}
	return option
}

// record records a duration that a publication caused, so that an SDK can take the trace of that as
// an exemplar.
func (m *meter) record(h metric.Float64Histogram, causes []observe.Cause, seconds float64, attributes ...attribute.KeyValue) {
	ctx := context.Background()
	if span := m.published.first(causes); span.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, span)
	}
	h.Record(ctx, seconds, m.with(attributes...))
}

// addZero makes a series with the value 0, once, so that the first event is an increase.
func (m *meter) addZero(c metric.Int64Counter, name string, attributes ...attribute.KeyValue) {
	type series struct {
		counter string
		set     attribute.Distinct
	}
	set := attribute.NewSet(attributes...)
	if _, known := m.known.LoadOrStore(series{name, set.Equivalent()}, nil); !known {
		m.add(c, 0, attributes...)
	}
}

func (m *meter) layer(name string) attribute.KeyValue {
	return attribute.String("layer", m.layers.Label(name))
}

func (m *meter) subscriber(name string) attribute.KeyValue {
	return attribute.String("subscriber", m.subscribers.Label(name))
}

func (m *meter) resource(name string) attribute.KeyValue {
	return attribute.String("resource", m.resources.Label(name))
}

func result(text string) attribute.KeyValue { return attribute.String("result", text) }

// observe counts an event, and reports false if there are no instruments for it.
func (m *meter) observe(e observe.Event) (ok bool) {
	if m.start() != nil {
		return e.Kind == observe.Closed // Watch returns the error
	}
	switch e.Kind {
	case observe.Applied:
		m.succeeded.Store(e.Time.UnixNano())
		m.applied(e)
	case observe.Unchanged:
		m.succeeded.Store(e.Time.UnixNano())
	case observe.Rejected:
		m.rejected(e)
	case observe.LayerDown: // it comes again when the error changes
		if _, was := m.down[e.Layer]; !was {
			m.down[e.Layer] = struct{}{}
			m.add(m.downs, 1, m.layer(e.Layer))
		}
	case observe.LayerUp:
		delete(m.down, e.Layer)
	case observe.Closed:
		clear(m.down) // the config may be opened again
	case observe.BreakerOpened:
		m.add(m.breakers, 1, m.layer(e.Layer))
	case observe.SubscriberCalled:
		m.add(m.calls, 1, m.subscriber(e.Name), result(resultOf(e.Err)))
		m.record(m.subscription, e.Causes, e.Took.Seconds(), m.subscriber(e.Name))
	case observe.SubscriberSlow:
		m.add(m.slow, 1, m.subscriber(e.Name))
	case observe.ResourceBuilt:
		m.add(m.builds, 1, m.resource(e.Name), result(resultOf(e.Err)))
	}
	for _, kind := range changeResults {
		if e.Kind == kind {
			m.add(m.changes, 1, result(kind.String()))
		}
	}
	return true
}

func (m *meter) applied(e observe.Event) {
	m.record(m.apply, e.Causes, e.Took.Seconds())
	if e.Version <= 1 {
		return // a document of the start may be as old as it likes
	}
	for i := range e.Causes {
		if c := &e.Causes[i]; c.Layer != "" && !c.Modified.IsZero() {
			m.record(m.publish, e.Causes[i:i+1], max(0, e.Time.Sub(c.Modified)).Seconds(), m.layer(c.Layer)) // the clocks differ
		}
	}
}

// rejected counts each layer with each kind of its problems once. A problem without a layer, such
// as a key that no layer has, belongs to the layers that have changed.
func (m *meter) rejected(e observe.Event) {
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
	for kind := range everywhere {
		for i := range e.Causes {
			once[rejection{e.Causes[i].Layer, kind}] = struct{}{}
		}
	}
	counted := map[rejection]struct{}{}
	for r := range once {
		r.layer = m.layers.Label(r.layer)
		if _, known := counted[r]; !known {
			counted[r] = struct{}{}
			m.add(m.rejections, 1, attribute.String("layer", r.layer), attribute.String("kind", kindText(r.kind)))
		}
	}
}

func resultOf(err error) string {
	var panicked *observe.PanicError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &panicked):
		return "panic"
	}
	return "error"
}

// initialize makes the series of all layers, subscribers and resources.
func (m *meter) initialize(h *observe.Health) {
	for i := range h.Layers {
		layer := m.layer(h.Layers[i].Name)
		m.addZero(m.downs, "downs", layer)
		m.addZero(m.breakers, "breakers", layer)
		for _, kind := range rejectionKinds {
			m.addZero(m.rejections, "rejections", layer, attribute.String("kind", kindText(kind)))
		}
	}
	for i := range h.Subscribers {
		subscriber := m.subscriber(h.Subscribers[i].Name)
		m.addZero(m.slow, "slow", subscriber)
		for _, text := range callResults {
			m.addZero(m.calls, "calls", subscriber, result(text))
		}
	}
	for i := range h.Resources {
		for _, text := range callResults {
			m.addZero(m.builds, "builds", m.resource(h.Resources[i].Name), result(text))
		}
	}
}
