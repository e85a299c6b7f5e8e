package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Errors of [Dial] other than those of the network.
var (
	// ErrProtocol means that the server answered, but not in HTTP/2.
	ErrProtocol = errors.New("rpc: the other side does not speak HTTP/2")
	// ErrTurnedOff means that this program has HTTP/2 turned off, by GODEBUG=http2client=0 or the
	// build tag nethttpomithttp2.
	ErrTurnedOff = errors.New("rpc: HTTP/2 is turned off in this program")
)

// DialError is an error of [Dial].
type DialError struct {
	Taken bool  // the server accepted a TCP connection
	Err   error // an error of the network, of the context, or of this package
}

// Error returns the text of Err.
func (e *DialError) Error() string { return "rpc: connect: " + e.Err.Error() }

// Unwrap returns Err.
func (e *DialError) Unwrap() error { return e.Err }

// Options are the options of [Dial].
type Options struct {
	TLS        *tls.Config // nil: no TLS; Dial does not change it
	MaxMessage int         // bytes of one message in either direction; default 4 MiB
	MaxPush    int         // bytes of one message received on a stream; default MaxMessage
	// Admit is called with the context of a call before an answer of more than 1 MiB is read; the
	// call fails with its error. If the call has returned already, its context has ended. Nil: all
	// answers are read.
	Admit     func(ctx context.Context) error
	UserAgent string // default: that of net/http
}

const (
	defaultMaxMessage = 4 << 20
	maxHeader         = 256 << 10
	readFrameSize     = 16 << 10 // the minimum of HTTP/2; the connection keeps one such buffer
)

// Dial makes one connection to host:port, without the proxies of the environment. It returns when
// the server has shown that it speaks HTTP/2. ctx applies to Dial alone. Its errors are of type
// [*DialError].
func Dial(ctx context.Context, address string, o Options) (*Conn, error) {
	c := &Conn{host: address, scheme: "http", max: o.MaxMessage, maxPush: o.MaxPush, admit: o.Admit, agent: o.UserAgent}
	if c.max <= 0 {
		c.max = defaultMaxMessage
	}
	if c.maxPush <= 0 {
		c.maxPush = c.max
	}
	if o.TLS != nil {
		c.scheme = "https"
	}
	var d dialer
	t := &http.Transport{
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              new(http.Protocols),
		HTTP2:                  &http.HTTP2Config{MaxReadFrameSize: readFrameSize},
		DialContext:            d.plain,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return d.secure(ctx, network, addr, o.TLS)
		},
	}
	// net/http gets a connection that is encrypted already.
	t.Protocols.SetUnencryptedHTTP2(true)
	cc, err := t.NewClientConn(ctx, c.scheme, address)
	if err == nil {
		if err = d.line.wait(ctx); err == nil {
			c.cc, c.local = cc, d.raw.LocalAddr()
			return c, nil
		}
		_ = cc.Close()
	} else if d.line != nil && !d.line.written.Load() {
		err = errors.Join(ErrTurnedOff, err) // the connection was open, and net/http did not use it
	}
	if d.raw != nil {
		_ = d.raw.Close()
	}
	return nil, &DialError{Taken: d.raw != nil, Err: err}
}

// dialer makes the one connection of net/http, which calls it once and waits.
type dialer struct {
	raw  net.Conn     // nil: none yet
	line *checkedConn // nil: the TLS handshake has not ended
}

func (d *dialer) plain(ctx context.Context, network, addr string) (net.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.raw, d.line = raw, newCheckedConn(raw)
	return d.line, nil
}

func (d *dialer) secure(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.raw = raw
	c, err := handshake(ctx, raw, addr, config)
	if err != nil {
		return nil, err
	}
	if c.ConnectionState().NegotiatedProtocol != "h2" {
		return nil, ErrProtocol
	}
	d.line = newCheckedConn(c)
	return d.line, nil
}

func handshake(ctx context.Context, raw net.Conn, addr string, config *tls.Config) (*tls.Conn, error) {
	config = config.Clone()
	config.NextProtos = []string{"h2"}
	if config.ServerName == "" {
		var err error
		if config.ServerName, _, err = net.SplitHostPort(addr); err != nil {
			return nil, err
		}
	}
	c := tls.Client(raw, config)
	return c, c.HandshakeContext(ctx)
}
