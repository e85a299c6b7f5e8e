package nacos

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/source"
)

// replyError is an answer with an error. It does not leave the package: [session.explain] turns it
// into an error for users.
type replyError struct {
	reply
	typ string // of the answer
}

func (e *replyError) Error() string { return "the server answered with a code" }

func (e *replyError) code() int {
	if e.ErrorCode == 0 {
		return e.ResultCode
	}
	return e.ErrorCode
}

// ask sends a request with the token and reads its answer. If the server rejects the token it logs
// in and asks once more. If the server does not know the connection, or the connection is broken,
// it ends the connection. Other errors of the server are *replyError. The timeout includes two
// logins.
func ask[T answer](ctx context.Context, s *session, c *conn, timeout time.Duration, document, typ string, body any) (T, error) {
	var none T
	m, err := encode(typ, body)
	if err != nil {
		return none, err
	}
	if len(m.Body) > maxRequest {
		return none, errTooLarge(place(document, c.server))
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var key Key
	if k, ok := body.(keyed); ok {
		key = k.about()
	}
	for repeated := false; ; repeated = true {
		with, err := s.proof(ctx, c.server, key)
		if err != nil {
			return none, err
		}
		m.Headers = with.headers
		got, err := s.exchange(ctx, c, m)
		if err != nil {
			return none, err
		}
		res, err := read[T](got)
		var refusal *replyError
		if !errors.As(err, &refusal) {
			if err == nil && got.Type != answerTypes[typ] {
				err = errBody
			}
			return res, err
		}
		switch refusal.code() {
		case codeUnregistered:
			err := errNotRegistered(c.server)
			c.end(err)
			return none, err
		case codeDenied:
			if err := s.rejected(ctx, c.server, with, repeated, document, refusal.Message); err != nil {
				return none, err
			}
		default:
			return none, err
		}
	}
}

// maxRequest is the size of the largest body that a server accepts with its default settings: 10
// MiB with its envelope. A larger one makes the server break the connection for all clients that
// share it.
const maxRequest = 10<<20 - 4<<10

// exchange sends one message and returns the answer, without reading either.
func (s *session) exchange(ctx context.Context, c *conn, m message) (message, error) {
	m.ClientIP = c.link.LocalIP()
	got, err := c.link.Call(ctx, m)
	switch {
	case err == nil && !c.brief:
		s.heartbeat.answerReceived()
	case err == nil:
	case c.ctx.Err() != nil:
		if cause := context.Cause(c.ctx); source.KindOf(cause) != source.Unknown {
			return got, cause
		}
		return got, errLost(c.server)
	case ctx.Err() == nil && source.KindOf(err) == source.Unavailable:
		c.end(err)
	}
	return got, err
}

// read decodes an answer. An answer with an error is a *replyError.
func read[T answer](m message) (T, error) {
	var res T
	if err := decode(m.Body, &res); err != nil {
		return res, err
	}
	if st := res.status(); st.ResultCode != codeSuccess {
		return res, &replyError{st, m.Type}
	}
	return res, nil
}

// explain turns an error of ask into one for users.
func (s *session) explain(c *conn, document, typ string, err error) error {
	var refusal *replyError
	switch {
	case errors.Is(err, errBody):
		return BadResponse.fail(opOf(typ), place(document, c.server))
	case !errors.As(err, &refusal):
		return err
	}
	switch code := refusal.code(); {
	case typ == typeQuery && code == codeBadRequest && strings.Contains(refusal.Message, "modif"):
		return errUpdateInProgress(document)
	case code == codeBadRequest:
		return BadRequest.fail(opOf(typ), place(document, c.server))
	case code >= 300 && code < 400 && code != codeNoHandler, code == codeBusy:
		return errNotReady(c.server)
	default:
		return errAnswer(place(document, c.server), opOf(typ), code)
	}
}

// conn is one connection to one server, from its registration until it is lost.
type conn struct {
	link    link
	number  uint64 // of the connections of a session
	server  address
	ctx     context.Context
	end     context.CancelCauseFunc // takes the reason; the first one counts
	moveTo  chan address            // where the server redirects its clients; holds one at most
	since   time.Time
	reader  chan struct{} // closed when the stream reader has ended
	suspect chan struct{} // a request had no answer: a heartbeat is due

	negotiates bool          // the server tells its abilities in its confirmation of the set-up
	confirmed  chan struct{} // closed with that confirmation
	confirm    sync.Once
	watches    bool // whether the server knows the fuzzy watch; known when confirmed is closed

	brief      bool        // to another server, for one comparison
	redirected bool        // a server redirected the session here
	unlisted   atomic.Bool // its server dropped out of the list, and the session is to leave it
	askAlone   sync.Once   // guards alone, see isAlone
	alone      bool
}
