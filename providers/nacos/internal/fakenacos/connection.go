package fakenacos

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
)

// connection is a registered client: its stream, and the keys that it listens to. The server's lock
// guards the fields below the blank line.
type connection struct {
	transport *transport
	run       *run
	setup     setupRequest
	since     time.Time
	gone      context.CancelFunc // ends the stream
	queue     *queue

	listens    map[Key]string         // md5 as the client reported it
	spelled    map[Key]string         // the name by which it called the public namespace, if not ""
	subscribes map[serviceKey]*string // the clusters; nil: the client named none
	acks       map[string]func(success bool)
	active     time.Time
	asked      bool // the server waits for a sign of life
	held       []func()
}

// queue accepts payloads without blocking, for the goroutine that sends them.
type queue struct {
	mu    sync.Mutex
	items []*pb.Payload
	more  chan struct{}
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

func (q *queue) put(p *pb.Payload) {
	q.mu.Lock()
	q.items = append(q.items, p)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) take() []*pb.Payload {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// register registers c, unless its transport has a stream already; then that one remains
// registered.
func (s *Server) register(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != c.run || s.conns[c.transport.id] != nil {
		return false
	}
	s.conns[c.transport.id] = c
	s.stats.Streams++
	s.noteLocked()
	return true
}

// unregister removes a connection and ends its stream.
func (s *Server) unregister(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conns[id]; c != nil {
		s.forgetLocked(c)
		c.gone()
		s.noteLocked()
	}
}

// forgetLocked removes a connection, and with it the instances that it has registered. The stream
// stays open.
func (s *Server) forgetLocked(c *connection) {
	delete(s.conns, c.transport.id)
	s.unwatchLocked("", c)
	s.withdrawLocked(c.transport.id)
}

// touch records a sign of life and returns the registered connection, or nil.
func (s *Server) touch(id string) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conns[id]
	if c != nil {
		c.active = time.Now()
	}
	return c
}

func (s *Server) nextPushIDLocked() string {
	s.pushID++
	return strconv.FormatInt(s.pushID, 10)
}

// askLocked sends a request that requires an acknowledgement. It calls then once: with the client's
// result, or with false after the timeout.
func (s *Server) askLocked(c *connection, typ string, timeout time.Duration, body func(id string) any, then func(bool)) {
	id := s.nextPushIDLocked()
	var once sync.Once
	done := func(success bool) { once.Do(func() { then(success) }) }
	cancel := c.run.timers.after(timeout, func() {
		s.mu.Lock()
		delete(c.acks, id)
		s.mu.Unlock()
		done(false)
	})
	c.acks[id] = func(success bool) {
		cancel()
		done(success)
	}
	c.queue.put(encode(typ, "127.0.0.1", body(id)))
}

// ack handles the answer to a push.
func (s *Server) ack(c *connection, a ackReply) {
	s.mu.Lock()
	f := c.acks[a.RequestID]
	delete(c.acks, a.RequestID)
	s.mu.Unlock()
	if f != nil {
		f(a.ResultCode == nil || *a.ResultCode == 200)
	}
}

// watchIdle asks silent clients for a sign of life, and disconnects those that do not answer.
func (s *Server) watchIdle(r *run) {
	tick := time.NewTicker(max(min(s.opts.IdleTimeout/8, 3*time.Second), time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		for id, c := range s.conns {
			if c.asked || time.Since(c.active) < s.opts.IdleTimeout {
				continue
			}
			s.detectLocked(id, c)
		}
		s.mu.Unlock()
	}
}

func (s *Server) detectLocked(id string, c *connection) {
	c.asked = true
	s.askLocked(c, "ClientDetectionRequest", s.opts.DetectTimeout, func(req string) any {
		return detectRequest{RequestID: req, Module: "internal"}
	}, func(alive bool) {
		if !alive {
			s.unregister(id)
			return
		}
		s.mu.Lock()
		c.asked = false
		s.mu.Unlock()
	})
}

// Connection is a client as the server sees it.
type Connection struct {
	ID, IP        string
	ClientVersion string
	Namespace     string // as declared in the set-up
	Labels        map[string]string
	Listens       int
}

// Connections returns the registered connections, oldest first.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Connection, 0, len(s.conns))
	for _, id := range slices.Sorted(maps.Keys(s.conns)) {
		c := s.conns[id]
		out = append(out, Connection{
			ID: id, IP: c.transport.ip, ClientVersion: c.setup.ClientVersion, Namespace: str(c.setup.Tenant),
			Labels: maps.Clone(c.setup.Labels), Listens: len(c.listens),
		})
	}
	return out
}
