package fakenacos

import (
	"net"
	"sync"
)

// gate holds back the bytes in both directions while it is closed: the peer sees an open, silent
// connection.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		if shut {
			g.open = make(chan struct{})
		}
	default:
		if !shut {
			close(g.open)
		}
	}
}

func (g *gate) wait(done <-chan struct{}) {
	for {
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		select {
		case <-open:
			return
		case <-done:
			return
		}
	}
}

// door is a net.Listener whose port can be closed and opened again while its connections stay open.
type door struct {
	addr string
	gate *gate
	in   chan net.Conn
	done chan struct{}

	mu     sync.Mutex
	tcp    net.Listener // nil while closed
	closed bool
	conns  map[*conn]struct{}
	wg     sync.WaitGroup
}

func newDoor(addr string, g *gate) (*door, error) {
	d := &door{addr: addr, gate: g, in: make(chan net.Conn), done: make(chan struct{}), conns: map[*conn]struct{}{}}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *door) open() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tcp != nil || d.closed {
		return nil
	}
	l, err := net.Listen("tcp4", d.addr)
	if err != nil {
		return err
	}
	d.tcp = l
	d.wg.Go(func() { d.acceptFrom(l) })
	return nil
}

func (d *door) acceptFrom(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		w := &conn{Conn: c, door: d, done: make(chan struct{})}
		d.mu.Lock()
		if d.tcp != l { // closed meanwhile
			d.mu.Unlock()
			_ = c.Close()
			continue
		}
		d.conns[w] = struct{}{}
		d.mu.Unlock()
		select {
		case d.in <- w:
		case <-d.done:
			_ = w.Close()
			return
		}
	}
}

// shut makes further connections fail with "connection refused".
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tcp != nil {
		_ = d.tcp.Close()
		d.tcp = nil
	}
}

// cut breaks the connections with a wanted remote address by a reset.
func (d *door) cut(wanted func(remote string) bool) {
	d.mu.Lock()
	var hit []*conn
	for c := range d.conns {
		if wanted(c.RemoteAddr().String()) {
			hit = append(hit, c)
		}
	}
	d.mu.Unlock()
	for _, c := range hit {
		if t, ok := c.Conn.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}

// Accept, Close and Addr implement net.Listener.
func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.in:
		return c, nil
	case <-d.done:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.shut()
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.done)
	}
	d.mu.Unlock()
	d.wg.Wait()
	return nil
}

func (d *door) Addr() net.Addr {
	a, err := net.ResolveTCPAddr("tcp4", d.addr)
	if err != nil {
		return &net.TCPAddr{}
	}
	return a
}

// conn is a connection behind the gate.
type conn struct {
	net.Conn
	door *door
	once sync.Once
	done chan struct{}
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.door.gate.wait(c.done)
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.door.gate.wait(c.done)
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.done) })
	c.door.mu.Lock()
	delete(c.door.conns, c)
	c.door.mu.Unlock()
	return c.Conn.Close()
}
