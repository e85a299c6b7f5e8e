package nacos

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	endpointPort = 8080
	endpointPath = "/nacos/serverlist"
)

// endpoint is an address server: an HTTP resource that lists the servers of a cluster, one per
// line. The SDKs support the same.
type endpoint struct {
	server address // for people
	url    string
	prefix string // of the HTTP paths of the listed servers
}

// parseEndpoint reads "host", "host:port" or a URL. scheme applies to a text without one.
func parseEndpoint(text, scheme, prefix string) (*endpoint, error) {
	text = strings.TrimSpace(text)
	port := endpointPort
	if strings.Contains(text, "://") {
		port = 80
	} else {
		text = scheme + "://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL") // the parser's own text may repeat a password
	case u.User != nil:
		return nil, errors.New("has a login in it, which is not sent")
	case u.Scheme != schemeHTTP && u.Scheme != schemeHTTPS:
		return nil, errors.New("has a scheme that is neither http nor https")
	case u.Hostname() == "" || net.ParseIP(u.Hostname()) == nil && strings.ContainsFunc(u.Hostname(), illegal):
		return nil, errors.New("has no valid host")
	}
	switch {
	case u.Port() != "":
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("has a port that is not between 1 and 65535")
		}
	case u.Scheme == schemeHTTPS && port == 80:
		port = 443
	}
	u.Host = net.JoinHostPort(u.Hostname(), strconv.Itoa(port))
	if strings.Trim(u.Path, "/") == "" {
		u.Path = endpointPath
	}
	return &endpoint{server: address{host: u.Hostname(), port: port, scheme: u.Scheme}, url: u.String(), prefix: prefix}, nil
}

// maxServers is the number of servers that are taken from an answer; a cluster has a handful.
const maxServers = 256

// read returns the servers in an answer, each once. It ignores other lines.
func (s settings) read(body []byte) []address {
	var found []address
	for line := range strings.FieldsFuncSeq(string(body), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		a, err := parseAddress(line, s.endpoint.prefix)
		if a = s.reported(a); err == nil && !slices.Contains(found, a) {
			found = append(found, a)
		}
		if len(found) == maxServers {
			break
		}
	}
	return found
}

// locate keeps the list of servers equal to that of the address server, until ctx ends.
func (s *session) locate(ctx context.Context) {
	retry := backoff{shortest: time.Second, longest: s.timings.locate}
	var before error
	first := sync.OnceFunc(func() { close(s.asked) })
	defer first()
	s.exposesList()
	for {
		servers, err := s.askEndpoint(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := s.timings.locate
		if err == nil {
			retry.reset()
			s.located(ctx, servers)
		} else {
			wait = min(time.Second/2+retry.next(), s.timings.locate)
			if !same(before, err) {
				s.notLocated(err)
			}
		}
		before = err
		first()
		if !sleep(ctx, jittered(wait, s.timings.jitter)) {
			return
		}
	}
}

func (s *session) askEndpoint(ctx context.Context) ([]address, error) {
	e := s.settings.endpoint
	ctx, cancel := context.WithTimeout(ctx, s.timings.request)
	defer cancel()
	status, body, err := s.transport.Fetch(ctx, fetch{method: http.MethodGet, url: e.url, most: fewBytes})
	if err != nil {
		return nil, errHTTP(ctx, "ask", e.server, err)
	}
	if status != http.StatusOK {
		return nil, NoServers.failAs("ask", e.server.String(), "the address server answered with HTTP status "+strconv.Itoa(status))
	}
	servers := s.settings.read(body)
	if len(servers) == 0 {
		return nil, NoServers.fail("ask", e.server.String())
	}
	return servers, nil
}

// located takes a list of servers.
func (s *session) located(ctx context.Context, servers []address) {
	s.mu.Lock()
	old, c := s.servers, s.current
	s.servers, s.noServers = servers, nil
	s.mu.Unlock()
	changed := !sameServers(old, servers)
	if changed {
		s.emit(Event{Kind: EventServersChanged, Server: names(servers)})
		signal(s.moved)
	}
	s.leave(ctx, c, changed)
}

// sameServers ignores the order, which an address server may change with each answer.
func sameServers(one, other []address) bool {
	notIn := func(list []address) func(address) bool {
		return func(a address) bool { return !slices.Contains(list, a) }
	}
	return !slices.ContainsFunc(one, notIn(other)) && !slices.ContainsFunc(other, notIn(one))
}

// leave ends a connection to a server that is not in the list. A redirect target is checked when
// the list has changed. The connection ends as soon as a listed server is up: the answer of an
// address server may be a mistake, or a page about its maintenance.
func (s *session) leave(ctx context.Context, c *conn, changed bool) {
	servers, _ := s.known()
	if c == nil || isAmong(servers, c.server) {
		return
	}
	if changed || !c.redirected {
		c.unlisted.Store(true)
	}
	if c.unlisted.Load() && len(s.open(ctx, servers, true)) > 0 {
		c.end(Redirected.failAs("ask", c.server.String(), "the server has left the list of the address server"))
	}
}

func isAmong(servers []address, a address) bool {
	_, ok := find(servers, a)
	return ok
}

func (s *session) notLocated(err error) {
	s.mu.Lock()
	s.noServers = err
	s.mu.Unlock()
	s.emit(Event{Kind: EventAddressServerFailed, Server: s.settings.endpoint.server.String(), Err: err})
}

// known returns the current servers, or why there are none.
func (s *session) known() ([]address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.servers, s.noServers
}
