package nacos

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A server may redirect a session. The session follows to listed servers only: the redirect may
// come from a server, or from an attacker in its place that wants the login.

// allowed are the unlisted hosts to which a server may redirect the session.
type allowed struct {
	hosts    []string // "host", or "host:port"
	networks []netip.Prefix
}

func (l *allowed) add(text string) error {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return errors.New(`is neither a host nor a network such as "10.0.0.0/8"`)
		}
		l.networks = append(l.networks, network.Masked())
		return nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.Trim(text, "[]"), ""
	} else if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return errors.New("has a port that is not between 1 and 65535")
	}
	if !isHost(host) {
		return errors.New("has no valid host")
	}
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	l.hosts = append(l.hosts, strings.ToLower(host))
	return nil
}

func (l *allowed) has(a address) bool {
	for _, host := range l.hosts {
		if strings.EqualFold(host, a.host) || strings.EqualFold(host, a.String()) {
			return true
		}
	}
	ip, err := netip.ParseAddr(a.host)
	return err == nil && slices.ContainsFunc(l.networks, func(n netip.Prefix) bool { return n.Contains(ip.Unmap()) })
}

// String returns a text that is equal for equal values.
func (l *allowed) String() string {
	all := slices.Clone(l.hosts)
	for _, n := range l.networks {
		all = append(all, n.String())
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// maxHost is the limit of the DNS.
const maxHost = 253

// isHost reports whether a server's text may be a host.
func isHost(text string) bool {
	if len(text) == 0 || len(text) > maxHost {
		return false
	}
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == "" || !strings.ContainsFunc(text, notInHost)
}

// find returns a server as it is in the list.
func find(list []address, a address) (address, bool) {
	i := slices.IndexFunc(list, func(b address) bool { return strings.EqualFold(a.String(), b.String()) })
	if i < 0 {
		return a, false
	}
	return list[i], true
}

// listed returns a server as the Config or the address server has it, or unchanged if redirects to
// it are allowed, and reports whether one of these is so. No other server receives a password.
func (s *session) listed(a address) (address, bool) {
	known, _ := s.known()
	for _, list := range [][]address{known, s.settings.servers} {
		if b, ok := find(list, a); ok {
			return b, true
		}
	}
	return a, s.settings.allowed.has(a)
}

// redirected records where the server wants the session to go, if that is listed, and returns why
// the connection ends.
func (s *session) redirected(c *conn, p push) error {
	event := Event{Kind: EventRedirected}
	port, err := strconv.Atoi(p.ServerPort)
	switch {
	case p.ServerIP == "": // anywhere else
	case err != nil || port < 1 || port > 65535-grpcOffset || !isHost(p.ServerIP):
		event.Err = UnlistedServer.failAs("leave", c.server.String(), "the server redirects its clients to what is not a host and a port")
	default:
		to, ok := s.listed(s.settings.reported(address{host: p.ServerIP, port: port, scheme: c.server.scheme, prefix: c.server.prefix}))
		event.Server = to.String()
		if !ok {
			event.Err = UnlistedServer.failAs("leave", c.server.String(), "the server redirects its clients to "+to.String()+", which is not listed")
			break
		}
		select {
		case c.moveTo <- to:
		default:
		}
	}
	s.emit(event)
	return errRedirected(c.server)
}

// next returns the servers to try after a connection was lost: the target of a redirect, if it is
// still listed, then the servers after the lost one in the list, and the lost one last.
func (s *session) next(c *conn) (order []address, redirect *address) {
	servers, _ := s.known()
	order = s.present(nil)
	if i := slices.Index(servers, c.server); i >= 0 {
		order = slices.Concat(servers[i+1:], servers[:i+1])
	}
	select {
	case to := <-c.moveTo:
		if to, ok := s.listed(to); ok {
			return inFront(order, to), &to
		}
	default:
	}
	return order, nil
}

// comeBack ends a connection to an unlisted server after timings.away, as soon as a listed server
// is up: a redirect must not keep the session from the servers that the Config names.
func (s *session) comeBack(c *conn) {
	for wait := s.timings.away; sleep(c.ctx, jittered(wait, s.timings.jitter)); wait = time.Minute {
		servers, _ := s.known()
		if _, ok := find(servers, c.server); ok {
			return
		}
		if len(s.open(c.ctx, servers, true)) > 0 {
			c.end(Redirected.failAs("ask", c.server.String(), "the time at an unlisted server is over"))
		}
	}
}
