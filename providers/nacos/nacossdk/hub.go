package nacossdk

import (
	"sync"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
)

// maxCalls is how many maxCalls of one SDK client run at the same time.
const maxCalls = 4

// registry has a hub for each client of the SDK that is in use, so that there is one listen per
// key.
type registry struct {
	mu   sync.Mutex
	hubs map[config_client.IConfigClient]*hub
}

// hub holds the entries of one client of the SDK.
type hub struct {
	sdk   config_client.IConfigClient
	slots chan struct{} // one for each call in progress
	gate  gate

	mu      sync.Mutex
	entries map[key]*entry
}

// every returns the interval of reads of a config: the wanted one, or a longer one if the client
// has many configs.
func (h *hub) every(wanted time.Duration) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(wanted, time.Duration(len(h.entries))*readsEach)
}

var hubs = &registry{hubs: map[config_client.IConfigClient]*hub{}}

// take returns the entry of a key for one more source.
func (r *registry) take(sdk config_client.IConfigClient, k key, s *configSource, every time.Duration) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hubs[sdk]
	if h == nil {
		h = &hub{sdk: sdk, slots: make(chan struct{}, maxCalls), entries: map[key]*entry{}}
		r.hubs[sdk] = h
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.entries[k]
	if e == nil {
		e = newEntry(h, k, every)
		h.entries[k] = e
		go e.run()
	}
	e.add(s, every)
	return e
}

// give removes a source from an entry. The last source ends the entry, and the last entry its hub.
func (r *registry) give(e *entry, s *configSource) {
	r.mu.Lock()
	h := e.hub
	h.mu.Lock()
	last := e.drop(s)
	if last && h.entries[e.key] == e {
		delete(h.entries, e.key)
	}
	if len(h.entries) == 0 && r.hubs[h.sdk] == h {
		delete(r.hubs, h.sdk)
	}
	h.mu.Unlock()
	r.mu.Unlock()
	if last {
		e.end()
	}
}

// wake is the SDK's listener of a key. It looks the entry up, since the SDK may continue to call a
// listener after its end, or keep it in the place of a new one.
func (r *registry) wake(sdk config_client.IConfigClient, k key) {
	r.mu.Lock()
	h := r.hubs[sdk]
	r.mu.Unlock()
	if h == nil {
		return
	}
	h.mu.Lock()
	e := h.entries[k]
	h.mu.Unlock()
	if e != nil {
		e.wake()
	}
}
