package observe

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// DefaultQueueSize is the number of events that a [Queue] holds by default.
	DefaultQueueSize = 1024
	// flushTimeout is how long a queue delays Close of a config at most.
	flushTimeout = 5 * time.Second
)

// Queue hands events to an observer in a goroutine of its own, in order, so that an observer that
// is slow or stuck delays no config. A queue that is full drops new events and counts them.
//
//	queue := observe.Async(export, 0)
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Observers: []observe.Observer{queue.Observe}}, layers...)
//
// The goroutine runs only while events wait, so that a queue needs no Close. When a config is
// closed, the queue waits until the observer has had its events, at most 5 s and at most as long as
// Close of the config may take.
//
// A Queue is safe for concurrent use, and may serve several configs.
type Queue struct {
	observer Observer
	size     int
	dropped  atomic.Int64

	mu      sync.Mutex
	events  []Event
	running chan struct{} // closed when the goroutine has ended; nil while none runs
}

// Async returns a queue of at most size events in front of an observer. A size that is not positive
// is [DefaultQueueSize]. The observer is never called by two goroutines at once; what it panics
// with is dropped.
func Async(observer Observer, size int) *Queue {
	if size <= 0 {
		size = DefaultQueueSize
	}
	return &Queue{observer: observer, size: size}
}

// Observe is the [Observer] to pass in Options.Observers. It does not block, except for an event of
// kind [Closed], which is never dropped, and at which Observe waits until the observer has had it.
func (q *Queue) Observe(e Event) {
	if q.observer == nil {
		return
	}
	q.mu.Lock()
	if len(q.events) >= q.size && e.Kind != Closed {
		q.mu.Unlock()
		q.dropped.Add(1)
		return
	}
	q.events = append(q.events, e)
	if q.running == nil {
		q.running = make(chan struct{})
		go q.run(q.running)
	}
	idle := q.running
	q.mu.Unlock()
	if e.Kind == Closed {
		limit := time.NewTimer(flushTimeout)
		defer limit.Stop()
		select {
		case <-idle:
		case <-limit.C:
		}
	}
}

// Dropped returns how many events the queue has dropped because it was full.
func (q *Queue) Dropped() int64 { return q.dropped.Load() }

// run hands out events until none waits. If the observer ends the goroutine, another one continues.
func (q *Queue) run(done chan struct{}) {
	finished := false
	defer func() {
		if !finished {
			go q.run(done)
		}
	}()
	for {
		q.mu.Lock()
		if len(q.events) == 0 {
			q.events, q.running = nil, nil
			finished = true
			close(done)
			q.mu.Unlock()
			return
		}
		e := q.events[0]
		q.events[0] = Event{}
		q.events = q.events[1:]
		q.mu.Unlock()
		q.call(e)
	}
}

func (q *Queue) call(e Event) {
	defer func() { _ = recover() }()
	q.observer(e)
}
