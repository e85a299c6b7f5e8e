package engine

import (
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
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

// pendingKey is a restart-only key, with the position of the value that waits for the restart.
type pendingKey struct {
	key string
	at  source.Position
}

// pendingTexts returns each key with its position: "server.addr config.yaml:3:9".
func pendingTexts(keys []pendingKey) (texts []string) {
	for _, k := range keys {
		texts = append(texts, k.key+" "+k.at.String())
	}
	return texts
}
