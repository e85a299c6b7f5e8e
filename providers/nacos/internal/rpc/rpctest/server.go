package rpctest

import (
	"io"
	"net"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Server accepts connections on loopback.
type Server struct {
	listener net.Listener
	settings []http2.Setting
	on       func(*Conn, http2.Frame)

	running sync.WaitGroup
	mu      sync.Mutex
	conns   []net.Conn
}

// Start starts a server. settings are those of its preface; the server calls on with each frame, in
// one goroutine per connection, after it has sent the acknowledgement that HTTP/2 requires.
func Start(settings []http2.Setting, on func(*Conn, http2.Frame)) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, settings: settings, on: on}
	s.running.Go(s.accept)
	return s, nil
}

// Addr returns host and port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close breaks all connections, and returns when no call of on is running.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.running.Go(func() { s.serve(c) })
	}
}

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return // a probe of the port
	}
	c := &Conn{Framer: http2.NewFramer(conn, conn), decoder: hpack.NewDecoder(4096, nil)}
	c.Write(func() { _ = c.Framer.WriteSettings(s.settings...) })
	for {
		f, err := c.Framer.ReadFrame()
		if err != nil {
			return
		}
		if f, ok := f.(*http2.SettingsFrame); ok && !f.IsAck() {
			c.Write(func() { _ = c.Framer.WriteSettingsAck() })
		}
		s.on(c, f)
	}
}
