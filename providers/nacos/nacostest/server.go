package nacostest

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// Off is the [Options.DumpDelay] of a server whose publishes are readable as soon as they are
// answered.
const Off = fakenacos.Off

// Options configures a server. The zero value is a server without login on free ports whose delays
// are those of a real one.
type Options struct {
	// Version is the version of Nacos that the server answers as: "2.3" (2.3.2), which is the
	// default, or "3.0" (3.0.3). Start refuses another one.
	Version string
	// Port is the HTTP port; gRPC listens on Port+1000. Zero: a free pair.
	Port int
	// DumpDelay is the time from a publish or delete until reads and pushes see it. Zero: 100 ms,
	// about what a real server needs. [Off]: none, which is quick, but hides that a read right
	// after a publish may miss it. It is also the time from a change of a service until
	// subscribers are pushed; there zero is 500 ms.
	DumpDelay time.Duration
	// Users turns login on; empty but not nil: no user may log in. Nil: no login.
	Users []User
}

// User is a user who may log in and then do everything.
type User struct {
	Name, Password string
}

// Server is a Nacos server of one node.
type Server struct {
	fake *fakenacos.Server
}

// Start starts a server. Call [Server.Close] when you no longer need it.
func Start(opts Options) (*Server, error) {
	o := fakenacos.Options{Version: opts.Version, Port: opts.Port, DumpDelay: opts.DumpDelay}
	if opts.Users != nil {
		o.Users = make([]fakenacos.User, len(opts.Users))
		for i, u := range opts.Users {
			o.Users[i] = fakenacos.User{Name: u.Name, Password: u.Password}
		}
	}
	fake, err := fakenacos.Start(o)
	if err != nil {
		return nil, err
	}
	return &Server{fake: fake}, nil
}

// Addr returns the host and port of the HTTP interface, "127.0.0.1:18848"; gRPC is 1000 above.
func (s *Server) Addr() string { return s.fake.Addr() }

// Port returns the HTTP port.
func (s *Server) Port() int { return s.fake.Port() }

// URL returns "http://127.0.0.1:18848/nacos".
func (s *Server) URL() string { return s.fake.URL() }

// Publish publishes a config as a client does: it returns when the server has stored the content,
// and reads and pushes see it after the dump delay. The namespaces "" and "public" are the public
// one. The extension of the data ID gives the config its type: .yaml, .yml, .json, .toml or
// .properties. Publish fails on names and contents that a real server rejects.
func (s *Server) Publish(namespace, group, dataID, content string) error {
	return s.fake.Publish(namespace, group, dataID, content)
}

// Put publishes a config without the dump delay: when it returns, reads see the content, and pushes
// are on their way. It also works while the server is stopped.
func (s *Server) Put(namespace, group, dataID, content string) error {
	return s.fake.Put(namespace, group, dataID, content)
}

// Delete deletes a config as a client does, with the dump delay. Deleting a missing config is not
// an error.
func (s *Server) Delete(namespace, group, dataID string) { s.fake.Delete(namespace, group, dataID) }

// Get returns what is stored, whether or not reads see it yet.
func (s *Server) Get(namespace, group, dataID string) (content string, exists bool) {
	return s.fake.Get(namespace, group, dataID)
}

// Flush ends the dump delay of everything published and registered so far: reads see it, and pushes
// are on their way.
func (s *Server) Flush() { s.fake.Flush() }

// Listener is a connection that listens to a config.
type Listener struct {
	IP  string
	MD5 string // as the client reported it; clients of nacre report the content that is live
}

// Listeners returns the connections that listen to a config, the oldest first.
func (s *Server) Listeners(namespace, group, dataID string) []Listener {
	var listeners []Listener
	for _, l := range s.fake.Listeners(namespace, group, dataID) {
		listeners = append(listeners, Listener{IP: l.IP, MD5: l.MD5})
	}
	return listeners
}

// Stats counts what a server has now.
type Stats struct {
	// Connections is the number of registered client connections.
	Connections int
	// Listening is the number of configs that they listen to, each counted once a connection.
	Listening int
}

// Stats returns the current counts.
func (s *Server) Stats() Stats { return statsOf(s.fake.Stats()) }

func statsOf(st fakenacos.Stats) Stats {
	return Stats{Connections: st.Connections, Listening: st.Listening}
}

// Wait returns when the condition holds. It checks the condition now and whenever anything changes
// on the server; the condition may call the server's methods. Wait returns an error only if ctx
// ends first.
func (s *Server) Wait(ctx context.Context, condition func(Stats) bool) error {
	return s.fake.Wait(ctx, func(st fakenacos.Stats) bool { return condition(statsOf(st)) })
}

// Stop stops the server as a crash does: connections and requests break, and new ones are
// refused. The server keeps what was published for [Server.Start], and forgets the ephemeral
// instances of its clients, which register again when they reconnect. Stopping a stopped server
// does nothing.
func (s *Server) Stop() { s.fake.Stop() }

// Start starts a stopped server on the same ports, with everything that was published. It waits
// for the ports, if another process has them, until ctx ends. To start with an empty server,
// close this one and start another one on its port.
func (s *Server) Start(ctx context.Context) error { return s.fake.Start(ctx, true) }

// Close ends all connections and goroutines of the server. It may be called more than once.
func (s *Server) Close() { s.fake.Close() }
