package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
)

// Every observer receives every event, in the order of the list. A nil observer and one that panics
// affect neither the others nor the engine.
func TestObserversDoNotAffectEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		note := func(who string) observe.Observer {
			return func(e observe.Event) { j.add(fmt.Sprintf("%s %s %d", who, e.Kind, e.Version)) }
		}
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		s.Observers = []observe.Observer{note("first"), nil, func(observe.Event) { panic("no") }, note("last")}
		e := start(t, s)
		settle()
		x.put("a: 2")
		settle()
		if value(e.Live()).A != 2 {
			t.Error("a panic of an observer keeps a change from being applied")
		}
		want := []string{"first content_received 0", "last content_received 0", "first applied 1", "last applied 1", "first opened 1", "last opened 1",
			"first content_received 0", "last content_received 0", "first applied 2", "last applied 2"}
		if got := j.take(); !slices.Equal(got, want) {
			t.Errorf("the observers received %q, want %q", got, want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
