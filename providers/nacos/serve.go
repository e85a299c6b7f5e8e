package nacos

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

const clientVersion = "Nacre-Go:v1"

// handshake connects to one server, and returns when that server has registered the connection.
func (s *session) handshake(life context.Context, server address) (*conn, error) {
	ctx, cancel := context.WithTimeout(life, s.timings.connect)
	defer cancel()
	if _, _, err := s.auth.token(ctx, server); err != nil {
		return nil, err
	}
	l, err := s.transport.Open(ctx, server)
	if err != nil {
		s.closed[server] = errors.Is(err, ConnectionRefused) || errors.Is(err, GRPCPortClosed) || errors.Is(err, NoResponse)
		return nil, err
	}
	return s.introduce(ctx, life, server, l, false)
}

// introduce makes a connection of a link, and returns when the server has registered it.
func (s *session) introduce(ctx, life context.Context, server address, l link, brief bool) (*conn, error) {
	c := &conn{link: l, number: s.conns.Add(1), server: server, moveTo: make(chan address, 1), reader: make(chan struct{}), suspect: make(chan struct{}, 1), confirmed: make(chan struct{}), brief: brief}
	c.ctx, c.end = context.WithCancelCause(life)
	if err := s.register(ctx, c); err != nil {
		c.end(err)
		l.Close()
		return nil, err
	}
	c.since = time.Now()
	return c, nil
}

// register checks the server, sets up the connection and waits until the server knows it.
func (s *session) register(ctx context.Context, c *conn) error {
	m, err := encode(typeServerCheck, emptyRequest{Module: "internal"})
	if err != nil {
		return err
	}
	got, err := s.exchange(ctx, c, m)
	if err != nil {
		return err
	}
	check, err := read[checkReply](got)
	if err != nil {
		return s.explain(c, "", typeServerCheck, err)
	}
	setup := setupRequest{ClientVersion: clientVersion, Tenant: s.settings.namespace, Labels: s.settings.labels, Module: "internal"}
	if c.negotiates = check.Negotiates; c.negotiates {
		setup.Abilities = map[string]bool{abilityWatch: true}
	}
	m, err = encode(typeSetup, setup)
	if err != nil {
		return err
	}
	m.ClientIP = c.link.LocalIP()
	// A server at its limit of streams accepts no message, ever.
	stop := context.AfterFunc(ctx, c.link.Close)
	err = c.link.Send(m)
	if stop(); err != nil {
		return err
	}
	go s.readStream(c)
	err = s.registered(ctx, c)
	if err != nil {
		c.link.Close()
		<-c.reader
		cause := context.Cause(c.ctx) // Canceled: by the Close above
		if cause != nil && !errors.Is(cause, context.Canceled) && source.KindOf(err) == source.Unavailable {
			return cause // redirected, or disconnected
		}
	}
	return err
}

// registered asks until the server knows the connection: the set-up travels on the stream, and the
// requests do not.
func (s *session) registered(ctx context.Context, c *conn) error {
	m, err := encode(typeHealthCheck, emptyRequest{Module: "internal"})
	if err != nil {
		return err
	}
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		got, err := s.exchange(ctx, c, m)
		if err != nil {
			return err
		}
		_, err = read[reply](got)
		var refusal *replyError
		if !errors.As(err, &refusal) || refusal.code() != codeUnregistered {
			if err == nil {
				return nil
			}
			return s.explain(c, "", typeHealthCheck, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errNotRegistered(c.server)
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
}

// serve runs everything that a connection needs. It returns the reason why the connection ended,
// after all of that has ended.
func (s *session) serve(c *conn) error {
	s.heartbeat.begin()
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() { s.readKeys(c) })
	}
	wg.Go(func() { s.maintain(c) })
	if s.auth.needed() {
		wg.Go(func() { s.auth.refreshTokens(c.ctx, c.server) })
	}
	if s.timings.compare > 0 {
		wg.Go(func() { s.compareServers(c) })
	}
	wg.Go(func() { s.followPatterns(c) })
	if c.redirected {
		wg.Go(func() { s.comeBack(c) })
	}
	<-c.ctx.Done()
	s.set(nil, false, nil)
	c.link.Close()
	wg.Wait()
	<-c.reader
	return context.Cause(c.ctx)
}

// maintain listens, reconciles and sends heartbeats.
func (s *session) maintain(c *conn) {
	beat := time.NewTimer(s.beatEvery())
	defer beat.Stop()
	reconcile := time.NewTimer(0)
	defer reconcile.Stop()
	report := time.NewTimer(time.Hour)
	report.Stop()
	defer report.Stop()

	failures, armed, synced := 0, false, false
	early := false // new keys have brought the next attempt forward
	flush := func() {
		err := s.flush(c)
		if armed = err != nil; !armed {
			failures, early = 0, false
			return
		}
		report.Reset(s.timings.retryDelay(failures)) // the table still has what could not be sent
		if !early {
			failures++
		}
		early = false
		s.listenFailed(c, failures, err)
	}
	for c.ctx.Err() == nil {
		select {
		case <-c.ctx.Done():
			return
		case <-beat.C:
			s.beat(c)
			beat.Reset(s.beatEvery())
		case <-c.suspect:
			s.beat(c)
		case <-s.table.report:
			if !armed {
				armed = true
				report.Reset(s.timings.report)
			}
		case <-report.C:
			flush()
		case <-s.table.flush:
			switch {
			case !synced: // the first reconcile includes the new keys
			case failures == 0:
				flush()
			case !early:
				// Keys that are declared while the server fails listens ask no more often than
				// that, and put nothing off.
				early, armed = true, true
				report.Reset(s.timings.retryDelay(earlyRetry))
			}
		case <-reconcile.C:
			if err := s.reconcile(c); err != nil {
				reconcile.Reset(s.timings.retryDelay(failures))
				failures++
				s.listenFailed(c, failures, err)
				continue
			}
			failures = 0
			reconcile.Reset(s.timings.nextReconcile())
			if !synced {
				synced = true
				s.set(c, true, nil)
			}
		}
	}
}

// earlyRetry is the number of the retry whose delay such an attempt has: about half a second.
const earlyRetry = 3

func (s *session) beatEvery() time.Duration {
	if s.timings.beatEvery > 0 {
		return s.timings.beatEvery
	}
	return s.heartbeat.grade().every
}

// listenFailed reports an error of a listen, unless the connection has ended, which has an event of
// its own.
func (s *session) listenFailed(c *conn, inRow int, err error) {
	if c.ctx.Err() == nil {
		s.emit(Event{Kind: EventListenFailed, Server: c.server.String(), Attempt: inRow, Err: err})
	}
	s.suspect(c, err)
}

// suspect sends a heartbeat after a request without an answer.
func (s *session) suspect(c *conn, err error) {
	if source.KindOf(err) == source.Timeout {
		s.beat(c)
	}
}

// beat sends heartbeats until the server answers one or the connection is dead.
func (s *session) beat(c *conn) {
	m, err := encode(typeHealthCheck, emptyRequest{Module: "internal"})
	if err != nil {
		return
	}
	for c.ctx.Err() == nil {
		began := time.Now()
		ctx, cancel := context.WithTimeout(c.ctx, s.timings.beat)
		got, err := s.exchange(ctx, c, m)
		cancel()
		if err == nil {
			s.heartbeat.answered(time.Since(began))
			_, err = read[reply](got)
			var refusal *replyError
			if errors.As(err, &refusal) && refusal.code() == codeUnregistered {
				c.end(errNotRegistered(c.server))
			}
			return
		}
		if c.ctx.Err() != nil || source.KindOf(err) != source.Timeout {
			return
		}
		inRow, dead := s.heartbeat.miss()
		s.emit(Event{Kind: EventHeartbeatMissed, Server: c.server.String(), Attempt: inRow})
		if dead {
			c.end(errUnresponsive(c.server))
		}
	}
}

// readStream reads what the server pushes, until the link breaks.
func (s *session) readStream(c *conn) {
	defer close(c.reader)
	for {
		m, err := c.link.Recv()
		if err != nil {
			c.end(err)
			return
		}
		if !c.brief {
			s.heartbeat.answerReceived()
		}
		if err := s.handle(c, m); err != nil {
			c.end(err)
			return
		}
	}
}

// handle acknowledges a message at once and then does what it asks for. It does not answer unknown
// messages.
func (s *session) handle(c *conn, m message) error {
	switch m.Type {
	case typeNotify, typeDetection, typeConnectReset, typeSetupAck, typeWatchSync, typeWatchNews:
	default:
		return nil
	}
	var p push
	if err := decode(m.Body, &p); err != nil {
		return nil //nolint:nilerr // the next reconcile finds what a broken push was about
	}
	ack, err := encode(strings.TrimSuffix(m.Type, "Request")+"Response", ackReply{ResultCode: codeSuccess, RequestID: p.RequestID, Success: true})
	if err != nil {
		return err
	}
	ack.ClientIP = c.link.LocalIP()
	if err := c.link.Send(ack); err != nil {
		return err
	}
	switch {
	case c.brief && m.Type == typeConnectReset:
		return errLost(c.server)
	case c.brief:
		return nil
	}
	switch m.Type {
	case typeNotify:
		k := Key{Namespace: s.settings.namespace, Group: p.Group, DataID: p.DataID}
		if s.table.markStale(k) {
			s.emit(Event{Kind: EventPushReceived, Server: c.server.String(), Document: k.String()})
		}
	case typeConnectReset:
		return s.redirected(c, p)
	case typeSetupAck:
		c.learn(m.Body)
	case typeWatchSync, typeWatchNews:
		s.hearOf(m)
	}
	return nil
}
