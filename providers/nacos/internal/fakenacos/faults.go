package fakenacos

import (
	"fmt"
	"net"
	"strconv"
	"time"
)

// Faults makes the server misbehave. A fault with a count n affects the next n requests or pushes,
// [Always] all of them, and 0 ends it. A later call of the same method with the same matches
// replaces the earlier one. [Stats.Faults] counts the faults that took effect. Clear ends all
// faults.
//
// Faults are safe for concurrent use and survive a restart.
type Faults struct {
	srv *Server
	// The server's lock guards the fields below.
	rules        map[string][]*rule
	latency      time.Duration
	pushDelay    time.Duration
	reorder      int
	holdDumps    bool
	refused      bool
	notReady     bool
	down         bool
	ignoreMD5    bool
	serveRefused bool
}

// Always is the count of a fault that lasts until it is ended.
const Always = -1

// Match restricts a fault to some requests or pushes. A zero field matches all.
type Match struct {
	// Key matches by its fields that are not empty; to match only the public namespace use
	// "public".
	Key Key
	// Connection is the ID of a connection.
	Connection string
	// Type is the gRPC type or the HTTP method and path, as in [Request].
	Type string
}

func (m Match) matches(got Match) bool {
	same := func(want, have string) bool { return want == "" || want == have }
	space := got.Key.Namespace
	if space == "" {
		space = "public"
	}
	return same(m.Key.Namespace, space) && same(m.Key.Group, got.Key.Group) && same(m.Key.DataID, got.Key.DataID) &&
		same(m.Connection, got.Connection) && same(m.Type, got.Type)
}

type rule struct {
	match Match
	left  int
	code  int
	text  string
}

// The names under which [Stats.Faults] counts.
const (
	faultDropPushes   = "DropPushes"
	faultDoublePushes = "DoublePushes"
	faultWrongMD5     = "WrongMD5"
	faultTornContent  = "TornContent"
	faultStaleReads   = "StaleReads"
	faultDeny         = "Deny"
	faultFail         = "Fail"
	faultLoseAnswers  = "LoseAnswers"
)

func (f *Faults) set(name string, n, code int, text string, matches []Match) {
	if len(matches) == 0 {
		matches = []Match{{}}
	}
	f.srv.mu.Lock()
	defer f.srv.mu.Unlock()
	if f.rules == nil {
		f.rules = map[string][]*rule{}
	}
	for _, m := range matches {
		var keep []*rule
		for _, r := range f.rules[name] {
			if r.match != m {
				keep = append(keep, r)
			}
		}
		if n != 0 {
			keep = append(keep, &rule{match: m, left: n, code: code, text: text})
		}
		f.rules[name] = keep
	}
}

func (f *Faults) strikeLocked(name string, got Match) bool {
	return f.ruleLocked(name, got) != nil
}

// ruleLocked returns the first rule that matches, and counts it.
func (f *Faults) ruleLocked(name string, got Match) *rule {
	for _, r := range f.rules[name] {
		if r.left == 0 || !r.match.matches(got) {
			continue
		}
		if r.left > 0 {
			r.left--
		}
		f.srv.stats.Faults[name]++
		return r
	}
	return nil
}

func (f *Faults) strike(name string, got Match) *rule {
	f.srv.mu.Lock()
	defer f.srv.mu.Unlock()
	return f.ruleLocked(name, got)
}

// DropPushes loses the next n pushes of configs and services: the server neither sends nor
// repeats them.
func (f *Faults) DropPushes(n int, m ...Match) { f.set(faultDropPushes, n, 0, "", m) }

// DoublePushes sends the next n pushes of configs and services twice.
func (f *Faults) DoublePushes(n int, m ...Match) { f.set(faultDoublePushes, n, 0, "", m) }

// WrongMD5 makes the next n answers that carry a content declare the md5 of another one.
func (f *Faults) WrongMD5(n int, m ...Match) { f.set(faultWrongMD5, n, 0, "", m) }

// TornContent makes the next n answers that carry a content carry half of it, with the md5 of the
// whole.
func (f *Faults) TornContent(n int, m ...Match) { f.set(faultTornContent, n, 0, "", m) }

// StaleReads makes the next n reads, including listens, see the state before the last dump of their
// key, as on a node of a cluster that lags behind.
func (f *Faults) StaleReads(n int, m ...Match) { f.set(faultStaleReads, n, 0, "", m) }

// Deny answers the next n requests for configs and services with 403.
func (f *Faults) Deny(n int, m ...Match) { f.set(faultDeny, n, codeDenied, "authorization failed!", m) }

// Fail answers the next n requests with an error of this code: in gRPC a code such as 301
// (unregistered), 302 (unknown request), 400 (modified concurrently) or 500, in HTTP the status,
// where a code below 400 becomes 500.
func (f *Faults) Fail(n, code int, m ...Match) {
	f.set(faultFail, n, code, "fault "+strconv.Itoa(code)+" as ordered", m)
}

// FailWith is Fail with a message of the server.
func (f *Faults) FailWith(n, code int, message string, m ...Match) {
	f.set(faultFail, n, code, message, m)
}

// LoseAnswers processes the next n requests and breaks their TCP connection in the place of an
// answer: the client cannot know whether its publish was accepted.
func (f *Faults) LoseAnswers(n int, m ...Match) { f.set(faultLoseAnswers, n, 0, "", m) }

func (f *Faults) update(change func()) {
	f.srv.mu.Lock()
	defer f.srv.mu.Unlock()
	change()
	f.srv.noteLocked()
}

// DelayPushes delays each push of a config or service by d. Zero ends it for later pushes.
func (f *Faults) DelayPushes(d time.Duration) { f.update(func() { f.pushDelay = d }) }

// ReorderPushes holds back the pushes of a connection until there are n of them, and sends those in
// reverse order. A value below 2 ends it and sends the pushes that are held back.
func (f *Faults) ReorderPushes(n int) {
	f.update(func() {
		f.reorder = n
		if n < 2 {
			for _, c := range f.srv.sortedLocked() {
				c.releaseLocked()
			}
		}
	})
}

// HoldDumps delays the dump of all publishes, and the pushes of all services that have changed,
// until it is ended or [Server.Flush] is called.
func (f *Faults) HoldDumps(on bool) {
	f.update(func() {
		f.holdDumps = on
		if !on {
			f.srv.flushLocked()
		}
	})
}

// Latency delays the handling of each request, gRPC and HTTP, by d.
func (f *Faults) Latency(d time.Duration) { f.update(func() { f.latency = d }) }

// NotReady makes the server answer as one that is starting: gRPC with error 300 "Server is
// starting", the readiness page with 500. Config over HTTP still works, as it does on a real server
// for a while.
func (f *Faults) NotReady(on bool) { f.update(func() { f.notReady = on }) }

// Unavailable answers HTTP with 503 and gRPC with the status Unavailable, as a proxy does whose
// server is down.
func (f *Faults) Unavailable(on bool) { f.update(func() { f.down = on }) }

// IgnoreIfMD5 makes the server publish whatever md5 a compare-and-set names, as r-nacos does.
func (f *Faults) IgnoreIfMD5(on bool) { f.update(func() { f.ignoreMD5 = on }) }

// ServeRefused makes reads and pushes show the content of a compare-and-set that was refused, until
// the next publish of the config, and makes the server say that it is one of a cluster. So does a
// cluster that keeps its configs in its own database.
func (f *Faults) ServeRefused(on bool) { f.update(func() { f.serveRefused = on }) }

// Unregister makes the server forget all connections (or those of the matches' Connection) while
// their streams stay open: there are no more pushes, and the server answers each request with error
// 301 until the client sets up a new stream.
func (f *Faults) Unregister(m ...Match) {
	f.update(func() {
		for _, c := range f.chosenLocked(m) {
			f.srv.forgetLocked(c)
		}
	})
}

// EndStreams ends the push streams regularly (EOF) and removes the connections.
func (f *Faults) EndStreams(m ...Match) {
	f.update(func() {
		for _, c := range f.chosenLocked(m) {
			f.srv.forgetLocked(c)
			c.gone()
		}
	})
}

// CutStreams breaks the TCP connections of the registered clients by a reset, with all their
// requests.
func (f *Faults) CutStreams(m ...Match) {
	f.srv.mu.Lock()
	r := f.srv.run
	hit := map[string]bool{}
	for _, c := range f.chosenLocked(m) {
		hit[c.transport.remote] = true
		f.srv.forgetLocked(c)
	}
	f.srv.noteLocked()
	f.srv.mu.Unlock()
	if r != nil {
		r.doors[1].cut(func(remote string) bool { return hit[remote] })
	}
}

// ResetStreams sends each client a ConnectResetRequest, which redirects it to addr
// ("127.0.0.1:8848"), or to a server of its choice if addr is empty.
func (f *Faults) ResetStreams(addr string, m ...Match) {
	host, port, _ := net.SplitHostPort(addr)
	f.update(func() {
		for _, c := range f.chosenLocked(m) {
			f.srv.askLocked(c, "ConnectResetRequest", f.srv.opts.AckTimeout, func(id string) any {
				return resetRequest{RequestID: id, ServerIP: host, ServerPort: port, Module: "internal"}
			}, func(bool) {})
		}
	})
}

// Detect asks each client for a sign of life now, and disconnects those that do not answer in time.
func (f *Faults) Detect(m ...Match) {
	f.update(func() {
		for _, c := range f.chosenLocked(m) {
			f.srv.detectLocked(c.transport.id, c)
		}
	})
}

func (f *Faults) chosenLocked(ms []Match) []*connection {
	var out []*connection
	for _, c := range f.srv.sortedLocked() {
		hit := len(ms) == 0
		for _, m := range ms {
			hit = hit || m.Connection == "" || m.Connection == c.transport.id
		}
		if hit {
			out = append(out, c)
		}
	}
	return out
}

// StallStreams freezes all connections, gRPC and HTTP, current and new: they stay open, and nothing
// goes in or out, as with a hanging process or a half-open connection. When it ends, what was sent
// meanwhile arrives.
func (f *Faults) StallStreams(on bool) { f.srv.gate.set(on) }

// RefuseConnections makes new TCP connections fail with "connection refused"; open ones stay open.
// Ending it can fail if another process has taken the port.
func (f *Faults) RefuseConnections(on bool) error {
	f.srv.mu.Lock()
	defer f.srv.mu.Unlock()
	f.refused = on
	if f.srv.run == nil {
		return nil
	}
	for _, d := range f.srv.run.doors {
		if on {
			d.shut()
		} else if err := d.open(); err != nil {
			return fmt.Errorf("nacostest: %w", err)
		}
	}
	return nil
}

// ExpireTokens makes every token that was issued so far an expired one.
func (f *Faults) ExpireTokens() {
	if a := f.srv.auth; a != nil {
		a.expire()
	}
}

// RotateSecret changes the key that signs tokens, as an operator may: every issued token then has
// an invalid signature.
func (f *Faults) RotateSecret() {
	if a := f.srv.auth; a != nil {
		a.rotate()
	}
}

// ChangePassword changes the password of a user, and ends every issued token.
func (f *Faults) ChangePassword(user, password string) {
	if a := f.srv.auth; a != nil {
		a.changePassword(user, password)
	}
}

// Clear ends all faults. It returns the error of RefuseConnections.
func (f *Faults) Clear() error {
	f.update(func() {
		f.rules, f.latency, f.pushDelay, f.notReady, f.down, f.ignoreMD5, f.serveRefused = nil, 0, 0, false, false, false, false
	})
	f.ReorderPushes(0)
	f.HoldDumps(false)
	f.StallStreams(false)
	return f.RefuseConnections(false)
}
