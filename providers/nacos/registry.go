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

// shared is a session and how many clients have it.
type shared struct {
	*session
	id      identity
	clients int
}

// identity is what makes two sessions one: all that the server or the timing could tell apart.
type identity struct {
	transport transport // nil for the real one
	servers   string    // with scheme and path, in order of the names
	endpoint  string    // with the path of the servers that it names
	allowed   string
	plaintext bool
	namespace string
	username  string
	password  Password
	signer    *Signer
	tls       *tls.Config
	labels    string
	timings   timings
}

var sessions = &registry{sessions: map[identity]*shared{}}

func identify(via transport, as settings, t timings) identity {
	id := identity{
		transport: via, allowed: as.allowed.String(), plaintext: as.plaintext, namespace: as.namespace, username: as.username, password: as.password, signer: as.signer, tls: as.tls, timings: t,
	}
	list := make([]string, len(as.servers))
	for i, a := range as.servers {
		list[i] = a.full()
	}
	slices.Sort(list)
	id.servers = strings.Join(list, " ")
	if as.endpoint != nil {
		id.endpoint = as.endpoint.url + " " + as.endpoint.prefix
	}
	var labels strings.Builder
	for _, k := range slices.Sorted(maps.Keys(as.labels)) {
		fmt.Fprintf(&labels, " %q=%q", k, as.labels[k])
	}
	id.labels = labels.String()
	return id
}

// take returns the session of these settings, a new one where there is none.
func (r *registry) take(via transport, as settings, t timings, h *hook) *shared {
	id := identify(via, as, t)
	r.mu.Lock()
	defer r.mu.Unlock()
	sh := r.sessions[id]
	if sh == nil {
		if via == nil {
			via = grpcTransport{tls: as.tls}
		}
		sh = &shared{session: newSession(via, as, t, h), id: id}
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
