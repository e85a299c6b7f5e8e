package engine

import (
	"sync"

	"github.com/nacre-go/nacre/internal/pipeline"
)

// update is the result of a call of Next: a decoded content, an error, or a content and a later
// error.
type update struct {
	layer   *layerState
	content *pipeline.Content
	err     error
}

// inbox has what the watchers have received and the writer has not taken yet: one update for each
// layer, since a newer content replaces an older one.
type inbox struct {
	wake chan struct{} // one slot; receives after an update was put

	mu      sync.Mutex
	updates []*update // by layer
}

func newInbox(layers int) inbox {
	return inbox{wake: make(chan struct{}, 1), updates: make([]*update, layers)}
}

// put adds an update in place of one that the writer has not taken yet.
func (b *inbox) put(u update) {
	b.mu.Lock()
	slot := &b.updates[u.layer.index]
	if u.err != nil && *slot != nil {
		u.content = (*slot).content // keep a content that came before the error
	}
	*slot = &u
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns the updates, in the order of the layers, and empties the inbox.
func (b *inbox) take() (all []*update) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, u := range b.updates {
		if u != nil {
			all = append(all, u)
			b.updates[i] = nil
		}
	}
	return all
}
