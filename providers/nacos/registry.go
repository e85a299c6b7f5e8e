package nacos

import (
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// registry holds the sessions of the process, so that clients with the same settings share one.
type registry struct {
	mu       sync.Mutex
	sessions map[identity]*shared
}

// shared is a session and the number of its clients.
type shared struct {
	*session
	id      identity
	clients int
}

// identity is what makes two sessions the same: everything that the server or the timing could tell
// apart.
type identity struct {
	transport transport // nil for the real one
	servers   string    // with scheme and path, in order of the names
	endpoint  string    // with the path of the servers in its list
	allowed   string
	plaintext bool
	namespace string
	username  string
	password  Password
	pwFile    string
	signer    *Signer
	tls       *tls.Config
	labels    string
	timings   timings
}

var sessions = &registry{sessions: map[identity]*shared{}}

func identify(network transport, cfg settings, durations timings) identity {
	id := identity{
		transport: network, allowed: cfg.allowed.String(), plaintext: cfg.plaintext, namespace: cfg.namespace, username: cfg.username, password: cfg.password, pwFile: cfg.passwordFile, signer: cfg.signer, tls: cfg.tls, timings: durations,
	}
	list := make([]string, len(cfg.servers))
	for i, a := range cfg.servers {
		list[i] = a.full()
	}
	slices.Sort(list)
	id.servers = strings.Join(list, " ")
	if cfg.endpoint != nil {
		id.endpoint = cfg.endpoint.url + " " + cfg.endpoint.prefix
	}
	var labels strings.Builder
	for _, k := range slices.Sorted(maps.Keys(cfg.labels)) {
		fmt.Fprintf(&labels, " %q=%q", k, cfg.labels[k])
	}
	id.labels = labels.String()
	return id
}

// take returns the session of these settings, and starts one if there is none.
func (r *registry) take(network transport, cfg settings, durations timings, h *hook) *shared {
	id := identify(network, cfg, durations)
	r.mu.Lock()
	defer r.mu.Unlock()
	sh := r.sessions[id]
	if sh == nil {
		if network == nil {
			network = grpcTransport{tls: cfg.tls}
		}
		sh = &shared{session: newSession(network, cfg, durations, h), id: id}
		r.sessions[id] = sh
	} else {
		sh.addHook(h)
	}
	sh.clients++
	return sh
}

// give returns a session; the last client closes it.
func (r *registry) give(sh *shared, h *hook) {
	r.mu.Lock()
	sh.clients--
	last := sh.clients == 0
	if last {
		delete(r.sessions, sh.id)
	}
	r.mu.Unlock()
	if last {
		sh.close()
	}
	sh.removeHook(h)
}
