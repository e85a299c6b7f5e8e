package nacossdk

import (
	"sync"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
)

// calls is how many calls of one SDK client are under way at the same time.
const calls = 4

// registry has a hub for each client of the SDK that is in use, so that a key is listened to once.
type registry struct {
	mu   sync.Mutex
	hubs map[config_client.IConfigClient]*hub
}

// hub is what is followed by one client of the SDK.
type hub struct {
	sdk   config_client.IConfigClient
	slots chan struct{} // one for each call that is under way

	mu      sync.Mutex
	entries map[key]*entry
}

var hubs = &registry{hubs: map[config_client.IConfigClient]*hub{}}

// take returns the entry of a key for one more source.
func (r *registry) take(sdk config_client.IConfigClient, k key, by *configSource, every time.Duration) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hubs[sdk]
	if h == nil {
		h = &hub{sdk: sdk, slots: make(chan struct{}, calls), entries: map[key]*entry{}}
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
	e.add(by, every)
	return e
}

// give takes a source off an entry; the last one ends it, and the last entry of a hub the hub.
func (r *registry) give(e *entry, by *configSource) {
	r.mu.Lock()
	h := e.hub
	h.mu.Lock()
	last := e.drop(by)
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

// wake is what the SDK's listener of a key does. It looks the entry up, since the SDK may go on
// calling a listener that was taken back, and keeps it where a new one was given.
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
