package swap

import "sync/atomic"

// Cell is a double buffer: the current state and the one before. Load is safe for concurrent use;
// one writer calls Swap, Replace and Previous. The zero Cell is empty.
type Cell[S any] struct {
	current  atomic.Pointer[S]
	previous *S
}

// Load returns the current state, or nil before the first Swap. It is one atomic load.
func (c *Cell[S]) Load() *S { return c.current.Load() }

// Swap makes next the current state and returns the one that it replaces.
func (c *Cell[S]) Swap(next *S) (old *S) {
	old = c.current.Swap(next)
	c.previous = old
	return old
}

// Replace makes next the current state in place of one with the same configuration. The previous
// state stays.
func (c *Cell[S]) Replace(next *S) { c.current.Store(next) }

// Retire does nothing: a Cell holds only the current state and the previous one.
func (c *Cell[S]) Retire(_, _ *S) {}

// Previous returns the state that the last Swap replaced.
func (c *Cell[S]) Previous() *S { return c.previous }
