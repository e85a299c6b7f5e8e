package otelobserve

import (
	"sync"
	"sync/atomic"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
)

// Observer makes traces and metrics of the events of one config.
type Observer struct {
	traces, metrics *observe.Queue
	lost            atomic.Int64 // because of a provider
	calls           provider.Calls
	meter           *meter
}

// New returns an observer for the config of that name, which tells several configs of a process
// apart. An empty name is "default". Pass [Observer.Observe] in Options.Observers of one config; a
// second config needs an Observer of its own.
func New(config string, options ...Option) *Observer {
	if config == "" {
		config = provider.Default
	}
	config = provider.Label(config)
	s := newSettings(options)
	o := &Observer{meter: newMeter(config, s)}
	o.meter.dropped = o.Dropped
	t := &tracer{settings: s, config: config}
	o.traces = observe.Async(o.guarded(t.observe), 0)
	o.metrics = observe.Async(o.guarded(func(e observe.Event) {
		if !o.meter.observe(e) {
			o.lost.Add(1)
		}
	}), metricQueue)
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
		o.meter.name.Release(o.meter) // another Observer may serve the config of this name now
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
// of the config. Call it when the config is open, and again if the service opens it again; nil ends
// it. It returns the errors of the instruments, such as a name that the provider refuses, an error
// if the provider panics or takes longer than 1 s, and an error of kind source.Conflict if another
// config of that name, which is not closed, has its metrics on the same provider. The state of the
// second one is then not shown, and the counters are the sum of both.
func (o *Observer) Watch(health func() observe.Health) error {
	if health == nil {
		o.meter.health.Store(nil)
		o.meter.name.Release(o.meter)
		return nil
	}
	if err := o.meter.name.Claim(o.meter); err != nil {
		return err
	}
	o.meter.health.Store(&health)
	return o.calls.Start(o.meter.start)
}

// Dropped returns how many events are missing in traces or metrics, because a queue was full, or a
// provider panicked or refused the instruments.
func (o *Observer) Dropped() int64 {
	return o.traces.Dropped() + o.metrics.Dropped() + o.lost.Load()
}

// guarded returns f with its panics counted.
func (o *Observer) guarded(f observe.Observer) observe.Observer {
	return func(e observe.Event) {
		defer func() {
			if recover() != nil {
				o.lost.Add(1)
			}
		}()
		f(e)
	}
}
