package nacos

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Client stands for one Nacos, as one user, in one namespace. Its methods are safe for concurrent
// use.
type Client struct {
	session  *shared
	settings settings
	hook     *hook

	mu      sync.Mutex
	closed  bool
	sources []*Source
}

// NewClient returns a client, and connects in the background: a service boots with its server down,
// from what it had, and the sources tell that there is no connection. [Client.WaitReady] waits for
// one. NewClient fails at once, with all that is wrong, on a Config that cannot work. The client
// must be closed; ctx is for Dial alone and does not end the client.
func NewClient(cfg Config, opts ...Option) (*Client, error) {
	return newClient(nil, cfg, defaults(), opts)
}

func newClient(via transport, cfg Config, t timings, opts []Option) (*Client, error) {
	as, problems := cfg.check()
	if len(problems) > 0 {
		return nil, errBadConfig(problems)
	}
	o := options{timings: t}
	for _, opt := range opts {
		opt.apply(&o)
	}
	c := &Client{settings: as, hook: newHook(o.onEvent)}
	c.session = sessions.take(via, as, o.timings, c.hook)
	return c, nil
}

// WaitReady waits until a server has taken the connection and the listen of every key that is
// declared by then. When ctx is done first it returns the reason why there is no connection.
func (c *Client) WaitReady(ctx context.Context) error {
	if c.isClosed() {
		return errClosed("client")
	}
	_, err := c.session.wait(ctx, true)
	return err
}

// Status is how a client's connection stands.
type Status struct {
	// Server is the server that has the connection; empty while there is none.
	Server string
	// Since is when it took it.
	Since time.Time
	// Network is how often heartbeats are due by the quality of the network: "good", "fair" or
	// "bad".
	Network string
	// Keys is how many keys are listened to.
	Keys int
	// Err is why there is no connection; nil while there is one, and before the first try has
	// failed.
	Err error
}

// Status returns how the connection stands.
func (c *Client) Status() Status {
	s := c.session
	st := Status{Network: s.heartbeat.grade().name, Keys: s.table.size()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		st.Server, st.Since = s.current.server.String(), s.current.since
	}
	st.Err = s.trouble
	return st
}

// Close closes the client and all its sources. The connection ends with the last client that shares
// it. Close waits until what it ends has ended, at most 5 s, and may be called more than once.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	open := slices.Clone(c.sources)
	c.mu.Unlock()
	for _, s := range open {
		_ = s.Close()
	}
	sessions.give(c.session, c.hook)
	c.hook.close(time.Second)
	return nil
}

func (c *Client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// adopt declares a source's key, and notes the source so that Close closes it. It reports whether
// the client is open.
func (c *Client) adopt(s *Source, k Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	s.entry = c.session.table.add(k, s)
	c.sources = append(c.sources, s)
	return true
}

func (c *Client) disown(s *Source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sources = slices.DeleteFunc(c.sources, func(x *Source) bool { return x == s })
}

// Format writes "nacos://10.0.0.1:8848/public" for every verb, so that fmt does not print the
// fields.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "nacos://%s/%s", c.settings.name(), namespaceName(c.settings.namespace))
}

func (c *Client) key(dataID string, o sourceOptions) Key {
	k := Key{Namespace: c.settings.namespace, Group: c.settings.group, DataID: dataID}
	if o.grouped {
		k.Group = o.group
	}
	return k
}

// on calls f with a connection as soon as there is one, and again when that broke meanwhile, if f
// may be repeated. A ctx without a deadline gets the request timeout for the whole, and that much
// more.
func (c *Client) on(ctx context.Context, more time.Duration, repeat bool, f func(context.Context, *session, *conn) error) error {
	if c.isClosed() {
		return errClosed("client")
	}
	s := c.session.session
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timings.request+more)
		defer cancel()
	}
	for {
		conn, err := s.wait(ctx, false)
		if err != nil {
			return err
		}
		err = f(ctx, s, conn)
		if err == nil || !repeat || conn.ctx.Err() == nil || ctx.Err() != nil {
			return err
		}
	}
}
