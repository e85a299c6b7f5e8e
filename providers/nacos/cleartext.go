package nacos

import (
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// What goes without encryption, and who is told of it. docs/adr/0030 has the reasons.

const (
	schemeHTTP  = "http"
	schemeHTTPS = "https"
)

// scheme is that of a server, or an address server, of the Config that names none.
func (c Config) scheme() string {
	if c.TLS != nil && !c.Plaintext {
		return schemeHTTPS
	}
	return schemeHTTP
}

// reported returns a server that came from the network with a scheme. What comes from there cannot
// lower it.
func (s settings) reported(a address) address {
	switch {
	case s.encrypted:
		a.scheme = schemeHTTPS
	case a.scheme == "":
		a.scheme = schemeHTTP
	}
	return a
}

// secret reports whether requests carry what must not be read on their way.
func (s settings) secret() bool { return s.username != "" || s.signer != nil }

// warnings are those that a session has given.
type warnings struct {
	server, endpoint bool
	events           []Event
}

// exposes is called with each server that is about to get a password, a token or a signature, and
// warns, once in a session, if these can be read on their way.
func (s *session) exposes(a address) {
	if s.settings.plaintext || !s.settings.secret() || a.scheme == schemeHTTPS && s.settings.tls != nil || isLoopback(a.host) {
		return
	}
	s.warn(&s.warnings.server, UnencryptedCredentials.fail("log in to", a.String()), a)
}

// exposesList warns if somebody on the way may say which servers get the password.
func (s *session) exposesList() {
	a := s.settings.endpoint.server
	if s.settings.plaintext || !s.settings.secret() || s.settings.tls == nil || a.scheme == schemeHTTPS || isLoopback(a.host) {
		return
	}
	e := UnencryptedCredentials.failAs("ask", a.String(), "the list of the servers that get the credentials comes without encryption")
	e.Fix = "give Config.Endpoint as https; where the network is trusted, set Config.Plaintext, or NACOS_PLAINTEXT=true"
	s.warn(&s.warnings.endpoint, e, a)
}

// warn tells all hooks, those that come later too, or where there is none the default logger.
func (s *session) warn(given *bool, err error, a address) {
	e := Event{Kind: EventUnencryptedCredentials, Time: time.Now(), Server: a.String(), Err: err}
	s.mu.Lock()
	if *given {
		s.mu.Unlock()
		return
	}
	*given = true
	s.warnings.events = append(s.warnings.events, e)
	hooks := s.hooks
	s.mu.Unlock()
	for _, h := range hooks {
		h.emit(e)
	}
	if len(hooks) == 0 {
		logWarning(e)
	}
}

// logWarning keeps a handler's panic from the session.
func logWarning(e Event) {
	defer func() { _ = recover() }()
	slog.Default().Warn("nacos: credentials without encryption", "server", e.Server, "err", e.Err)
}

// isLoopback reports whether what goes to a host does not leave this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
