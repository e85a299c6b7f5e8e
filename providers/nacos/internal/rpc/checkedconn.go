package rpc

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
)

// checkedConn is a connection that checks whether the first bytes of the server are HTTP/2: a
// SETTINGS frame (RFC 9113, 3.4).
type checkedConn struct {
	net.Conn
	first []byte
	seen  bool          // the check has ended
	done  chan struct{} // closed when err is final
	err   error

	written atomic.Bool // this side has written
}

const frameHeader = 9

func newCheckedConn(c net.Conn) *checkedConn { return &checkedConn{Conn: c, done: make(chan struct{})} }

// Read is called by one goroutine, as HTTP/2 does.
func (g *checkedConn) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if !g.seen {
		g.see(b[:n], err)
	}
	return n, err
}

// Write records that this side has written.
func (g *checkedConn) Write(b []byte) (int, error) {
	g.written.Store(true)
	return g.Conn.Write(b)
}

func (g *checkedConn) see(b []byte, err error) {
	g.first = append(g.first, b[:min(len(b), frameHeader-len(g.first))]...)
	switch {
	case len(g.first) == frameHeader:
		// Its length is small, its type 4 and its stream 0.
		if f := g.first; f[0] != 0 || f[3] != 4 || !slices.Equal(f[5:], []byte{0, 0, 0, 0}) {
			g.err = ErrProtocol
		}
	case err != nil:
		g.err = err
	default:
		return
	}
	g.seen = true
	close(g.done)
}

func (g *checkedConn) wait(ctx context.Context) error {
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
