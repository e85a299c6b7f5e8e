package confighttp

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Option is an option of [Page], [JSON] and [Admin].
type Option interface{ apply(*options) }

type option func(*options)

func (f option) apply(o *options) { f(o) }

type options struct {
	hosts []string
	any   bool
}

func optionsOf(opts []Option) (o options) {
	for _, opt := range opts {
		if opt != nil {
			opt.apply(&o)
		}
	}
	return o
}

// Hosts allows further hosts in the Host header of a request: "config.internal", or "*.internal"
// for all names below it. A port is ignored. The default is localhost, names below it, and IP
// addresses such as 10.1.2.3. A request with another Host gets status 403: it may come from a web
// page that made its own name resolve to this service (DNS rebinding).
func Hosts(names ...string) Option {
	return option(func(o *options) {
		for _, name := range names {
			if name = hostname(name); name != "" && name != "*" && name != "*." {
				o.hosts = append(o.hosts, name)
			}
		}
	})
}

// AnyHost allows every Host header: for a handler behind one that authenticates its callers.
func AnyHost() Option { return option(func(o *options) { o.any = true }) }

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

// hostname returns the name in a Host header in lower case, without the port, the brackets of an
// address and the final dot.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
