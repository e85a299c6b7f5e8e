package nacos

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// uselessLogin is how long a login that did not help keeps others from being made for the same
// reason: then it is not the token, but the user who has no right to what was asked.
const uselessLogin = 15 * time.Second

// auth holds the token. It is renewed before it ends, and at once when a server refuses it. However
// many requests are refused together, there is one login. It goes on when who asked for it has
// given up: every server has its time, and the next one who asks finds what came of it.
type auth struct {
	ctx       context.Context // the session's life
	transport transport
	settings  settings
	servers   func() []address              // those that there are
	listed    func(address) (address, bool) // whether a server may have the password
	exposes   func(address)                 // warns
	tell      func(Event)
	backoff   backoff
	within    time.Duration // the time of one server
	running   sync.WaitGroup

	mu        sync.Mutex
	now       *login // under way; nil: none is
	closed    bool
	grant     grant
	number    int // of the login that gave it; 0: there was none
	at        time.Time
	remedy    int // the number of the last login that was made since a token was refused
	useless   time.Time
	err       error // of the last login, if that was refused
	notBefore time.Time
}

// login is one that is under way.
type login struct {
	remedy bool // begun since a token was refused
	done   chan struct{}
	token  string // to be read after done, as what follows
	number int
	err    error
}

func newAuth(ctx context.Context, s *session) *auth {
	return &auth{
		ctx: ctx, transport: s.transport, settings: s.settings, listed: s.listed, exposes: s.exposes, tell: s.tell, within: s.timings.request,
		servers: func() []address { servers, _ := s.known(); return servers },
		backoff: backoff{least: time.Second, most: s.timings.backMax},
	}
}

// close waits for a login that is under way; ctx has ended.
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

// refused is told that a server has not taken the token of that login, and reports whether there is
// a newer one, so that it is worth asking again.
func (a *auth) refused(ctx context.Context, server address, number int) (bool, error) {
	a.mu.Lock()
	newer := a.number > number
	inVain := time.Since(a.useless) < uselessLogin
	a.mu.Unlock()
	if newer || inVain {
		return newer, nil
	}
	_, _, err := a.loginFor(ctx, server, number, true)
	return err == nil, err
}

// inVain is told that the token of that login was refused, after another one, and reports whether
// the login was made since a token was refused: then a further one is of no use. Otherwise it may
// have been under way when the server's secret changed.
func (a *auth) rejectedRecently(number int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if number != a.remedy {
		return false
	}
	a.useless = time.Now()
	return true
}

// login gets a token that is newer than that of login number seen.
func (a *auth) login(ctx context.Context, first address, seen int) (string, int, error) {
	return a.loginFor(ctx, first, seen, false)
}

func (a *auth) loginFor(ctx context.Context, first address, seen int, remedy bool) (string, int, error) {
	a.mu.Lock()
	switch {
	case a.number > seen && a.validLocked(): // somebody else was quicker
		defer a.mu.Unlock()
		return a.grant.token, a.number, nil
	case a.closed:
		defer a.mu.Unlock()
		return "", 0, errClosed("nacos")
	case a.now == nil && time.Now().Before(a.notBefore):
		defer a.mu.Unlock()
		return "", 0, a.err
	case a.now == nil:
		l := &login{remedy: remedy, done: make(chan struct{})}
		a.now = l
		a.running.Go(func() { a.log(l, first) })
	}
	l := a.now
	a.mu.Unlock()
	select {
	case <-l.done:
		return l.token, l.number, l.err
	case <-ctx.Done():
		return "", 0, errors.Join(errNoResponse(first), ctx.Err())
	}
}

// log makes a login.
func (a *auth) log(l *login, first address) {
	defer close(l.done)
	g, server, err := a.tryAll(first)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = nil
	if err != nil {
		l.err, a.err = err, err
		wait := a.backoff.next()
		if source.KindOf(err) != source.PermissionDenied { // it is worth a try as soon as there is a server
			wait = min(wait, eagerMost)
		}
		a.notBefore = time.Now().Add(wait)
		if a.ctx.Err() == nil {
			a.tell(Event{Kind: EventLoginFailed, Server: server.String(), Err: err})
		}
		return
	}
	a.grant, a.at, a.err, a.notBefore = g, time.Now(), nil, time.Time{}
	a.number++
	if l.remedy {
		a.remedy = a.number
	}
	a.backoff.reset()
	l.token, l.number = g.token, a.number
	a.tell(Event{Kind: EventLoggedIn, Server: server.String()})
}

// tryAll asks the server first that is to take the token, then the others. A refusal ends it: they
// share their users. A server that is listed no longer is not asked.
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
	return a.transport.Login(ctx, server, a.settings)
}

// keep renews the token before it ends, until ctx is done.
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
			_, _, _ = a.login(ctx, server, number) // told as an event; the token that there is goes on being used
		}
	}
}
