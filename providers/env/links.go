package env

import (
	"net"
	"net/url"
	"regexp"
	"strings"
)

// linkName matches the variable with the address of one port of a service: ORDERS_PORT_8080_TCP.
var linkName = regexp.MustCompile(`^(.+)_PORT_([0-9]+)_(TCP|UDP|SCTP)$`)

// service holds what Kubernetes has injected for one service.
type service struct {
	hosts, ports, urls map[string]bool
}

// injected returns the names of the variables that Kubernetes has injected for its services. For
// the service "orders" with the address 10.0.0.1 and a port 8080 named "http", they are
//
//	ORDERS_SERVICE_HOST=10.0.0.1               ORDERS_PORT_8080_TCP=tcp://10.0.0.1:8080
//	ORDERS_SERVICE_PORT=8080                   ORDERS_PORT_8080_TCP_PROTO=tcp
//	ORDERS_SERVICE_PORT_HTTP=8080              ORDERS_PORT_8080_TCP_PORT=8080
//	ORDERS_PORT=tcp://10.0.0.1:8080            ORDERS_PORT_8080_TCP_ADDR=10.0.0.1
//
// Those in the second column are unmistakable: name and value match. Those in the first are
// injected if their values match the second column, and belong to the user otherwise.
func injected(all map[string]string) map[string]bool {
	found := map[string]bool{}
	services := map[string]*service{}
	for name, value := range all {
		m := linkName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		proto, port := strings.ToLower(m[3]), m[2]
		u, err := url.Parse(value)
		if err != nil || u.Hostname() == "" || value != proto+"://"+net.JoinHostPort(u.Hostname(), port) {
			continue
		}
		s := services[m[1]]
		if s == nil {
			s = &service{map[string]bool{}, map[string]bool{}, map[string]bool{}}
			services[m[1]] = s
		}
		s.hosts[u.Hostname()], s.ports[port], s.urls[value] = true, true, true
		found[name] = true
		for suffix, is := range map[string]string{"_PROTO": proto, "_PORT": port, "_ADDR": u.Hostname()} {
			if v, ok := all[name+suffix]; ok && v == is {
				found[name+suffix] = true
			}
		}
	}
	for name, s := range services {
		check := func(name string, among map[string]bool) {
			if v, ok := all[name]; ok && among[v] {
				found[name] = true
			}
		}
		check(name+"_PORT", s.urls)
		check(name+"_SERVICE_HOST", s.hosts)
		check(name+"_SERVICE_PORT", s.ports)
		for other := range all {
			if strings.HasPrefix(other, name+"_SERVICE_PORT_") {
				check(other, s.ports)
			}
		}
	}
	return found
}
