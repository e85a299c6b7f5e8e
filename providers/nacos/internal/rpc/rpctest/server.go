package rpctest

import (
	"io"
	"net"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Server takes connections on loopback.
type Server struct {
	listener net.Listener
	settings []http2.Setting
	on       func(*Conn, http2.Frame)

	running sync.WaitGroup
	mu      sync.Mutex
	conns   []net.Conn
}

// Start begins one. settings are those of its preface; on is called with each frame that comes, in
// one goroutine for each connection, after what HTTP/2 wants for an answer has been sent.
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

// Close breaks all connections, and returns when on is called no more.
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
		return // looked whether there is a server
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
