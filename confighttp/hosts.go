package confighttp

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Option is an option of [Handler].
type Option func(*options)

type options struct {
	hosts []string
	any   bool
}

// Hosts names the hosts under which the page and the JSON are served, beside the default ones: "config.internal", or
// "*.internal" for all names below. A port is ignored. Default: localhost and names below it, and addresses as they are, such as
// 10.1.2.3. A request with another name in its Host header is refused, since it may be that of a web page whose name was made to
// lead here (DNS rebinding).
func Hosts(names ...string) Option {
	return func(o *options) {
		for _, name := range names {
			if name = hostname(name); name != "" && name != "*" && name != "*." {
				o.hosts = append(o.hosts, name)
			}
		}
	}
}

// AnyHost serves the page and the JSON under every name: for a handler behind one that checks who asks.
func AnyHost() Option { return func(o *options) { o.any = true } }

// allows reports whether a request names a host of this service.
func (o *options) allows(r *http.Request) bool {
	if o.any {
		return true
	}
	host := hostname(r.Host)
	if host == "" {
		return false
	}
	if _, err := netip.ParseAddr(strings.ReplaceAll(host, "%25", "%")); err == nil {
		return true
	}
	for _, name := range append([]string{"localhost", "*.localhost"}, o.hosts...) {
		below, wild := strings.CutPrefix(name, "*")
		if host == name || wild && strings.HasSuffix(host, below) && len(host) > len(below) {
			return true
		}
	}
	return false
}

// hostname returns the name in a Host header in lower case, without the port, the brackets of an address and the dot at the end.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
