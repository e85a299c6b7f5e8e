package rpc

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// Probe connects, waits for the server's first byte and disconnects. Without TLS it sends nothing:
// a server speaks first (the SETTINGS of HTTP/2, RFC 9113, 3.4). With TLS it begins a handshake.
//
// An accepted connection is not enough. A load balancer or a proxy accepts connections while no
// server is behind it, and then closes them. The kernel accepts them for a process that is halted.
func Probe(ctx context.Context, address string, config *tls.Config) (speaks bool) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	heard := &hearing{Conn: c}
	if config != nil {
		_, _ = handshake(ctx, heard, address, config) // an alert, too, is an answer
	} else {
		_, _ = heard.Read(make([]byte, 1))
	}
	return heard.something
}

// hearing is a connection that records whether it has read anything.
type hearing struct {
	net.Conn
	something bool
}

func (h *hearing) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	h.something = h.something || n > 0
	return n, err
}
