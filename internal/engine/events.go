package engine

import (
	"time"

	"github.com/nacre-go/nacre/observe"
)

// emit reports an event to the observers.
func (e *Engine) emit(event observe.Event) { emit(e.Observers, event) }

func emit(observers []observe.Observer, event observe.Event) {
	event.Time = time.Now()
	for _, o := range observers {
		callObserver(o, event)
	}
}

// callObserver recovers from a panic of an observer, so that it affects neither the engine nor
// other observers.
func callObserver(o observe.Observer, event observe.Event) {
	if o == nil {
		return
	}
	defer func() { _ = recover() }()
	o(event)
}
