package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Why [Dial] failed when the network did not.
var (
	// ErrProtocol is in the error when the other side said something, and it was not HTTP/2.
	ErrProtocol = errors.New("rpc: the other side does not speak HTTP/2")
	// ErrTurnedOff is in the error when this program has HTTP/2 turned off, by
	// GODEBUG=http2client=0 or the build tag nethttpomithttp2.
	ErrTurnedOff = errors.New("rpc: HTTP/2 is turned off in this program")
)

// A DialError says how far [Dial] came.
type DialError struct {
	Taken bool  // there was a TCP connection
	Err   error // has the network's error, the context's, or one of this package
}

// Error returns the cause in the words of whoever found it.
func (e *DialError) Error() string { return "rpc: connect: " + e.Err.Error() }

// Unwrap returns Err.
func (e *DialError) Unwrap() error { return e.Err }

// Options are how to connect.
type Options struct {
	TLS        *tls.Config // nil: without; it is not changed
	MaxMessage int         // bytes of one message, either way; default 4 MiB
	MaxPush    int         // bytes of one message that comes on a stream; default MaxMessage
	// Admit is asked before an answer of more than 1 MiB is read, with the context of its call; its
	// error is the call's. It may be asked when the call has returned already, whose context has
	// ended then. Nil: all are read.
	Admit     func(ctx context.Context) error
	UserAgent string // default that of net/http
}

const (
	defaultMaxMessage = 4 << 20
	maxHeader         = 256 << 10
	readFrameSize     = 16 << 10 // the least of HTTP/2: the buffer for one is kept as long as the connection
)

// Dial makes one connection to host:port, without the proxies of the environment, and returns when
// the other side has shown that it speaks HTTP/2. ctx is for that alone. Its errors are of type
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
	var d dialler
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
	// net/http is given a connection that is encrypted already, and need not know.
	t.Protocols.SetUnencryptedHTTP2(true)
	cc, err := t.NewClientConn(ctx, c.scheme, address)
	if err == nil {
		if err = d.line.wait(ctx); err == nil {
			c.cc, c.local = cc, d.raw.LocalAddr()
			return c, nil
		}
		_ = cc.Close()
	} else if d.line != nil && !d.line.written.Load() {
		err = errors.Join(ErrTurnedOff, err) // the connection stood, and nobody made use of it
	}
	if d.raw != nil {
		_ = d.raw.Close()
	}
	return nil, &DialError{Taken: d.raw != nil, Err: err}
}

// dialler makes the one connection for net/http, which calls it once and waits.
type dialler struct {
	raw  net.Conn // nil: there was none
	line *greeted // nil: nobody may speak on it yet
}

func (d *dialler) plain(ctx context.Context, network, addr string) (net.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.raw, d.line = raw, newGreeted(raw)
	return d.line, nil
}

func (d *dialler) secure(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.raw = raw
	config = config.Clone()
	config.NextProtos = []string{"h2"}
	if config.ServerName == "" {
		if config.ServerName, _, err = net.SplitHostPort(addr); err != nil {
			return nil, err
		}
	}
	c := tls.Client(raw, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if c.ConnectionState().NegotiatedProtocol != "h2" {
		return nil, ErrProtocol
	}
	d.line = newGreeted(c)
	return d.line, nil
}
