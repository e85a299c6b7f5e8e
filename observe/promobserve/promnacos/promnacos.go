package promnacos

import (
	"errors"
	"math"
	"strconv"
	"sync/atomic"

	"github.com/nacre-go/nacre/observe/promobserve/internal/metric"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the metrics of one client of Nacos. It is a [prometheus.Collector]. Make one with
// [New]. Its methods are safe for concurrent use.
type Metrics struct {
	client string
	status atomic.Pointer[func() nacos.Status]
	lost   atomic.Bool // the connection was lost and not replaced yet
	rules  rules

	reconnects, connectFailures, pushes, reconciles, changed, missed, dropped prometheus.Counter
	reads, codes                                                              *prometheus.CounterVec
	connected, server, keys, route                                            *prometheus.Desc
}

// New returns the metrics of a client. The name becomes the label client of each of them, and must
// be unique in the registry; an empty one means "default". A name is cut to 64 bytes, and what is
// not printable is replaced.
func New(client string) *Metrics {
	if client == "" {
		client = "default"
	}
	m := &Metrics{client: metric.Label(client)}
	constant := prometheus.Labels{"client": m.client}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: constant})
	}
	by := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: constant}, []string{label})
	}
	m.reconnects = counter("nacre_nacos_reconnects_total", "Connections that replaced one that was lost.")
	m.connectFailures = counter("nacre_nacos_connect_failures_total", "Attempts to connect in which every server failed.")
	m.pushes = counter("nacre_nacos_pushes_total", "Pushes of a change.")
	m.reconciles = counter("nacre_nacos_reconciles_total", "Comparisons of all keys with the server.")
	m.changed = counter("nacre_nacos_reconcile_changed_total", "Changes that only a comparison found, because the server's push was lost or late.")
	m.missed = counter("nacre_nacos_heartbeats_missed_total", "Heartbeats that the server did not answer.")
	m.dropped = counter("nacre_nacos_events_dropped_total", "Events that were not counted because too many waited.")
	m.reads = by("nacre_nacos_reads_total", "Reads of a key that found new content, that failed, or whose content did not match its md5.", "result")
	m.codes = by("nacre_nacos_errors_total", "Errors of the session, by their nacos.Code.", "code")
	m.connected = prometheus.NewDesc("nacre_nacos_connected", "Whether the session is connected.", nil, constant)
	m.server = prometheus.NewDesc("nacre_nacos_server_info", "The server of the connection.", []string{"server"}, constant)
	m.keys = prometheus.NewDesc("nacre_nacos_keys", "Keys that the session listens to.", nil, constant)
	m.route = prometheus.NewDesc("nacre_nacos_route_info", "The rule of a routing document by which the client is routed.", []string{"routes", "rule"}, constant)
	for _, result := range readResults {
		m.reads.WithLabelValues(result)
	}
	for code := range math.MaxUint8 {
		if c := nacos.Code(code); c.Name() != nacos.Code(0).Name() {
			m.codes.WithLabelValues(c.Name())
		}
	}
	return m
}

var readResults = map[nacos.EventKind]string{
	nacos.EventConfigRead: "changed", nacos.EventReadFailed: "failed", nacos.EventContentDiscarded: "discarded",
}

// Observe counts an event. Pass it to [nacos.OnEvent].
func (m *Metrics) Observe(e nacos.Event) {
	if e.Dropped > 0 {
		m.dropped.Add(float64(e.Dropped))
	}
	if result, ok := readResults[e.Kind]; ok {
		m.reads.WithLabelValues(result).Inc()
	}
	switch e.Kind {
	case nacos.EventConnected:
		if m.lost.Swap(false) { // a client that shares a session has not seen its first connection
			m.reconnects.Inc()
		}
	case nacos.EventConnectFailed:
		m.connectFailures.Inc()
	case nacos.EventConnectionLost:
		m.lost.Store(true)
	case nacos.EventPushReceived:
		m.pushes.Inc()
	case nacos.EventReconciled:
		m.reconciles.Inc()
		m.changed.Add(float64(max(0, e.Lost)))
	case nacos.EventHeartbeatMissed:
		m.missed.Inc()
	case nacos.EventRouted:
		m.rules.note(e)
	case nacos.EventOutage: // has the error of the EventConnectFailed before it
		return
	}
	if code, ok := errors.AsType[nacos.Code](e.Err); ok {
		m.codes.WithLabelValues(code.Name()).Inc()
	}
}

// Watch makes the metrics read the state of the connection from a function, each time they are
// collected. Pass the method Status of the client. Another call replaces the function; nil ends it.
// Without a function, nacre_nacos_connected is 0.
func (m *Metrics) Watch(status func() nacos.Status) {
	if status == nil {
		m.status.Store(nil)
		return
	}
	m.status.Store(&status)
}

func (m *Metrics) look() (st nacos.Status) {
	status := m.status.Load()
	if status == nil {
		return nacos.Status{}
	}
	defer func() {
		if recover() != nil {
			st = nacos.Status{}
		}
	}()
	return (*status)()
}

// Register registers the metrics. The error is of kind source.Conflict if the registry has
// metrics of a client with the same name, or others with the same names, and of kind
// source.InvalidArgument if the registerer is nil. Its cause is the error of the registry, such as
// [prometheus.AlreadyRegisteredError].
func (m *Metrics) Register(r prometheus.Registerer) error {
	return metric.Register(r, m, "client "+strconv.Quote(m.client))
}

func (m *Metrics) counters() []prometheus.Collector {
	return []prometheus.Collector{m.reconnects, m.connectFailures, m.pushes, m.reconciles, m.changed, m.missed, m.dropped, m.reads, m.codes}
}

// Describe implements [prometheus.Collector].
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.counters() {
		c.Describe(ch)
	}
	ch <- m.connected
	ch <- m.server
	ch <- m.keys
	ch <- m.route
}

// Collect implements [prometheus.Collector].
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.counters() {
		c.Collect(ch)
	}
	st := m.look()
	connected := 0.0
	if st.Server != "" {
		connected = 1
		ch <- prometheus.MustNewConstMetric(m.server, prometheus.GaugeValue, 1, metric.Label(st.Server))
	}
	ch <- prometheus.MustNewConstMetric(m.connected, prometheus.GaugeValue, connected)
	ch <- prometheus.MustNewConstMetric(m.keys, prometheus.GaugeValue, float64(st.Keys))
	for routes, rule := range m.rules.all() {
		ch <- prometheus.MustNewConstMetric(m.route, prometheus.GaugeValue, 1, routes, rule)
	}
}
