package nacos

import (
	"context"
	"time"
)

// transport is all that a session needs of the network. The tests of the session use a scripted
// one, with a fake clock; [grpcTransport] is the real one. Its errors are of type *source.Error,
// except those of Fetch.
type transport interface {
	// Open connects to a server and opens its push stream. It returns when ctx ends.
	Open(ctx context.Context, server address) (link, error)
	// ProbePort reports whether the server answers at all.
	ProbePort(ctx context.Context, server address) bool
	// Login exchanges a password for a token.
	Login(ctx context.Context, server address, cfg settings) (grant, error)
	// Fetch sends a request to an HTTP interface, and returns status and body. It returns the
	// network's own errors.
	Fetch(ctx context.Context, f fetch) (status int, body []byte, err error)
}

// link is one connection. Once it breaks it stays broken.
type link interface {
	// Call sends a request and returns the answer. It is safe for concurrent use.
	Call(ctx context.Context, m message) (message, error)
	// Send puts a message on the stream; Recv blocks until the server sends one. One goroutine at a
	// time may call each.
	Send(m message) error
	Recv() (message, error)
	// LocalIP returns this side's address, which the server shows to people.
	LocalIP() string
	// Close breaks the link at once.
	Close()
}

// message is a message in either direction: a type, headers and a JSON body.
type message struct {
	Type     string
	Headers  map[string]string
	ClientIP string
	Body     []byte
}

// grant is the result of a login. The token is empty if the server requires none.
type grant struct {
	token string
	ttl   time.Duration
}
