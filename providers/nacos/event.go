package nacos

import (
	"sync"
	"time"
)

// EventKind is the kind of an [Event]. Its numbers never change, so that you may store them.
type EventKind uint8

// The kinds of events, each with the fields that are set besides Kind, Time and Dropped.
const (
	// EventConnected: a server registered the connection. Server, Attempt (1 for the first), Took.
	EventConnected EventKind = 1
	// EventConnectionLost: the connection ended. Server, Err.
	EventConnectionLost EventKind = 2
	// EventConnectFailed: every server of the list failed. Attempt, Err.
	EventConnectFailed EventKind = 3
	// EventOutage: the tenth such failure in a row, or as [OutageAfter] sets it; once an outage.
	// Attempt, Err.
	EventOutage EventKind = 4
	// EventRedirected: the server redirects its clients. Server (the target; empty for any other
	// server), Err (why the session does not follow).
	EventRedirected EventKind = 5
	// EventLoggedIn: the session has a new token. Server.
	EventLoggedIn EventKind = 6
	// EventLoginFailed: a login failed. Server, Err.
	EventLoginFailed EventKind = 7
	// EventPushReceived: the server pushed that a key has changed. Server, Document.
	EventPushReceived EventKind = 8
	// EventConfigRead: a key was read, and its content is new. Server, Document, MD5 (empty if the
	// config is absent), Took.
	EventConfigRead EventKind = 9
	// EventContentDiscarded: a content did not match its md5. Server, Document, Err.
	EventContentDiscarded EventKind = 10
	// EventReadFailed: a key could not be read; the session reads it again. Server, Document, Err.
	EventReadFailed EventKind = 11
	// EventReconciled: all keys were compared with the server's. Server, Keys, Changed, Lost, Took.
	EventReconciled EventKind = 12
	// EventHeartbeatMissed: the server did not answer a heartbeat. Server, Attempt (misses in a
	// row).
	EventHeartbeatMissed EventKind = 13
	// EventServersChanged: the list of the address server has changed. Server (all of them).
	EventServersChanged EventKind = 14
	// EventAddressServerFailed: the address server does not answer, or lists no servers. Server
	// (the address server), Err.
	EventAddressServerFailed EventKind = 15
	// EventNamespaceNotFound: no namespace has the id of [Config].Namespace. Server, Err.
	EventNamespaceNotFound EventKind = 16
	// EventUnencryptedCredentials: credentials, or the list of servers that receive them, travel
	// without encryption; once per client. Server, Err.
	EventUnencryptedCredentials EventKind = 17
	// EventListenFailed: a listen failed, so keys were not registered, or not compared with the
	// server's; the session tries again. Server, Document (the pattern, if it is about one of
	// [Client.Matching]), Attempt (failures in a row), Err.
	EventListenFailed EventKind = 18
	// EventRouted: a routing document selects other documents than before, or the first. Document
	// (the routing document), Route, Keys (the selected documents).
	EventRouted EventKind = 19
	// EventRouteRejected: a routing document is not valid, or has no route for this instance, so
	// that the previous route stays in use. Document, Err.
	EventRouteRejected EventKind = 20
	// EventServersDiffer: another server has had another content of a key for longer than a copy
	// takes; once for each content. Server (the other one), Document, MD5 (what it has; empty if
	// it has none), Changed (1 if that is newer, so that the session takes it), Err.
	EventServersDiffer EventKind = 21
)

var eventNames = map[EventKind]string{
	EventConnected: "connected", EventConnectionLost: "connection lost", EventConnectFailed: "connect failed", EventOutage: "outage",
	EventRedirected: "redirected", EventLoggedIn: "logged in", EventLoginFailed: "login failed", EventPushReceived: "push received",
	EventConfigRead: "config read", EventContentDiscarded: "content discarded", EventReadFailed: "read failed", EventReconciled: "reconciled",
	EventHeartbeatMissed: "heartbeat missed", EventServersChanged: "servers changed", EventAddressServerFailed: "address server failed",
	EventNamespaceNotFound: "namespace not found", EventUnencryptedCredentials: "unencrypted credentials",
	EventListenFailed:  "listen failed",
	EventServersDiffer: "servers differ",
	EventRouteRejected: "route rejected",
	EventRouted:        "routed",
}

// String returns the name of the kind, such as "connection lost".
func (k EventKind) String() string {
	if s, ok := eventNames[k]; ok {
		return s
	}
	return "unknown"
}

// Event reports one thing that happened to a session. Its kind says which fields are set. An Event
// never holds a content, a password or a token, so that you may log all of it.
type Event struct {
	Kind     EventKind
	Time     time.Time
	Server   string // "10.0.0.1:8848"
	Document string // "public/DEFAULT_GROUP/orders.yaml"
	MD5      string
	Route    string // "rule 2 (canary): version v2.3.*"
	Attempt  int
	Keys     int
	Changed  int
	// Lost is how many of Changed the server should have pushed on this connection before: their
	// pushes were lost, or are late.
	Lost int
	Took time.Duration
	Err  error
	// Dropped is the number of events lost before this one because the function of [OnEvent] was
	// slow.
	Dropped int
}

const eventQueue = 1024

// hook calls one client's function with each event, from one goroutine, so that a slow function
// delays nothing else.
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

func (h *hook) emit(e Event) {
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

// close delivers the queued events, and waits for that until the timeout.
func (h *hook) close(timeout time.Duration) {
	if h == nil {
		return
	}
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.in)
	}
	h.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-h.done:
	case <-timer.C:
	}
}
