package nacos

import (
	"sync"
	"time"
)

// EventKind says what happened.
type EventKind uint8

// What the session tells. The numbers are frozen: they may stand in a database of metrics.
const (
	EventConnected           EventKind = 1  // a server took the connection; Server, Attempt (which try it was), Took
	EventLost                EventKind = 2  // the connection is gone; Server, Err
	EventConnectFailed       EventKind = 3  // no server of the list could be reached; Attempt, Err
	EventOutage              EventKind = 4  // the tenth such failure in a row, or as [OutageAfter] says; once in an outage; Attempt, Err
	EventRedirected          EventKind = 5  // the server sends its clients away; Server is where to; Err is set where the session does not go there
	EventLoggedIn            EventKind = 6  // there is a new token; Server
	EventLoginRefused        EventKind = 7  // there is none; Server, Err
	EventPushed              EventKind = 8  // the server says that a key has changed; Server, Document
	EventRead                EventKind = 9  // a key was read and differs from what it was; Server, Document, MD5, Took
	EventDiscarded           EventKind = 10 // a content was thrown away because it does not match its md5; Server, Document, Err
	EventReadFailed          EventKind = 11 // a key could not be read, and will be tried again; Server, Document, Err
	EventReconciled          EventKind = 12 // all keys were compared with the server's; Server, Keys, Changed, Took
	EventHeartbeatMissed     EventKind = 13 // a heartbeat was not answered; Server, Attempt (how many in a row)
	EventServersChanged      EventKind = 14 // the address server names other servers than before; Server has them all
	EventAddressServerFailed EventKind = 15 // the address server cannot be asked, or names none; Server is that one, Err
	EventNamespaceMissing    EventKind = 16 // there is no namespace of the id that Config names; Server, Err
	EventUnencrypted         EventKind = 17 // credentials, or the list of who gets them, can be read on their way; once for each client; Server, Err
)

var eventNames = map[EventKind]string{
	EventConnected: "connected", EventLost: "lost", EventConnectFailed: "try failed", EventOutage: "outage", EventRedirected: "redirected",
	EventLoggedIn: "logged in", EventLoginRefused: "login refused", EventPushed: "pushed", EventRead: "read", EventDiscarded: "discarded",
	EventReadFailed: "read failed", EventReconciled: "reconciled", EventHeartbeatMissed: "missed",
	EventServersChanged: "located", EventAddressServerFailed: "not located", EventNamespaceMissing: "no namespace", EventUnencrypted: "credentials in clear",
}

// String returns the kind in words.
func (k EventKind) String() string {
	if s, ok := eventNames[k]; ok {
		return s
	}
	return "unknown"
}

// Event is one fact about the session. Which fields are set, the kind says. It never holds a content, a password or a
// token, so that it may be logged whole.
type Event struct {
	Kind     EventKind
	Time     time.Time
	Server   string // "10.0.0.1:8848"
	Document string // "public/DEFAULT_GROUP/orders.yaml"
	MD5      string // of the content; empty: there is none any more
	Attempt  int
	Keys     int
	Changed  int
	Took     time.Duration
	Err      error
	// Dropped is how many events before this one were dropped because the hook was slow.
	Dropped int
}

const eventQueue = 1024

// hook tells one client's function what happens, from one goroutine, so that a slow function slows nothing.
type hook struct {
	f    func(Event)
	in   chan Event
	done chan struct{}

	mu      sync.Mutex
	closed  bool
	dropped int
}

func newHook(f func(Event)) *hook {
	if f == nil {
		return nil
	}
	h := &hook{f: f, in: make(chan Event, eventQueue), done: make(chan struct{})}
	go func() {
		defer close(h.done)
		for e := range h.in {
			h.call(e)
		}
	}()
	return h
}

func (h *hook) call(e Event) {
	defer func() { _ = recover() }()
	h.f(e)
}

func (h *hook) tell(e Event) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	e.Dropped = h.dropped
	select {
	case h.in <- e:
		h.dropped = 0
	default:
		h.dropped++
	}
}

// close has what waits told, and waits for it at most that long.
func (h *hook) close(most time.Duration) {
	if h == nil {
		return
	}
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.in)
	}
	h.mu.Unlock()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-h.done:
	case <-timer.C:
	}
}
