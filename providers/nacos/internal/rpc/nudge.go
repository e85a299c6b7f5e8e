package rpc

import (
	"context"
	"net/http"
	"time"
)

// A request of net/http that waits for room (for its stream, or for its message in the other side's
// window) looks at its context, and at how many streams there may be by now, when another request
// ends or more window comes, and at no other time. So a call could outlast its context by as long
// as the other side likes. What follows makes it look.

const (
	lingering = 100 * time.Millisecond // how long a request may take to go when its context has ended
	lookAgain = time.Second            // how often a call that waits is made to look at what it waits for
)

// nudgeUnless makes requests look, unless the one whose context has ended is gone soon: what is
// left of it must not hold a stream and a message.
func (c *Conn) nudgeUnless(gone func() bool) {
	if !gone() {
		time.AfterFunc(lingering, func() {
			if !gone() {
				c.nudge()
			}
		})
	}
}

// nudge makes all requests that wait look. Nothing is sent.
func (c *Conn) nudge() {
	over, cancel := context.WithCancel(context.Background())
	cancel() // a request that is over before it begins is not sent
	if resp, err := c.cc.RoundTrip(c.request(over, "/", http.NoBody, 0)); err == nil {
		_ = resp.Body.Close()
	}
}
