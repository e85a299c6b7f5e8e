package nacos

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/source"
)

// session is the connection that clients with the same settings share. It connects, serves the
// connection until it is lost, and connects again, until it is closed.
type session struct {
	transport transport
	settings  settings
	timings   timings
	auth      *auth
	table     *table
	heartbeat heartbeat
	space     *space

	cancel context.CancelFunc
	ended  chan struct{}

	large chan struct{} // held while a large answer is in memory
	asked chan struct{} // closed when the first request to the address server has ended
	moved chan struct{} // signals a new list of servers

	mu         sync.Mutex
	servers    []address // as known now
	noServers  error     // why the address server lists none
	hooks      []*hook
	warnings   warnings
	current    *conn // nil without a connection
	synced     bool  // it has registered all keys
	offlineErr error // why there is none
	changed    chan struct{}

	lastErr error            // of the last round of attempts; used by run only
	closed  map[address]bool // servers at whose port nothing answered in it; used by run only
	conns   atomic.Uint64    // number of connections so far

	state   atomic.Pointer[serverState] // see Client.state; nil: not known
	speaks3 atomic.Bool                 // the HTTP interface was that of Nacos 3
}

func newSession(network transport, cfg settings, durations timings, h *hook) *session {
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{
		transport: network, settings: cfg, timings: durations, table: newTable(durations), space: newSpace(),
		cancel: cancel, ended: make(chan struct{}), large: make(chan struct{}, 1), changed: make(chan struct{}), asked: make(chan struct{}), moved: make(chan struct{}, 1),
		servers: cfg.servers,
	}
	s.auth = newAuth(ctx, s)
	s.addHook(h)
	go func() {
		defer close(s.ended)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer s.auth.close()
		if cfg.endpoint != nil {
			wg.Go(func() { s.locate(ctx) })
		}
		if len(cfg.servers) == 0 {
			<-s.asked // ends with ctx too
		}
		s.run(ctx)
	}()
	return s
}

// close ends the session, and waits at most timings.close for its goroutines.
func (s *session) close() {
	s.cancel()
	s.table.close()
	timer := time.NewTimer(s.timings.close)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
	}
}

// run connects and serves until ctx ends.
func (s *session) run(ctx context.Context) {
	wait := backoff{shortest: s.timings.backMin, longest: s.timings.backMax}
	order := s.present(nil)
	var redirect *address
	var eager time.Time // until then a server is expected to become ready
	for failed := 0; ctx.Err() == nil; {
		c, err := s.connect(ctx, order, redirect, failed)
		redirect = nil
		if err != nil {
			failed++
			// The server was down, and now it starts. If it alternates between the two, the session
			// tries it often only for eagerFor.
			if errors.Is(err, NotReady) && s.lastErr != nil && !errors.Is(s.lastErr, NotReady) && !time.Now().Before(eager) {
				wait.reset()
				eager = time.Now().Add(eagerFor)
			}
			s.notConnected(ctx, err, failed)
			d := wait.next()
			var opened []address
			var early bool
			if time.Now().Before(eager) {
				early = s.rest(ctx, min(d, eagerMost/2+rand.N(eagerMost/2)))
			} else {
				opened, early = s.pause(ctx, order, d)
			}
			if early {
				wait.reset()
				eager = time.Now().Add(eagerFor)
			}
			order = s.present(inFront(order, opened...))
			continue
		}
		failed, s.lastErr = 0, nil
		began := time.Now()
		err = s.serve(c)
		s.table.offline()
		if time.Since(began) >= s.timings.healthy {
			wait.reset()
		}
		if ctx.Err() != nil {
			return
		}
		s.emit(Event{Kind: EventConnectionLost, Server: c.server.String(), Err: err})
		if !errors.Is(err, Redirected) { // a redirect says nothing about the network
			s.heartbeat.lost()
		}
		s.rest(ctx, wait.next())
		order, redirect = s.next(c) // after the rest, which a new list may have ended
	}
}

// present returns the current servers: those in order that are still listed, then the others in
// random order, so that clients spread over the servers.
func (s *session) present(order []address) []address {
	servers, _ := s.known()
	order = slices.DeleteFunc(slices.Clone(order), func(a address) bool { return !slices.Contains(servers, a) })
	fresh := slices.DeleteFunc(slices.Clone(servers), func(a address) bool { return slices.Contains(order, a) })
	rand.Shuffle(len(fresh), func(i, j int) { fresh[i], fresh[j] = fresh[j], fresh[i] })
	return append(order, fresh...)
}

// rest waits. It ends early, and returns true, if the list of servers changes.
func (s *session) rest(ctx context.Context, d time.Duration) (moved bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.moved:
		return true
	}
	return false
}

// pause waits between two rounds of attempts. A long wait ends early if the list of servers
// changes, or if a server's closed port opens: a server that comes up, or continues after a halt,
// is worth an attempt whatever the back-off. pause returns such servers. A port that was open all
// the time (the server starts, rejects the login, is at its limit) does not end a wait.
func (s *session) pause(ctx context.Context, servers []address, d time.Duration) (opened []address, early bool) {
	if d < probeEvery {
		return nil, s.rest(ctx, d)
	}
	end := time.Now().Add(d)
	// A server whose port was closed may have come up while the session tried the others.
	wasClosed := func(a address) bool { return s.closed[a] }
	open := s.open(ctx, slices.DeleteFunc(slices.Clone(servers), wasClosed), false)
	closed := slices.DeleteFunc(slices.Clone(servers), func(a address) bool { return slices.Contains(open, a) })
	for time.Now().Before(end) {
		if opened = s.open(ctx, closed, true); len(opened) > 0 {
			return opened, true
		}
		if moved := s.rest(ctx, min(probeEvery/2+rand.N(probeEvery), time.Until(end))); moved || ctx.Err() != nil {
			return nil, moved
		}
	}
	return nil, false
}

// open returns the servers whose ports are open. It probes all of them at once; with one it returns
// the first that is open.
func (s *session) open(ctx context.Context, servers []address, one bool) (open []address) {
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	found := make(chan address)
	var wg sync.WaitGroup
	for _, a := range servers {
		wg.Go(func() {
			if s.transport.ProbePort(ctx, a) {
				found <- a
			}
		})
	}
	go func() { wg.Wait(); close(found) }()
	for a := range found {
		if !one || len(open) == 0 {
			open = append(open, a)
		}
		if one {
			enough()
		}
	}
	return open
}

// A server needs some seconds from its start until it serves. For that time no wait is longer than
// eagerMost, however long the server was down before.
const (
	eagerFor  = time.Minute
	eagerMost = 2 * time.Second
)

// probeEvery is the approximate interval between two probes of a closed port.
const probeEvery = time.Second

func inFront(order []address, first ...address) []address {
	return append(slices.Clone(first), slices.DeleteFunc(order, func(a address) bool { return slices.Contains(first, a) })...)
}

// connect tries every server once. If redirect is set, a server has redirected the session to it.
func (s *session) connect(ctx context.Context, order []address, redirect *address, failed int) (*conn, error) {
	if len(order) == 0 {
		_, err := s.known()
		return nil, err
	}
	errs := map[address]error{}
	s.closed = map[address]bool{}
	for _, server := range order {
		began := time.Now()
		c, err := s.handshake(ctx, server)
		if err == nil {
			c.redirected = redirect != nil && *redirect == server
			s.set(c, false, nil)
			s.leave(ctx, c, false) // a list that came meanwhile found no connection
			s.table.setOffline(nil)
			s.emit(Event{Kind: EventConnected, Server: server.String(), Attempt: failed + 1, Took: time.Since(began)})
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		errs[server] = err
	}
	return nil, all(order, errs)
}

func (s *session) notConnected(ctx context.Context, err error, failed int) {
	if ctx.Err() != nil {
		return
	}
	// A server that goes down fails in several ways on the way; the sources get the error that
	// stays.
	if kind := source.KindOf(err); same(s.lastErr, err) || failed > 2 || kind == source.Timeout || kind == source.PermissionDenied {
		s.set(nil, false, err)
		s.table.setOffline(err)
	}
	s.lastErr = err
	s.emit(Event{Kind: EventConnectFailed, Attempt: failed, Err: err})
	if failed == s.timings.outage {
		s.emit(Event{Kind: EventOutage, Attempt: failed, Err: err})
	}
}

// set sets the connection, or why there is none, and wakes the callers of wait.
func (s *session) set(c *conn, synced bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.synced, s.offlineErr = c, synced, err
	close(s.changed)
	s.changed = make(chan struct{})
}

// wait returns the connection as soon as there is one, or, with synced, as soon as it has
// registered all keys. If ctx ends first, wait returns why there is none.
func (s *session) wait(ctx context.Context, synced bool) (*conn, error) {
	for {
		s.mu.Lock()
		c, ok, err, changed := s.current, s.synced, s.offlineErr, s.changed
		s.mu.Unlock()
		if c != nil && c.ctx.Err() == nil && (ok || !synced) {
			return c, nil
		}
		select {
		case <-changed:
		case <-s.ended:
			return nil, errClosed("nacos")
		case <-ctx.Done():
			if err == nil {
				err = s.noResponse()
			}
			return nil, err
		}
	}
}

// noResponse is the error before the first attempt has failed.
func (s *session) noResponse() error { return NoResponse.fail("connect to", s.settings.name()) }

// emit sends an event to the hooks of all clients.
func (s *session) emit(e Event) {
	e.Time = time.Now()
	s.mu.Lock()
	hooks := s.hooks
	s.mu.Unlock()
	for _, h := range hooks {
		h.emit(e)
	}
}

func (s *session) addHook(h *hook) {
	if h == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(slices.Clone(s.hooks), h)
	for _, e := range s.warnings.events {
		h.emit(e)
	}
}

func (s *session) removeHook(h *hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = slices.DeleteFunc(slices.Clone(s.hooks), func(x *hook) bool { return x == h })
}
