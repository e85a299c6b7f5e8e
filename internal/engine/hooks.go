package engine

import (
	"slices"
	"sync"

	"github.com/nacre-go/nacre/observe"
)

// hooks are functions that tell the state of hooks that packages above the engine run.
type hooks struct {
	mu  sync.Mutex
	all []*func() observe.HookHealth
}

// AddHook makes Health show a hook, until remove is called. The function must not block, and must
// not call the engine.
func (e *Engine) AddHook(state func() observe.HookHealth) (remove func()) {
	h := &e.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, &state)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all = slices.DeleteFunc(h.all, func(f *func() observe.HookHealth) bool { return f == &state })
	}
}

// health returns the state of the hooks, oldest first.
func (h *hooks) health() (all []observe.HookHealth) {
	h.mu.Lock()
	states := slices.Clone(h.all)
	h.mu.Unlock()
	for _, state := range states {
		all = append(all, (*state)())
	}
	return all
}
