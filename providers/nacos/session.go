package nacos

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// session is the connection that clients with the same settings share: it connects, serves until the connection is lost,
// and connects again, until it is closed.
type session struct {
	via   transport
	as    settings
	t     timings
	auth  *auth
	table *table
	pulse pulse

	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	hooks   []*hook
	current *conn // nil while there is none
	synced  bool  // all keys have been listened to on it
	trouble error // why there is none
	changed chan struct{}

	before error // of the last round of tries; run's own
}

func newSession(via transport, as settings, t timings, h *hook) *session {
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{
		via: via, as: as, t: t, table: newTable(t),
		cancel: cancel, ended: make(chan struct{}), changed: make(chan struct{}),
	}
	s.auth = newAuth(via, as, t, s.tell)
	s.addHook(h)
	go s.run(ctx)
	return s
}

// close ends everything, and waits for it at most as long as the settings say.
func (s *session) close() {
	s.cancel()
	s.table.close()
	timer := time.NewTimer(s.t.close)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
	}
}

// run is the life of the session.
func (s *session) run(ctx context.Context) {
	defer close(s.ended)
	wait := backoff{least: s.t.backMin, most: s.t.backMax}
	order := slices.Clone(s.as.servers)
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for failed := 0; ctx.Err() == nil; {
		c, err := s.connect(ctx, order, failed)
		if err != nil {
			failed++
			s.notConnected(ctx, err, failed)
			order = slices.DeleteFunc(order, func(a address) bool { return !slices.Contains(s.as.servers, a) })
			if s.pause(ctx, order, wait.next()) {
				wait.reset()
			}
			continue
		}
		failed, s.before = 0, nil
		began := time.Now()
		err = s.serve(c)
		s.table.offline()
		if time.Since(began) >= s.t.healthy {
			wait.reset()
		}
		if ctx.Err() != nil {
			return
		}
		s.tell(Event{Kind: Lost, Server: c.server.String(), Err: err})
		order = reorder(s.as.servers, c)
		if !same(err, errReset(c.server)) { // going where one is sent says nothing about the network
			s.pulse.lost()
		}
		sleep(ctx, wait.next())
	}
}

// pause waits between two rounds of tries. A long wait ends early, and true is returned, when a server's port opens that was
// shut: what was down comes up, and that is worth a try whatever the back-off has grown to. A port that was open all the
// time (the server starts, refuses the login, is at its limit) ends no wait.
func (s *session) pause(ctx context.Context, servers []address, d time.Duration) (opened bool) {
	if d < knockEvery {
		sleep(ctx, d)
		return false
	}
	end := time.Now().Add(d)
	var shut []address
	for _, a := range servers {
		if !s.via.Knock(ctx, a) {
			shut = append(shut, a)
		}
	}
	for time.Now().Before(end) {
		if !sleep(ctx, min(knockEvery/2+rand.N(knockEvery), time.Until(end))) {
			return false
		}
		for _, a := range shut {
			if s.via.Knock(ctx, a) {
				return true
			}
		}
	}
	return false
}

// knockEvery is about the time between two looks at a port that is shut.
const knockEvery = time.Second

// reorder says which servers to try after a connection was lost: where that server sent us, then those after it in the
// list, and itself last.
func reorder(servers []address, c *conn) []address {
	i := slices.Index(servers, c.server)
	order := slices.Concat(servers[i+1:], servers[:i+1])
	select {
	case to := <-c.moveTo:
		order = append([]address{to}, slices.DeleteFunc(order, func(a address) bool { return a == to })...)
	default:
	}
	return order
}

// connect tries every server once.
func (s *session) connect(ctx context.Context, order []address, failed int) (*conn, error) {
	errs := map[address]error{}
	for _, server := range order {
		began := time.Now()
		c, err := s.greet(ctx, server)
		if err == nil {
			s.set(c, false, nil)
			s.table.setTrouble(nil)
			s.tell(Event{Kind: Connected, Server: server.String(), Attempt: failed + 1, Took: time.Since(began)})
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
	// A server that goes down fails in more than one way while it does; the sources are told the one that stays.
	if kind := source.KindOf(err); same(s.before, err) || failed > 2 || kind == source.Timeout || kind == source.Denied {
		s.set(nil, false, err)
		s.table.setTrouble(err)
	}
	s.before = err
	s.tell(Event{Kind: TryFailed, Attempt: failed, Err: err})
	if failed == s.t.outage {
		s.tell(Event{Kind: Outage, Attempt: failed, Err: err})
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

// wait returns the connection as soon as there is one, or with synced as soon as all keys are listened to on it; when ctx
// is done first, the trouble.
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
				err = errNoAnswer(s.as.servers[0])
			}
			return nil, err
		}
	}
}

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
}

func (s *session) removeHook(h *hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = slices.DeleteFunc(slices.Clone(s.hooks), func(x *hook) bool { return x == h })
}
