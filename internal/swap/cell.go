package swap

import "sync/atomic"

// Cell is a double buffer: the current state and the one before. Load is safe for concurrent use with everything; Swap and
// Previous belong to one writer. The zero Cell is empty.
type Cell[S any] struct {
	current  atomic.Pointer[S]
	previous *S
}

// Load returns the current state, nil before the first Swap: one atomic load.
func (c *Cell[S]) Load() *S { return c.current.Load() }

// Swap makes next the current state and returns the one that it replaces.
func (c *Cell[S]) Swap(next *S) (old *S) {
	old = c.current.Swap(next)
	c.previous = old
	return old
}

// Replace makes next the current state in place of one that says the same: what was before that one stays the previous. It belongs to
// the writer too.
func (c *Cell[S]) Replace(next *S) { c.current.Store(next) }

// Previous returns what the last Swap replaced.
func (c *Cell[S]) Previous() *S { return c.previous }
