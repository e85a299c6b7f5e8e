package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// ErrProtocol is in the error of [Dial] when the other side said something, and it was not HTTP/2.
var ErrProtocol = errors.New("rpc: the other side does not speak HTTP/2")

// A DialError says how far [Dial] came.
type DialError struct {
	Taken bool  // there was a TCP connection
	Err   error // has the network's error, the context's, or ErrProtocol
}

// Error returns the cause in the words of whoever found it.
func (e *DialError) Error() string { return "rpc: connect: " + e.Err.Error() }

// Unwrap returns Err.
func (e *DialError) Unwrap() error { return e.Err }

// Options are how to connect.
type Options struct {
	TLS        *tls.Config // nil: without; it is not changed
	MaxMessage int         // bytes of one message, either way; default 4 MiB
	UserAgent  string      // default that of net/http
}

const (
	defaultMaxMessage = 4 << 20
	readFrameSize     = 16 << 10 // the least of HTTP/2: the buffer for one is kept as long as the connection
	farAway           = 100_000_000 * time.Millisecond
)

// Dial makes one connection to host:port, without the proxies of the environment, and returns when the other side has shown
// that it speaks HTTP/2. ctx is for that alone. Its errors are of type [*DialError].
func Dial(ctx context.Context, address string, o Options) (*Conn, error) {
	c := &Conn{host: address, scheme: "http", max: o.MaxMessage, agent: o.UserAgent}
	if c.max <= 0 {
		c.max = defaultMaxMessage
	}
	var protocols http.Protocols
	t := &http.Transport{
		DisableCompression: true,
		Protocols:          &protocols,
		HTTP2:              &http.HTTP2Config{MaxReadFrameSize: readFrameSize},
	}
	if o.TLS == nil {
		protocols.SetUnencryptedHTTP2(true)
	} else {
		c.scheme = "https"
		protocols.SetHTTP2(true)
		t.TLSClientConfig = onlyHTTP2(o.TLS)
	}
	var line *greeted
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.local = raw.LocalAddr()
		line = newGreeted(raw)
		return line, nil
	}
	cc, err := t.NewClientConn(ctx, c.scheme, address)
	if err == nil && o.TLS == nil {
		if err = line.wait(ctx); err != nil {
			_ = cc.Close()
		}
	}
	if err != nil {
		return nil, &DialError{Taken: line != nil, Err: err}
	}
	c.cc = cc
	return c, nil
}

// onlyHTTP2 refuses who speaks TLS and then something else: net/http would go on with HTTP/1.
func onlyHTTP2(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.NextProtos = nil // net/http sets them
	verify := c.VerifyConnection
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if s.NegotiatedProtocol != "h2" {
			return ErrProtocol
		}
		if verify != nil {
			return verify(s)
		}
		return nil
	}
	return c
}
