package nacos

import (
	"context"
	"time"
)

// transport is all that the session needs of the network. The session's logic is tested against a
// scripted one, with a faked clock; [wired] is the real one. Errors of it are of type
// *source.Error, but for those of Fetch.
type transport interface {
	// Open connects to a server and opens its push stream. It returns when ctx is done.
	Open(ctx context.Context, server address) (link, error)
	// ProbePort reports whether the server takes connections at all.
	ProbePort(ctx context.Context, server address) bool
	// Login trades a password for a token.
	Login(ctx context.Context, server address, as settings) (grant, error)
	// Fetch sends a request to an HTTP interface, and returns the status and the body. Its errors
	// are the network's own.
	Fetch(ctx context.Context, f fetch) (status int, body []byte, err error)
}

// link is one connection. When it breaks it stays broken.
type link interface {
	// Call sends a request and returns the answer. It is safe for concurrent use.
	Call(ctx context.Context, m message) (message, error)
	// Send puts a message on the stream; Recv blocks until the server has sent one. Each is for one
	// caller at a time.
	Send(m message) error
	Recv() (message, error)
	// LocalIP is this side's address, as the server shows it to people.
	LocalIP() string
	// Close breaks the link, at once.
	Close()
}

// message is what travels either way: a type, headers and a JSON body.
type message struct {
	Type     string
	Headers  map[string]string
	ClientIP string
	Body     []byte
}

// grant is what a login gives. The zero token says that the server asks for none.
type grant struct {
	token string
	ttl   time.Duration
}
