package promobserve

import (
	"strconv"
	"sync/atomic"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve/internal/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// defaultQueue is large enough for the calls of some thousand subscribers at once.
const defaultQueue = 8192

// Metrics are the metrics of one config. It is a [prometheus.Collector]. Make one with [New]. Its
// methods are safe for concurrent use.
type Metrics struct {
	config string
	queue  *observe.Queue
	trace  func(observe.Event) string
	health atomic.Pointer[func() observe.Health]

	layers, subscribers, resources, hooks metric.Names

	counts  counts
	states  []*prometheus.Desc // of the states, in their order
	ready   *prometheus.Desc
	dropped *prometheus.Desc
}

// New returns the metrics of a config. The name becomes the label config of each of them, and must
// be unique in the registry; an empty one means "default". A name is cut to 64 bytes, and what is
// not printable is replaced. A second config needs Metrics of its own: with one for both, the
// counters are the sum, and the state is that of the config which was watched last.
func New(config string, options ...Option) *Metrics {
	if config == "" {
		config = "default"
	}
	s := settings{queue: defaultQueue}
	for _, o := range options {
		if o != nil {
			o.apply(&s)
		}
	}
	if s.queue <= 0 {
		s.queue = defaultQueue
	}
	m := &Metrics{config: metric.Label(config), trace: s.trace}
	m.queue = observe.Async(m.count, s.queue)
	constant := prometheus.Labels{"config": m.config}
	m.counts = newCounts(constant)
	m.ready = prometheus.NewDesc("nacre_config_ready", "Whether the config is ready: a validated version is live and Close was not called.", nil, constant)
	m.dropped = prometheus.NewDesc("nacre_observer_dropped_total", "Events that were not counted because the queue of the observer was full.", nil, constant)
	for _, s := range states {
		m.states = append(m.states, prometheus.NewDesc(s.name, s.help, s.labels, constant))
	}
	return m
}

// Observe is the observer to pass in Options.Observers. It only puts the event into a queue, so
// that it delays no change.
func (m *Metrics) Observe(e observe.Event) {
	if counted(e.Kind) {
		m.queue.Observe(e)
	}
}

// Watch makes the metrics read the state of the config from a function, each time they are
// collected. Pass the method Health of the config that Open has returned:
//
//	m.Watch(cfg.Health)
//
// Another call replaces the function, for a service that opens its config again; nil ends it.
// Without a function, and while the config is not open, nacre_config_ready is 0 and there are no
// other metrics of state.
func (m *Metrics) Watch(health func() observe.Health) {
	if health == nil {
		m.health.Store(nil)
		return
	}
	m.health.Store(&health)
	if h, ok := m.look(); ok {
		m.initialize(&h)
	}
}

// look returns the state of the config, and reports whether it is or was open. A function that
// panics counts as a config that is not open.
func (m *Metrics) look() (h observe.Health, ok bool) {
	health := m.health.Load()
	if health == nil {
		return observe.Health{}, false
	}
	defer func() {
		if recover() != nil {
			h, ok = observe.Health{}, false
		}
	}()
	h = (*health)()
	return h, h.Version > 0
}

// Register registers the metrics. Call it before Open, so that a name which is taken is an error at
// the start, and so that a config that cannot be opened is visible. The error is of kind
// [source.Conflict] if the registry has metrics of a config with the same name, or others with the
// same names, and of kind [source.InvalidArgument] if the registerer is nil. Its cause is the error
// of the registry, such as [prometheus.AlreadyRegisteredError].
func (m *Metrics) Register(r prometheus.Registerer) error {
	return metric.Register(r, m, "config "+strconv.Quote(m.config))
}

// Describe implements [prometheus.Collector].
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.counts.all() {
		c.Describe(ch)
	}
	ch <- m.ready
	ch <- m.dropped
	for _, d := range m.states {
		ch <- d
	}
}

// Collect implements [prometheus.Collector]. It does not wait for events that are in the queue.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	h, open := m.look()
	if open {
		m.initialize(&h)
	}
	for _, c := range m.counts.all() {
		c.Collect(ch)
	}
	ch <- prometheus.MustNewConstMetric(m.dropped, prometheus.CounterValue, float64(m.queue.Dropped()))
	ch <- prometheus.MustNewConstMetric(m.ready, prometheus.GaugeValue, truth(open && h.Ready() == nil))
	if !open || h.Closed {
		return
	}
	for i, s := range states {
		m.collect(ch, m.states[i], s, &h)
	}
}
