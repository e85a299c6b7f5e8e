package nacre_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handlers are functions for the events of some kinds.
type handlers map[observe.EventKind]func(observe.Event)

// on makes observers of handlers.
func on(h handlers) []observe.Observer {
	return []observe.Observer{func(e observe.Event) {
		if f := h[e.Kind]; f != nil {
			f(e)
		}
	}}
}
