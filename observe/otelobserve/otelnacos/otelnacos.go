package otelnacos

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
	"github.com/nacre-go/nacre/providers/nacos"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/nacre-go/nacre/observe/otelobserve/otelnacos"

// Metrics are the metrics of one client of Nacos. Make one with [New].
type Metrics struct {
	meters metric.MeterProvider // nil for the global one
	name   provider.Name
	calls  provider.Calls
	status atomic.Pointer[func() nacos.Status]
	lost   atomic.Bool // the connection was lost and not replaced yet
	rules  rules

	reconnects, connectFailures, pushes, reconciles, changed, missed, dropped atomic.Int64

	reads [len(readResults)]atomic.Int64
	codes [math.MaxUint8 + 1]atomic.Int64

	once sync.Once // makes the instruments
	err  error
}

// New returns the metrics of a client. The name becomes the attribute client of each of them, and
// tells several clients of a process apart; an empty one means "default". A name is cut to 64
// bytes, and what is not printable is replaced.
func New(client string, options ...Option) *Metrics {
	if client == "" {
		client = provider.Default
	}
	m := &Metrics{}
	for _, o := range options {
		if o != nil {
			o.apply(m)
		}
	}
	m.name = provider.Name{Meters: m.meters, What: "client", Text: provider.Label(client)}
	return m
}

// readResults are the values of the attribute result, and the events that have them.
var readResults = [...]struct {
	kind nacos.EventKind
	text string
}{
	{nacos.EventConfigRead, "changed"},
	{nacos.EventReadFailed, "failed"},
	{nacos.EventContentDiscarded, "discarded"},
}

// Observe counts an event. Pass it to [nacos.OnEvent]. It does not block.
func (m *Metrics) Observe(e nacos.Event) {
	m.dropped.Add(int64(max(0, e.Dropped)))
	for i := range readResults {
		if readResults[i].kind == e.Kind {
			m.reads[i].Add(1)
		}
	}
	switch e.Kind {
	case nacos.EventConnected:
		if m.lost.Swap(false) { // a client that shares a session has not seen its first connection
			m.reconnects.Add(1)
		}
	case nacos.EventConnectFailed:
		m.connectFailures.Add(1)
	case nacos.EventConnectionLost:
		m.lost.Store(true)
	case nacos.EventPushReceived:
		m.pushes.Add(1)
	case nacos.EventReconciled:
		m.reconciles.Add(1)
		m.changed.Add(int64(max(0, e.Lost)))
	case nacos.EventHeartbeatMissed:
		m.missed.Add(1)
	case nacos.EventRouted:
		m.rules.note(e)
	case nacos.EventOutage: // has the error of the EventConnectFailed before it
		return
	}
	if code, ok := errors.AsType[nacos.Code](e.Err); ok {
		if !isKnown(code) {
			code = unknown
		}
		m.codes[code].Add(1)
	}
}

// unknown is the code for those that have no name.
const unknown = nacos.Code(0)

func isKnown(c nacos.Code) bool { return c.Name() != unknown.Name() }

// Watch sets the function from which the state of the connection is read at each collection: Status
// of the client. It also makes the instruments, so there are no metrics before it; what Observe has
// counted is not lost. Another call replaces the function. Nil ends it, after which
// nacre.nacos.connected is 0, and another client may have the name.
//
// Watch returns the errors of the instruments, such as a name that the provider refuses, an error
// if the provider panics or takes longer than 1 s, and an error of kind source.Conflict if another
// client of that name is watched on the same provider, whose metrics are then the only ones.
func (m *Metrics) Watch(status func() nacos.Status) error {
	if status == nil {
		m.status.Store(nil)
		m.name.Release(m)
		return nil
	}
	if err := m.name.Claim(m); err != nil {
		return err
	}
	m.status.Store(&status)
	return m.calls.Start(m.start)
}

// InUse implements the owner of a name.
func (m *Metrics) InUse() bool { return m.status.Load() != nil }

// look returns the state of the connection; none if the service's function panics.
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

// start makes the instruments once. It calls code of the provider, which may block or panic.
func (m *Metrics) start() error {
	m.once.Do(func() {
		m.err = provider.ErrPanicked // unless it returns
		p := m.meters
		if p == nil {
			p = otel.GetMeterProvider()
		}
		m.err = m.instruments(p.Meter(scope))
	})
	return m.err
}
