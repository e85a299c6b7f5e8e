package nacos

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// session is the connection that clients with the same settings share: it connects, serves until
// the connection is lost, and connects again, until it is closed.
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

	large chan struct{} // held by who has a large answer in hand
	asked chan struct{} // closed when the address server has been asked once
	moved chan struct{} // there are other servers

	mu        sync.Mutex
	servers   []address // as they are known now
	noServers error     // why the address server names none
	hooks     []*hook
	warnings  warnings
	current   *conn // nil while there is none
	synced    bool  // all keys have been listened to on it
	trouble   error // why there is none
	changed   chan struct{}

	before error            // of the last round of tries; run's own
	shut   map[address]bool // whose port was shut in it; run's own
	conns  uint64           // how many connections there were; run's own
}

func newSession(via transport, as settings, t timings, h *hook) *session {
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{
		transport: via, settings: as, timings: t, table: newTable(t), space: newSpace(),
		cancel: cancel, ended: make(chan struct{}), large: make(chan struct{}, 1), changed: make(chan struct{}), asked: make(chan struct{}), moved: make(chan struct{}, 1),
		servers: as.servers,
	}
	s.auth = newAuth(ctx, s)
	s.addHook(h)
	go func() {
		defer close(s.ended)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer s.auth.close()
		if as.endpoint != nil {
			wg.Go(func() { s.locate(ctx) })
		}
		if len(as.servers) == 0 {
			<-s.asked // ends with ctx too
		}
		s.run(ctx)
	}()
	return s
}

// close ends everything, and waits for it at most as long as the settings say.
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

// run is the life of the session.
func (s *session) run(ctx context.Context) {
	wait := backoff{least: s.timings.backMin, most: s.timings.backMax}
	order := s.present(nil)
	var sent *address
	var eager time.Time // until then a server is about to be ready
	for failed := 0; ctx.Err() == nil; {
		c, err := s.connect(ctx, order, sent, failed)
		sent = nil
		if err != nil {
			failed++
			// It was away, and is starting. A server that wavers between the two is eagerly tried
			// for a while, and no longer.
			if errors.Is(err, NotReady) && s.before != nil && !errors.Is(s.before, NotReady) && !time.Now().Before(eager) {
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
		failed, s.before = 0, nil
		began := time.Now()
		err = s.serve(c)
		s.table.offline()
		if time.Since(began) >= s.timings.healthy {
			wait.reset()
		}
		if ctx.Err() != nil {
			return
		}
		s.tell(Event{Kind: EventConnectionLost, Server: c.server.String(), Err: err})
		if !errors.Is(err, Redirected) { // going where one is sent says nothing about the network
			s.heartbeat.lost()
		}
		s.rest(ctx, wait.next())
		order, sent = s.next(c) // after the rest: there may be other servers
	}
}

// present returns the servers that there are now: those of an order that are still among them in
// that order, and then the others in one that hangs on chance, so that not all clients go to the
// same server.
func (s *session) present(order []address) []address {
	servers, _ := s.known()
	order = slices.DeleteFunc(slices.Clone(order), func(a address) bool { return !slices.Contains(servers, a) })
	fresh := slices.DeleteFunc(slices.Clone(servers), func(a address) bool { return slices.Contains(order, a) })
	rand.Shuffle(len(fresh), func(i, j int) { fresh[i], fresh[j] = fresh[j], fresh[i] })
	return append(order, fresh...)
}

// rest waits. It ends early, and returns true, when there are other servers.
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

// pause waits between two rounds of tries. A long wait ends early when there are other servers, or
// a server's port opens that was shut: what was down comes up, and that is worth a try whatever the
// back-off has grown to. Such a server is returned. A port that was open all the time (the server
// starts, refuses the login, is at its limit) ends no wait.
func (s *session) pause(ctx context.Context, servers []address, d time.Duration) (opened []address, early bool) {
	if d < knockEvery {
		return nil, s.rest(ctx, d)
	}
	end := time.Now().Add(d)
	// One whose port was shut when it was tried may have come up while the others were.
	wasShut := func(a address) bool { return s.shut[a] }
	open := s.open(ctx, slices.DeleteFunc(slices.Clone(servers), wasShut), false)
	shut := slices.DeleteFunc(slices.Clone(servers), func(a address) bool { return slices.Contains(open, a) })
	for time.Now().Before(end) {
		if opened = s.open(ctx, shut, true); len(opened) > 0 {
			return opened, true
		}
		if moved := s.rest(ctx, min(knockEvery/2+rand.N(knockEvery), time.Until(end))); moved || ctx.Err() != nil {
			return nil, moved
		}
	}
	return nil, false
}

// open looks which servers' ports are open, at all of them together; or with one for the first that
// is.
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

// A server that has come back takes some seconds until it serves: for that time no wait is longer
// than eagerMost, however long it was away before.
const (
	eagerFor  = time.Minute
	eagerMost = 2 * time.Second
)

// knockEvery is about the time between two looks at a port that is shut.
const knockEvery = time.Second

func inFront(order []address, first ...address) []address {
	return append(slices.Clone(first), slices.DeleteFunc(order, func(a address) bool { return slices.Contains(first, a) })...)
}

// connect tries every server once; to the first of them a server may have sent the session.
func (s *session) connect(ctx context.Context, order []address, sent *address, failed int) (*conn, error) {
	if len(order) == 0 {
		_, err := s.known()
		return nil, err
	}
	errs := map[address]error{}
	s.shut = map[address]bool{}
	for _, server := range order {
		began := time.Now()
		c, err := s.handshake(ctx, server)
		if err == nil {
			c.sent = sent != nil && *sent == server
			s.set(c, false, nil)
			s.leave(ctx, c, false) // the list may have come meanwhile, and found no connection
			s.table.setOffline(nil)
			s.tell(Event{Kind: EventConnected, Server: server.String(), Attempt: failed + 1, Took: time.Since(began)})
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
	// A server that goes down fails in more than one way while it does; the sources are told the
	// one that stays.
	if kind := source.KindOf(err); same(s.before, err) || failed > 2 || kind == source.Timeout || kind == source.PermissionDenied {
		s.set(nil, false, err)
		s.table.setOffline(err)
	}
	s.before = err
	s.tell(Event{Kind: EventConnectFailed, Attempt: failed, Err: err})
	if failed == s.timings.outage {
		s.tell(Event{Kind: EventOutage, Attempt: failed, Err: err})
	}
}

// set says what connection there is, and wakes who waits for one.
func (s *session) set(c *conn, synced bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.synced, s.trouble = c, synced, err
	close(s.changed)
	s.changed = make(chan struct{})
}

// wait returns the connection as soon as there is one, or with synced as soon as all keys are
// listened to on it; when ctx is done first, the trouble.
func (s *session) wait(ctx context.Context, synced bool) (*conn, error) {
	for {
		s.mu.Lock()
		c, ok, err, changed := s.current, s.synced, s.trouble, s.changed
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
				err = s.silence()
			}
			return nil, err
		}
	}
}

// silence is the trouble before the first try has failed.
func (s *session) silence() error { return NoResponse.fail("connect to", s.settings.name()) }

// tell tells all clients' hooks.
func (s *session) tell(e Event) {
	e.Time = time.Now()
	s.mu.Lock()
	hooks := s.hooks
	s.mu.Unlock()
	for _, h := range hooks {
		h.tell(e)
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
		h.tell(e)
	}
}

func (s *session) removeHook(h *hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = slices.DeleteFunc(slices.Clone(s.hooks), func(x *hook) bool { return x == h })
}
