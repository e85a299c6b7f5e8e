package fakenacos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/grpc"
)

// Server is one Nacos node. It is safe for concurrent use.
type Server struct {
	opts   Options
	three  bool // it is a Nacos 3
	port   int
	auth   *authority // nil: no login
	gate   *gate      // of all connections
	faults *Faults

	pushDelay, pushTimeout, pushRetry time.Duration // of services

	mu      sync.Mutex
	store   *store
	names   *registry
	keys    []AccessKey
	conns   map[string]*connection // registered connections by ID
	watches map[string]*fuzzy      // by pattern
	pushID  int64
	stats   Stats
	change  chan struct{} // closed and replaced when anything changes
	run     *run          // nil while stopped
	closed  bool
}

// run is what exists between a start and a stop.
type run struct {
	ctx    context.Context
	cancel context.CancelFunc
	doors  [2]*door // HTTP, gRPC
	grpc   *grpc.Server
	http   *http.Server
	timers *timers
	wg     sync.WaitGroup
}

const grpcOffset = 1000

// countConn makes the run wait for the goroutines of HTTP connections, which http.Server.Close does
// not.
func (r *run) countConn(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew: // called within Serve, for which the run waits anyway
		r.wg.Add(1)
	case http.StateClosed, http.StateHijacked:
		r.wg.Done()
	}
}

// Start starts a server. Call [Server.Close] at the end.
func Start(opts Options) (*Server, error) {
	three, err := isThree(opts.Version)
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts:    opts.withDefaults(),
		three:   three,
		port:    opts.Port,
		gate:    newGate(),
		store:   newStore(three),
		names:   newRegistry(),
		conns:   map[string]*connection{},
		watches: map[string]*fuzzy{},
		change:  make(chan struct{}),
	}
	s.pushDelay, s.pushTimeout, s.pushRetry = opts.serviceDelays()
	s.stats = newStats()
	s.faults = &Faults{srv: s}
	s.keys = opts.AccessKeys
	if opts.Users != nil {
		s.auth = newAuthority(s.opts)
	}
	if s.port != 0 {
		if err := s.begin(); err != nil {
			return nil, err
		}
		return s, nil
	}
	// Below the system's range for outgoing connections, so that the ports of a stopped server stay
	// free for its next start.
	for range 200 {
		s.port = 10000 + rand.IntN(20000)
		if err = s.begin(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// Addr returns the host and port of the HTTP interface, "127.0.0.1:18848"; gRPC is 1000 above.
func (s *Server) Addr() string { return s.addr(0) }

// Port returns the HTTP port.
func (s *Server) Port() int { return s.port }

// URL returns "http://127.0.0.1:18848/nacos".
func (s *Server) URL() string { return "http://" + s.Addr() + "/nacos" }

// Faults returns the faults of the server.
func (s *Server) Faults() *Faults { return s.faults }

func (s *Server) addr(offset int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port+offset))
}

func (s *Server) begin() error {
	ctx, cancel := context.WithCancel(context.Background())
	r := &run{ctx: ctx, cancel: cancel, timers: newTimers()}
	for i, offset := range []int{0, grpcOffset} {
		d, err := newDoor(s.addr(offset), s.gate)
		if err != nil {
			if i == 1 {
				_ = r.doors[0].Close()
			}
			cancel()
			return fmt.Errorf("nacostest: %w", err)
		}
		r.doors[i] = d
	}
	r.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(64<<20), grpc.MaxSendMsgSize(64<<20), grpc.StatsHandler(&connTagger{srv: s}), grpc.WaitForHandlers(true))
	pb.RegisterRequestServer(r.grpc, &requestService{srv: s, run: r})
	pb.RegisterBiRequestStreamServer(r.grpc, &streamService{srv: s, run: r})
	r.http = &http.Server{Handler: s.handler(r), ErrorLog: discardLog, ReadHeaderTimeout: time.Minute, ConnState: r.countConn}

	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		cancel()
		_, _ = r.doors[0].Close(), r.doors[1].Close()
		return errors.New("nacostest: server is closed")
	}
	s.run = r
	if s.faults.refused {
		r.doors[0].shut()
		r.doors[1].shut()
	}
	s.store.dumpAll()
	s.noteLocked()
	s.mu.Unlock()

	r.wg.Go(func() { _ = r.grpc.Serve(r.doors[1]) })
	r.wg.Go(func() { _ = r.http.Serve(r.doors[0]) })
	if s.opts.IdleTimeout > 0 {
		r.wg.Go(func() { s.watchIdle(r) })
	}
	return nil
}

// Close ends all connections and goroutines of the server. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.Stop()
}

// Stop stops the server as a crash does: ports are refused, and connections and requests break. The
// server keeps what was published for [Server.Start]. Stopping a stopped server does nothing.
func (s *Server) Stop() {
	s.mu.Lock()
	r := s.run
	s.run = nil
	s.names.crash(func(owner string) bool { return s.conns[owner] != nil })
	clear(s.conns)
	clear(s.watches)
	s.noteLocked()
	s.mu.Unlock()
	if r == nil {
		return
	}
	for _, d := range r.doors { // first, so that no stream ends regularly
		d.shut()
		d.cut(func(string) bool { return true })
	}
	r.cancel()
	r.timers.stop()
	r.grpc.Stop()
	_ = r.http.Close()
	r.wg.Wait()
	for _, d := range r.doors {
		_ = d.Close()
	}
	r.timers.wait()
}

// Start starts a stopped server on the same ports. With keep it has everything that was
// published, dumped or not, the persistent instances, the history and the key that signs tokens;
// without it the server is empty, and old tokens are invalid. It waits for its ports, if another
// process has them, until ctx ends.
func (s *Server) Start(ctx context.Context, keep bool) error {
	s.mu.Lock()
	running := s.run != nil
	if !running && !keep {
		s.store, s.names = newStore(s.three), newRegistry()
	}
	s.mu.Unlock()
	if running {
		return errors.New("nacostest: server is running")
	}
	if !keep && s.auth != nil {
		s.auth.rotate()
	}
	for {
		err := s.begin()
		if err == nil {
			return nil
		}
		if _, busy := errors.AsType[*net.OpError](err); !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Restart is [Server.Stop] and [Server.Start].
func (s *Server) Restart(ctx context.Context, keep bool) error {
	s.Stop()
	return s.Start(ctx, keep)
}
