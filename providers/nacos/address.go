package nacos

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultPort   = 8848
	grpcOffset    = 1000 // the distance of the gRPC port from the HTTP port, unless ports are mapped
	defaultPrefix = "/nacos"
)

// address is one server. It is comparable.
type address struct {
	host   string
	port   int // of HTTP
	rpc    int // of gRPC; 0: grpcOffset above port
	scheme string
	prefix string // of HTTP paths: "/nacos"
}

// parseAddress reads "host", "host:port", "host:port/nacos" or "http://host:port/nacos", each with
// or without "?grpc=port". The scheme is empty if the text has none.
func parseAddress(text, prefix string) (address, error) {
	a := address{prefix: prefix, port: defaultPort}
	text, query, asked := strings.Cut(strings.TrimSpace(text), "?")
	if asked {
		rpc, err := grpcPort(query)
		if err != nil {
			return a, err
		}
		a.rpc = rpc
	}
	hostport := text
	bare := !strings.Contains(text, "://")
	if bare && strings.Contains(text, "/") {
		text = "//" + text
	}
	if strings.Contains(text, "//") {
		u, err := url.Parse(text)
		switch {
		case err != nil:
			return a, errors.New("is not a URL") // the parser's own text may repeat a password
		case u.User != nil:
			return a, errors.New("has a login in it, which belongs in Username and Password")
		case !bare && u.Scheme != schemeHTTP && u.Scheme != schemeHTTPS:
			return a, errors.New("has a scheme that is neither http nor https")
		case u.Fragment != "":
			return a, errors.New("has a fragment, which has no meaning here")
		}
		a.scheme, hostport = u.Scheme, u.Host
		if p := strings.TrimRight(u.EscapedPath(), "/"); p != "" {
			a.prefix = p
		}
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil { // no port
		host = strings.Trim(hostport, "[]")
	} else if a.port, err = strconv.Atoi(port); err != nil || a.port < 1 || a.port > 65535 {
		return a, errors.New("has a port that is not between 1 and 65535")
	}
	if a.rpc == a.port+grpcOffset {
		a.rpc = 0
	}
	if a.rpc == 0 && a.port > 65535-grpcOffset {
		return a, fmt.Errorf("has a port above %d, and the gRPC port would be %d above it: add ?grpc=port", 65535-grpcOffset, grpcOffset)
	}
	// A list comes from the network, and netip accepts any text as a zone.
	if bare, zone, zoned := strings.Cut(host, "%"); !isHost(bare) || zoned && (!strings.Contains(bare, ":") || !isHost(zone)) {
		return a, errors.New("has no valid host")
	}
	a.host = host
	return a, nil
}

func grpcPort(query string) (int, error) {
	v, err := url.ParseQuery(query)
	if err != nil || len(v) != 1 || len(v["grpc"]) != 1 {
		return 0, errors.New("has a query that is not grpc=port")
	}
	port, err := strconv.Atoi(v.Get("grpc"))
	if err != nil || port < 1 || port > 65535 {
		return 0, errors.New("has a gRPC port that is not between 1 and 65535")
	}
	return port, nil
}

func notInHost(r rune) bool { return r == ':' || illegal(r) }

// String returns "host:port" with the HTTP port, which is the one that people know.
func (a address) String() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

func (a address) grpc() string { return net.JoinHostPort(a.host, strconv.Itoa(a.grpcPort())) }

func (a address) grpcPort() int {
	if a.rpc > 0 {
		return a.rpc
	}
	return a.port + grpcOffset
}

// full returns the address with everything that distinguishes it from another one.
func (a address) full() string { return a.url("") + "?grpc=" + strconv.Itoa(a.grpcPort()) }

func (a address) url(path string) string { return a.scheme + "://" + a.String() + a.prefix + path }

// names lists addresses for people, in an order of its own.
func names(all []address) string {
	list := make([]string, len(all))
	for i, a := range all {
		list[i] = a.String()
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
