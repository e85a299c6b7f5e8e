package chaostest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// late is when a recovery is slow enough for what the sessions did to be printed: the target of a
// recovery.
const late = 3 * time.Second

// enough is how many events are kept, the newest: the memory of a run is bounded, and this is a
// part of it.
const enough = 1000

// record is what the sessions of a run did, in order. Pushes and reads, which are nearly all, are
// left out.
type record struct {
	mu     sync.Mutex
	events []recorded
}

type recorded struct {
	who string
	nacos.Event
}

// of returns the option that has a session recorded: on real servers, or where somebody looks. Else
// several scenarios run at once, and what one records would count as the memory of the other's
// sessions.
func (r *record) of(who string, f *field) []nacos.Option {
	if !f.real && !testing.Verbose() {
		return nil
	}
	return []nacos.Option{nacos.OnEvent(func(e nacos.Event) {
		if e.Kind == nacos.EventPushReceived || e.Kind == nacos.EventConfigRead {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.events) == enough {
			r.events = append(r.events[:0], r.events[enough/2:]...)
		}
		r.events = append(r.events, recorded{who, e})
	})}
}

// print tells what happened from a time on, at most so many lines of it.
func (r *record) print(t *testing.T, from time.Time, most int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := ""
	for _, e := range r.events {
		if e.Time.Before(from) || most < 0 {
			continue
		}
		if most--; most < 0 {
			lines += "…\n"
			break
		}
		lines += fmt.Sprintf("%v session %s: %v %s %s try %d, %d of %d, %v, %v\n", e.Time.Format("15:04:05.000"), e.who, e.Kind, e.Server,
			e.Document, e.Attempt, e.Changed, e.Keys, e.Took.Round(time.Millisecond), e.Err)
	}
	t.Logf("what the sessions did from %v on:\n%s", from.Format("15:04:05.000"), lines)
}
