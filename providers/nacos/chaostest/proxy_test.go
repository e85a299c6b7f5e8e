package chaostest

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// proxy stands between clients and one node, on two ports of its own. It does to connections what
// networks do.
type proxy struct {
	t   *testing.T
	web *front
	rpc *front

	mu      sync.Mutex
	now     weather
	changed chan struct{}
	conns   map[net.Conn]bool
	wg      sync.WaitGroup
}

// weather is how the network is.
type weather struct {
	refuse bool          // nobody listens
	hole   bool          // nothing gets through, and nobody is told
	delay  time.Duration // of each piece
	rate   int           // bytes a second and direction; 0: as it comes
}

// front is one port.
type front struct {
	port     int
	to       string
	listener net.Listener
	open     int // connections
}

func newProxy(t *testing.T, web, rpc string) *proxy {
	t.Helper()
	p := &proxy{t: t, web: &front{to: web}, rpc: &front{to: rpc}, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.set(weather{})
	t.Cleanup(func() {
		p.set(weather{refuse: true})
		p.wg.Wait()
	})
	return p
}

// addr is the address that a client's settings name.
func (p *proxy) addr() string {
	return "127.0.0.1:" + strconv.Itoa(p.web.port) + "?grpc=" + strconv.Itoa(p.rpc.port)
}

// name is how a client's Status calls the node.
func (p *proxy) name() string { return "127.0.0.1:" + strconv.Itoa(p.web.port) }

// connections is how many there are to the gRPC port.
func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rpc.open
}

func (p *proxy) set(w weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = w
	close(p.changed)
	p.changed = make(chan struct{})
	for _, f := range []*front{p.web, p.rpc} {
		switch {
		case w.refuse && f.listener != nil:
			f.listener.Close()
			f.listener = nil
		case !w.refuse && f.listener == nil:
			p.listenLocked(f)
		}
	}
	if w.refuse {
		p.cutLocked()
	}
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
}

func (p *proxy) cutLocked() {
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as of a machine that is gone
		}
		c.Close()
	}
}

func (p *proxy) listenLocked(f *front) {
	l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(f.port))
	if err != nil {
		p.t.Errorf("the proxy's port: %v", err)
		return
	}
	f.listener, f.port = l, l.Addr().(*net.TCPAddr).Port
	p.wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.carry(f, in) })
		}
	})
}

// carry connects a client with the node until either goes.
func (p *proxy) carry(f *front, in net.Conn) {
	defer in.Close()
	if !p.keep(f, in, 1) {
		return
	}
	defer p.keep(f, in, -1)
	out, err := net.Dial("tcp4", f.to)
	if err != nil {
		return
	}
	defer out.Close()
	if !p.keep(nil, out, 1) {
		return
	}
	defer p.keep(nil, out, -1)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		wg.Go(func() {
			p.pump(ctx, way[0], way[1])
			cancel()
			in.Close()
			out.Close()
		})
	}
	wg.Wait()
}

// keep notes a connection, or that it has gone; it reports whether connections are taken.
func (p *proxy) keep(f *front, c net.Conn, n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n > 0 && p.now.refuse {
		return false
	}
	if n > 0 {
		p.conns[c] = true
	} else {
		delete(p.conns, c)
	}
	if f != nil {
		f.open += n
	}
	return true
}

func (p *proxy) pump(ctx context.Context, from, to net.Conn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !p.pass(ctx, n) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits until n bytes may go on, and reports whether the connection stands.
func (p *proxy) pass(ctx context.Context, n int) bool {
	for {
		p.mu.Lock()
		w, changed := p.now, p.changed
		p.mu.Unlock()
		if w.hole {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return false
			}
		}
		d := w.delay
		if w.rate > 0 {
			d += time.Duration(n) * time.Second / time.Duration(w.rate)
		}
		return d == 0 || pause(ctx, d) == nil
	}
}

// pause waits for a time that is part of a fault.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// The proxy itself: it carries, holds, narrows and cuts.
func TestProxy(t *testing.T) {
	t.Parallel()
	echo, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				buf := make([]byte, 1<<10)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					_, _ = c.Write(buf[:n])
				}
			})
		}
	})
	t.Cleanup(func() { echo.Close(); wg.Wait() })
	p := newProxy(t, echo.Addr().String(), echo.Addr().String())
	dial := func() net.Conn {
		c, err := net.Dial("tcp4", "127.0.0.1:"+strconv.Itoa(p.rpc.port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	c := dial()
	ask := func(within time.Duration) error {
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		_ = c.SetReadDeadline(time.Now().Add(within))
		_, err := c.Read(make([]byte, 1))
		return err
	}
	if err := ask(5 * time.Second); err != nil || p.connections() != 1 {
		t.Fatalf("through the proxy: %v, %d connections", err, p.connections())
	}
	p.set(weather{hole: true})
	var timeout net.Error
	if err := ask(100 * time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("through a black hole came an answer, or %v", err)
	}
	p.set(weather{delay: 50 * time.Millisecond})
	begin := time.Now()
	if err := ask(5 * time.Second); err != nil {
		t.Errorf("after the black hole what was sent is lost: %v", err)
	}
	_, _ = c.Read(make([]byte, 1))
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("a delay of 50 ms took %v", took)
	}
	p.cut()
	if err := ask(5 * time.Second); err == nil {
		t.Error("a connection that was cut goes on")
	}
	p.set(weather{refuse: true})
	if c, err := net.Dial("tcp4", "127.0.0.1:"+strconv.Itoa(p.rpc.port)); err == nil {
		c.Close()
		t.Error("a proxy that refuses takes a connection")
	}
	p.set(weather{})
	c = dial()
	if err := ask(5 * time.Second); err != nil {
		t.Errorf("after that: %v", err)
	}
}
