package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/net/http2"
)

// counter is a proxy between a client and a server that counts the requests: a call of gRPC is one,
// and a request of HTTP.
type counter struct {
	addr     string // the address for the client: HTTP is here, gRPC a thousand ports above, as on a server
	requests atomic.Int64
	web      *http.Server
	calls    net.Listener
	upstream string

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// grpcAbove is how much higher than its port for HTTP a server's port for gRPC is.
const grpcAbove = 1000

// count begins to listen before a server.
func count(server string) (*counter, error) {
	host, text, err := net.SplitHostPort(server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	c := &counter{upstream: net.JoinHostPort(host, strconv.Itoa(port+grpcAbove)), open: map[net.Conn]bool{}}
	web, err := c.listen()
	if err != nil {
		return nil, err
	}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: server})
	c.web = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // loopback, one client
		c.requests.Add(1)
		forward.ServeHTTP(w, r)
	})}
	go func() { _ = c.web.Serve(web) }()
	go c.accept()
	return c, nil
}

// listen finds two free ports, a thousand apart.
func (c *counter) listen() (net.Listener, error) {
	const low, high = 21000, 29000 // both below what a machine gives to its own connections
	for port := low; port < high; port++ {
		web, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		c.calls, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+grpcAbove)))
		if err != nil {
			_ = web.Close()
			continue
		}
		c.addr = web.Addr().String()
		return web, nil
	}
	return nil, errors.New("no two free ports a thousand apart")
}

func (c *counter) accept() {
	for {
		client, err := c.calls.Accept()
		if err != nil {
			return
		}
		go c.carry(client)
	}
}

// carry moves what a client and the server say to each other, and ends with the first of them.
func (c *counter) carry(client net.Conn) {
	defer client.Close()
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), "tcp", c.upstream) // a local address
	if err != nil {
		return
	}
	defer server.Close()
	if !c.keep(client, server) {
		return
	}
	defer c.forget(client, server)
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	c.countCalls(io.TeeReader(client, server))
	_ = server.Close()
	wg.Wait()
}

// countCalls reads what a client says until it ends. Each call begins with a frame of headers, and
// a client sends no other.
func (c *counter) countCalls(said io.Reader) {
	if _, err := io.CopyN(io.Discard, said, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	frames := http2.NewFramer(nil, said)
	for {
		f, err := frames.ReadFrame()
		if _, strange := errors.AsType[http2.ConnectionError](err); strange {
			_, _ = io.Copy(io.Discard, said) // it is the server's to refuse
		}
		if err != nil {
			return
		}
		if f.Header().Type == http2.FrameHeaders {
			c.requests.Add(1)
		}
	}
}

func (c *counter) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		c.open[conn] = true
	}
	return !c.closed
}

func (c *counter) forget(conns ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		delete(c.open, conn)
	}
}

// close ends all connections.
func (c *counter) close() {
	_ = c.web.Close()
	_ = c.calls.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close()
	}
}
