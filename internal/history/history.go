package history

import (
	"slices"
	"sync"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
)

// History has the last entries of each kind, so that many rejected changes do not evict the
// versions to roll back to. It is safe for concurrent use.
type History struct {
	limit int // of the entries of one kind

	mu  sync.Mutex
	all []entry // oldest first
}

// entry is an entry with the state of its version; nil for a rejected change and for an act of an
// operator.
type entry struct {
	observe.HistoryEntry
	state *pipeline.State
}

// New returns a history of at most limit entries of each kind, and of at least one.
func New(limit int) *History { return &History{limit: max(limit, 1)} }

// Add adds an entry. state is that of the version, or nil for a rejected change and for an act of
// an operator.
func (h *History) Add(state *pipeline.State, added observe.HistoryEntry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, entry{added, state})
	same := func(e entry) bool { return e.Kind == added.Kind }
	n := 0
	for _, e := range h.all {
		if same(e) {
			n++
		}
	}
	if n > h.limit {
		oldest := slices.IndexFunc(h.all, same)
		h.all = slices.Delete(h.all, oldest, oldest+1)
	}
}

// Entries returns the entries, oldest first.
func (h *History) Entries() []observe.HistoryEntry {
	h.mu.Lock()
	defer h.mu.Unlock()
	entries := make([]observe.HistoryEntry, len(h.all))
	for i, e := range h.all {
		entries[i] = e.HistoryEntry
	}
	return entries
}

// Find returns the state of a version, or nil if the history does not have it.
func (h *History) Find(version int64) *pipeline.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.all, func(e entry) bool { return e.state != nil && e.Version == version })
	if i < 0 {
		return nil
	}
	return h.all[i].state
}

// States returns the states of the versions, oldest first.
func (h *History) States() (states []*pipeline.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.all {
		if e.state != nil {
			states = append(states, e.state)
		}
	}
	return states
}

// Released is a state that the history had with its trees, and the one that it has now.
type Released struct{ With, Without *pipeline.State }

// ReleaseTrees makes the history hold no trees, except in the states to keep: trees are most of the
// memory of a version. An old version keeps its values and its documents, from which the trees can
// be made again.
func (h *History) ReleaseTrees(keep []*pipeline.State) (released []Released) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.all {
		if s := h.all[i].state; s != nil && !slices.Contains(keep, s) && s.Merged != nil {
			h.all[i].state = s.WithoutTrees()
			released = append(released, Released{s, h.all[i].state})
		}
	}
	return released
}
