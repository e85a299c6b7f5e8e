package fakenacos

import "time"

// Off switches off the delay or the check that a duration stands for.
const Off time.Duration = -1

// Options configures a server. The zero value is a server without login on free ports whose delays
// are those of a real one.
type Options struct {
	// Version is the version that the server answers as: "2.3" (2.3.2), which is the default, or
	// "3.0" (3.0.3).
	Version string
	// Port is the HTTP port; gRPC listens on Port+1000. Zero: a free pair.
	Port int

	// DumpDelay is the time from a publish or delete until reads and pushes see it; several changes
	// of one key within it appear as one. Zero: 100 ms, about what a real server needs. [Off]:
	// none, so that a publish is readable when it is answered, which is quick, but hides that a
	// read after a publish may miss it. For services, it is the time from a change until reads and
	// pushes see it, and zero is 500 ms. See also [Server.Flush] and [Faults.HoldDumps].
	DumpDelay time.Duration
	// AckTimeout is how long a push may stay unacknowledged. Zero: 3 s, and 5 s for a service.
	AckTimeout time.Duration
	// RetryDelay is the pause before a push is repeated. For a config it is multiplied by the
	// number of times that the push was sent. Zero: 2 s, and 1 s for a service.
	RetryDelay time.Duration
	// PushTries is how often a push of a config is sent before the server ends the connection.
	// Zero: 50. The push of a service is repeated for as long as the connection lasts.
	PushTries int
	// IdleTimeout is how long a connection may be silent before the server asks for a sign of life.
	// Zero: 20 s. [Off]: it never asks.
	IdleTimeout time.Duration
	// DetectTimeout is how long the client may take to answer. Zero: 5 s.
	DetectTimeout time.Duration
	// MaxMessage is the size of the largest gRPC message in bytes. Zero: 10 MiB. HTTP accepts as
	// much.
	MaxMessage int

	// Users turns login on; empty but not nil: no user may log in. Nil: no login, everything is
	// allowed. (A real server with login off answers a login of the user nacos as if it were on; so
	// does this one.)
	Users []User
	// AccessKeys make the server verify the signature of each request, instead of a login; empty
	// but not nil: no signature is valid. Nil: none is needed. See [Server.SetAccessKeys].
	AccessKeys []AccessKey
	// TokenTTL is the lifetime of a token, in whole seconds. Zero: 5 h.
	TokenTTL time.Duration
	// PlainRefusal makes a login with a wrong password answer HTTP 403, as some servers do. A 2.3.2
	// answers with the status line "HTTP/1.1 0", which strict HTTP clients reject as malformed;
	// that is the default here. It has no effect on a 3.0.
	PlainRefusal bool

	// OnRequest is called with each request before the server handles it, from the goroutine that
	// handles it. The request waits until OnRequest returns, so that a test can stop it there. Nil:
	// nothing.
	OnRequest func(Request)
}

// User is a user who may log in.
type User struct {
	Name, Password string
	// Grants are the permissions of the user. Nil: all.
	Grants []Grant
}

// Grant allows reading, writing or both in one namespace; "" is the public one.
type Grant struct {
	Namespace   string
	Read, Write bool
}

// Request is the argument of [Options.OnRequest]. It carries no content.
type Request struct {
	// Type is the name of the gRPC request ("ConfigQueryRequest"), or the HTTP method and path
	// ("GET /nacos/v1/cs/configs").
	Type string
	// Connection is the ID of the gRPC connection; empty for HTTP.
	Connection string
	// Key is the key of the request, if it has one.
	Key Key
}

// Key identifies a config, or a service, whose name is the DataID. The public namespace is "".
type Key struct {
	Namespace, Group, DataID string
}

// serviceDelays returns the times from the change of a service to its push, for its
// acknowledgement, and until it is repeated.
func (o Options) serviceDelays() (push, timeout, retry time.Duration) {
	push, timeout, retry = o.DumpDelay, o.AckTimeout, o.RetryDelay
	if push == 0 {
		push = 500 * time.Millisecond
	}
	if timeout <= 0 {
		timeout = 5 * time.Second
	}
	if retry <= 0 {
		retry = time.Second
	}
	return push, timeout, retry
}

func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	if o.DumpDelay == 0 {
		o.DumpDelay = 100 * time.Millisecond
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 20 * time.Second
	}
	def(&o.AckTimeout, 3*time.Second)
	def(&o.RetryDelay, 2*time.Second)
	def(&o.DetectTimeout, 5*time.Second)
	def(&o.TokenTTL, 5*time.Hour)
	if o.PushTries <= 0 {
		o.PushTries = 50
	}
	if o.MaxMessage <= 0 {
		o.MaxMessage = 10 << 20
	}
	return o
}
