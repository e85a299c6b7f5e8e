package rpc

import (
	"context"
	"net/http"
	"time"
)

// A request of net/http that waits for a stream, or for room in the window of the server, checks
// its context, and the number of streams, only when another request ends or the window grows. So a
// call could outlast its context by as long as the server likes. The functions below make waiting
// requests check.

const (
	lingering  = 100 * time.Millisecond // how long a request may take to end after its context
	checkEvery = time.Second            // how often a waiting call checks
)

// nudgeUnless makes requests check, unless the one whose context has ended is gone soon: it must
// not keep its stream and its message.
func (c *Conn) nudgeUnless(gone func() bool) {
	if !gone() {
		time.AfterFunc(lingering, func() {
			if !gone() {
				c.nudge()
			}
		})
	}
}

// nudge makes all waiting requests check. It sends nothing.
func (c *Conn) nudge() {
	over, cancel := context.WithCancel(context.Background())
	cancel() // a request whose context has ended is not sent
	if resp, err := c.cc.RoundTrip(c.request(over, "/", http.NoBody, 0)); err == nil {
		_ = resp.Body.Close()
	}
}
