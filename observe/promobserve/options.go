package promobserve

import "github.com/nacre-go/nacre/observe"

// Option is an option of New.
type Option interface{ apply(m *settings) }

type settings struct {
	trace func(observe.Event) string
	queue int
}

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

// TraceID sets a function that returns the ID of the trace that an event belongs to, "" for none.
// It becomes the exemplar of the durations that the event reports. A scrape has exemplars if the
// handler is that of promhttp.HandlerFor with EnableOpenMetrics. An ID of more than 64 bytes, or
// with other bytes than printable ASCII, is ignored. f runs in the goroutine of the queue, for
// events of kind [observe.Applied] and [observe.SubscriberCalled]. Default: no exemplars.
func TraceID(f func(observe.Event) string) Option {
	return option(func(s *settings) { s.trace = f })
}

// QueueSize sets how many events wait at most; see [observe.Async]. Further ones are dropped, and
// counted by nacre_observer_dropped_total. A size that is not positive means the default, 8192.
func QueueSize(n int) Option {
	return option(func(s *settings) { s.queue = n })
}
