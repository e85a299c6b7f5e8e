package nacos

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// rejectedFor is how long a token that was rejected right after its login keeps others from being
// requested for the same reason: then the user lacks the permission, and the token is not the
// problem.
const rejectedFor = 15 * time.Second

// auth holds the token. It renews the token before it expires, and at once when a server rejects
// it. However many requests are rejected together, auth logs in once. The login continues if its
// caller gives up: every server has its timeout, and the next caller gets the result.
type auth struct {
	ctx       context.Context // ends with the session
	transport transport
	settings  settings
	servers   func() []address              // the current ones
	listed    func(address) (address, bool) // whether a server may receive the password
	exposes   func(address)                 // warns about missing encryption
	emit      func(Event)
	backoff   backoff
	within    time.Duration // the timeout of one server
	running   sync.WaitGroup

	mu          sync.Mutex
	current     *login // in progress; nil: none
	closed      bool
	grant       grant
	number      int // of the login that returned it; 0: none
	at          time.Time
	afterReject int       // the number of the last login after a rejected token
	rejected    time.Time // when such a token was rejected too
	err         error     // of the last login, if it failed
	notBefore   time.Time
}

// login is a login in progress.
type login struct {
	afterReject bool // started after a rejected token
	done        chan struct{}
	token       string // this and the fields below are set when done is closed
	number      int
	err         error
}

func newAuth(ctx context.Context, s *session) *auth {
	return &auth{
		ctx: ctx, transport: s.transport, settings: s.settings, listed: s.listed, exposes: s.exposes, emit: s.emit, within: s.timings.request,
		servers: func() []address { servers, _ := s.known(); return servers },
		backoff: backoff{shortest: time.Second, longest: s.timings.backMax},
	}
}

// close waits for a login in progress; ctx has ended.
func (a *auth) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.running.Wait()
}

func (a *auth) needed() bool { return a.settings.username != "" }

// token returns the token and the number of its login.
func (a *auth) token(ctx context.Context, server address) (string, int, error) {
	if !a.needed() {
		return "", 0, nil
	}
	a.mu.Lock()
	token, number, valid := a.grant.token, a.number, a.validLocked()
	a.mu.Unlock()
	if valid {
		return token, number, nil
	}
	return a.login(ctx, server, number)
}

func (a *auth) validLocked() bool {
	return a.number > 0 && time.Since(a.at) < a.grant.ttl
}

// renew logs in again after a server rejected the token of that login, and reports whether there is
// a newer token, so that the request is worth repeating.
func (a *auth) renew(ctx context.Context, server address, number int) (bool, error) {
	a.mu.Lock()
	newer := a.number > number
	recently := time.Since(a.rejected) < rejectedFor
	a.mu.Unlock()
	if newer || recently {
		return newer, nil
	}
	_, _, err := a.loginFor(ctx, server, number, true)
	return err == nil, err
}

// rejectedAgain records that the token of that login was rejected after another one, and reports
// whether the login was made after a rejected token: then a further one is useless. Otherwise the
// login may have been in progress when the secret of the server changed.
func (a *auth) rejectedAgain(number int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if number != a.afterReject {
		return false
	}
	a.rejected = time.Now()
	return true
}

// login gets a token that is newer than that of login number seen.
func (a *auth) login(ctx context.Context, first address, seen int) (string, int, error) {
	return a.loginFor(ctx, first, seen, false)
}

func (a *auth) loginFor(ctx context.Context, first address, seen int, afterReject bool) (string, int, error) {
	a.mu.Lock()
	switch {
	case a.number > seen && a.validLocked(): // another caller was faster
		defer a.mu.Unlock()
		return a.grant.token, a.number, nil
	case a.closed:
		defer a.mu.Unlock()
		return "", 0, errClosed("nacos")
	case a.current == nil && time.Now().Before(a.notBefore):
		defer a.mu.Unlock()
		return "", 0, a.err
	case a.current == nil:
		l := &login{afterReject: afterReject, done: make(chan struct{})}
		a.current = l
		a.running.Go(func() { a.run(l, first) })
	}
	l := a.current
	a.mu.Unlock()
	select {
	case <-l.done:
		return l.token, l.number, l.err
	case <-ctx.Done():
		return "", 0, errors.Join(errNoResponse(first), ctx.Err())
	}
}

// run performs a login.
func (a *auth) run(l *login, first address) {
	defer close(l.done)
	g, server, err := a.tryAll(first)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = nil
	if err != nil {
		l.err, a.err = err, err
		wait := a.backoff.next()
		if source.KindOf(err) != source.PermissionDenied { // retry as soon as a server is up
			wait = min(wait, eagerMost)
		}
		a.notBefore = time.Now().Add(wait)
		if a.ctx.Err() == nil {
			a.emit(Event{Kind: EventLoginFailed, Server: server.String(), Err: err})
		}
		return
	}
	a.grant, a.at, a.err, a.notBefore = g, time.Now(), nil, time.Time{}
	a.number++
	if l.afterReject {
		a.afterReject = a.number
	}
	a.backoff.reset()
	l.token, l.number = g.token, a.number
	a.emit(Event{Kind: EventLoggedIn, Server: server.String()})
}

// tryAll asks the server that is to get the token, then the others. A rejection ends the search,
// since servers share their users. It does not ask a server that is no longer listed.
func (a *auth) tryAll(first address) (g grant, server address, err error) {
	if _, ok := a.listed(first); ok {
		g, err = a.try(first)
	} else {
		err = UnlistedServer.fail("login to", first.String())
	}
	if err == nil || source.KindOf(err) == source.PermissionDenied {
		return g, first, err
	}
	for _, other := range a.servers() {
		if other == first || a.ctx.Err() != nil {
			continue
		}
		g, otherErr := a.try(other)
		if otherErr == nil || source.KindOf(otherErr) == source.PermissionDenied {
			return g, other, otherErr
		}
	}
	return g, first, err
}

func (a *auth) try(server address) (grant, error) {
	ctx, cancel := context.WithTimeout(a.ctx, a.within)
	defer cancel()
	if server.scheme != schemeHTTPS {
		a.exposes(server)
	}
	s, err := a.settings.withPassword(server)
	if err != nil {
		return grant{}, err
	}
	return a.transport.Login(ctx, server, s)
}

// refreshTokens renews the token before it expires, until ctx ends.
func (a *auth) refreshTokens(ctx context.Context, server address) {
	for {
		a.mu.Lock()
		number := a.number
		due := a.at.Add(time.Duration(float64(a.grant.ttl) * (0.8 + 0.1*rand.Float64())))
		if due.Before(a.notBefore) {
			due = a.notBefore
		}
		a.mu.Unlock()
		if !sleep(ctx, max(time.Until(due), 100*time.Millisecond)) {
			return
		}
		a.mu.Lock()
		renewed := a.number > number
		a.mu.Unlock()
		if !renewed {
			_, _, _ = a.login(ctx, server, number) // emits an event on failure; the session keeps using its token
		}
	}
}
