package nacos

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Client connects to one Nacos cluster, as one user and in one namespace. Its methods are safe for
// concurrent use.
type Client struct {
	session  *shared
	settings settings
	hook     *hook
	// onPublish is the function of OnPublish; nil for none.
	onPublish func(ctx context.Context, config string) (string, func(error))

	mu      sync.Mutex
	closed  bool
	sources []*configSource
	matches []*matchingSource
	others  map[string]*Client // of other namespaces, by id
	leaving sync.WaitGroup     // of clients of other namespaces that close
}

// NewClient returns a client that connects in the background, so that a service starts while its
// server is down, from its last known good copy; the sources report that there is no connection.
// [Client.WaitReady] waits for a connection. NewClient fails at once on an invalid Config, and its
// error lists everything that is wrong. Close the client when you no longer need it.
func NewClient(cfg Config, opts ...Option) (*Client, error) {
	return newClient(nil, cfg, defaults(), opts)
}

func newClient(network transport, cfg Config, durations timings, opts []Option) (*Client, error) {
	checked, problems := cfg.check()
	if len(problems) > 0 {
		return nil, errBadConfig(problems)
	}
	o := options{timings: durations}
	for _, opt := range opts {
		opt.apply(&o)
	}
	c := &Client{settings: checked, hook: newHook(o.onEvent), onPublish: o.onPublish}
	c.session = sessions.take(network, checked, o.timings, c.hook)
	return c, nil
}

// WaitReady waits until a server has registered the connection and the listens of all keys declared
// so far. If ctx ends first, WaitReady returns the reason why there is no connection.
func (c *Client) WaitReady(ctx context.Context) error {
	if c.isClosed() {
		return errClosed("client")
	}
	_, err := c.session.wait(ctx, true)
	return err
}

// Status is the state of a client's connection.
type Status struct {
	// Server is the server of the connection; empty without one.
	Server string
	// Since is when the server registered the connection.
	Since time.Time
	// Network is the quality of the network: "good", "fair" or "bad"; see [Option].
	Network string
	// Keys is the number of keys that the session listens to.
	Keys int
	// Err is why there is no connection. It is nil while there is one, and before the first attempt
	// has failed.
	Err error
}

// Status returns the state of the connection.
func (c *Client) Status() Status {
	s := c.session
	st := Status{Network: s.heartbeat.grade().name, Keys: s.table.size()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		st.Server, st.Since = s.current.server.String(), s.current.since
	}
	st.Err = s.offlineErr
	return st
}

// Close closes the client and all its sources. The connection ends with the last client that shares
// it. Close waits at most 5 s for what it ends, and may be called more than once.
func (c *Client) Close() error {
	if !c.shut() {
		return nil
	}
	c.mu.Lock()
	others := slices.Collect(maps.Values(c.others)) // none is added after shut
	c.mu.Unlock()
	for _, other := range others {
		other.shut()
	}
	c.leaving.Wait()
	c.hook.close(time.Second)
	return nil
}

// shut closes the sources of a client and returns its session. The hook stays open: a client of
// another namespace has that of its parent. shut reports whether the client was open.
func (c *Client) shut() bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	c.closed = true
	open, matches := slices.Clone(c.sources), slices.Clone(c.matches)
	c.mu.Unlock()
	for _, s := range matches {
		_ = s.Close()
	}
	for _, s := range open {
		_ = s.Close()
	}
	sessions.give(c.session, c.hook)
	return true
}

// adoptIn is adopt for a config that may be in another namespace of the same cluster. The source
// gets the client for it, which has the user, the settings and the events of c, and which lives
// until its last source or c is closed.
func (c *Client) adoptIn(s *configSource, k Key) bool {
	if k.Namespace == c.settings.namespace {
		return c.adopt(s, k)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	other := c.others[k.Namespace]
	if other == nil {
		settings := c.settings
		settings.namespace = k.Namespace
		other = &Client{settings: settings, hook: c.hook}
		other.session = sessions.take(c.session.id.transport, settings, c.session.id.timings, c.hook)
		if c.others == nil {
			c.others = map[string]*Client{}
		}
		c.others[k.Namespace] = other
	}
	s.client = other
	return other.adopt(s, k)
}

// leaveUnused closes the clients of other namespaces without a source. It does not wait for their
// connections.
func (c *Client) leaveUnused() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed { // Close ends them all
		return
	}
	for namespace, other := range c.others {
		if other.isUnused() {
			delete(c.others, namespace)
			c.leaving.Go(func() { other.shut() })
		}
	}
}

func (c *Client) isUnused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sources) == 0
}

func (c *Client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// adopt declares a source's key, and records the source so that Close closes it. It reports whether
// the client is open.
func (c *Client) adopt(s *configSource, k Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	s.entry = c.session.table.add(k, s)
	c.sources = append(c.sources, s)
	return true
}

func (c *Client) disown(s *configSource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sources = slices.DeleteFunc(c.sources, func(x *configSource) bool { return x == s })
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

// on calls f as soon as there is a connection. If that connection breaks meanwhile and repeat is
// set, it calls f again with the next one. Without a deadline, ctx gets the request timeout and
// more for all calls together.
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
