package otelobserve

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Observer makes traces and metrics of the events of one config.
type Observer struct {
	traces, metrics *observe.Queue
	panicked        atomic.Int64
	stuck           atomic.Int32
	meter           *meter
}

// New returns an observer for the config of that name, which tells several configs of a process
// apart. An empty name is "default". Pass [Observer.Observe] in Options.Observers of one config; a
// second config needs an Observer of its own.
func New(config string, options ...Option) *Observer {
	if config == "" {
		config = defaultConfig
	}
	config = label(config)
	s := newSettings(options)
	o := &Observer{meter: newMeter(config, s)}
	o.meter.dropped = o.Dropped
	t := &tracer{settings: s, config: config}
	o.traces = observe.Async(o.guarded(t.observe), 0)
	o.metrics = observe.Async(o.guarded(o.meter.observe), metricQueue)
	return o
}

// Observe is the [observe.Observer]. It does not block, except for an event of kind
// [observe.Closed], at which it waits until the events before are handled.
func (o *Observer) Observe(e observe.Event) {
	if e.Kind == observe.Closed { // each queue has the whole time
		var wait sync.WaitGroup
		wait.Go(func() { o.traces.Observe(e) })
		wait.Go(func() { o.metrics.Observe(e) })
		wait.Wait()
		return
	}
	if isTraced(e.Kind) {
		o.traces.Observe(e)
	}
	if isMeasured(e.Kind) {
		o.metrics.Observe(e)
	}
}

// Watch sets the function from which the metrics of the state are read at each collection: Health
// of the config. Call it when the config is open, and again if the service opens it again. It
// returns the errors of the instruments, such as a name that the provider refuses, and an error if
// the provider panics or takes longer than 1 s.
func (o *Observer) Watch(health func() observe.Health) error {
	if health == nil {
		o.meter.health.Store(nil)
	} else {
		o.meter.health.Store(&health)
	}
	started := within(&o.stuck, func() (err *startError) {
		defer func() {
			if recover() != nil {
				err = &startError{errPanicked}
			}
		}()
		return &startError{o.meter.start()}
	})
	switch {
	case started == nil:
		return failed(source.Timeout, errHangs)
	case started.err != nil:
		return failed(source.Unknown, started.err)
	}
	return nil
}

// startError is the result of making the instruments.
type startError struct{ err error }

var errHangs = errors.New("the provider of meters does not return")

func failed(kind source.Kind, err error) error {
	return &source.Error{Kind: kind, Op: "make", Document: "metrics", Err: err, Fix: "pass another provider with WithMeterProvider"}
}

// Dropped returns how many events are missing in traces or metrics, because a queue was full or a
// provider panicked.
func (o *Observer) Dropped() int64 {
	return o.traces.Dropped() + o.metrics.Dropped() + o.panicked.Load()
}

// guarded returns f with its panics counted.
func (o *Observer) guarded(f observe.Observer) observe.Observer {
	return func(e observe.Event) {
		defer func() {
			if recover() != nil {
				o.panicked.Add(1)
			}
		}()
		f(e)
	}
}
