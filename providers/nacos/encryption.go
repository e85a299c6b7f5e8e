package nacos

import (
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// What travels without encryption, and the warnings about it; see docs/adr/0030.

const (
	schemeHTTP  = "http"
	schemeHTTPS = "https"
)

// scheme returns the scheme of a server or an address server without one.
func (c Config) scheme() string {
	if c.TLS != nil && !c.Plaintext {
		return schemeHTTPS
	}
	return schemeHTTP
}

// reported returns a server from the network with its scheme, which the network cannot downgrade.
func (s settings) reported(a address) address {
	switch {
	case s.encrypted:
		a.scheme = schemeHTTPS
	case a.scheme == "":
		a.scheme = schemeHTTP
	}
	return a
}

// secret reports whether requests carry credentials.
func (s settings) secret() bool { return s.username != "" || s.signer != nil }

// warnings are the warnings that a session has emitted.
type warnings struct {
	server, endpoint bool
	events           []Event
}

// exposes is called with each server before it receives a password, a token or a signature. It
// warns, once per session, if these travel without encryption.
func (s *session) exposes(a address) {
	if s.settings.plaintext || !s.settings.secret() || a.scheme == schemeHTTPS && s.settings.tls != nil || isLoopback(a.host) {
		return
	}
	s.warn(&s.warnings.server, UnencryptedCredentials.fail("log in to", a.String()), a)
}

// exposesList warns if the list of servers that receive the password travels without encryption.
func (s *session) exposesList() {
	a := s.settings.endpoint.server
	if s.settings.plaintext || !s.settings.secret() || s.settings.tls == nil || a.scheme == schemeHTTPS || isLoopback(a.host) {
		return
	}
	e := UnencryptedCredentials.failAs("ask", a.String(), "the list of servers that receive the credentials is sent without encryption")
	e.Fix = "use https in Config.Endpoint; if you trust the network, set Config.Plaintext, or NACOS_PLAINTEXT=true"
	s.warn(&s.warnings.endpoint, e, a)
}

// warn sends a warning to all hooks, including later ones, or to the default logger if there is
// none.
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

// logWarning ignores a handler's panic.
func logWarning(e Event) {
	defer func() { _ = recover() }()
	slog.Default().Warn("nacre: Nacos credentials are sent without encryption",
		"event", "unencrypted_credentials", "server", e.Server, "error", e.Err, "code", UnencryptedCredentials.Name())
}

// isLoopback reports whether traffic to a host stays on this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
