package swap

import "sync/atomic"

// Box holds a value and the newest state that has it. Several states may have the same value, one after the other; the value
// stays where it was made, so that a pointer into it is good for all of them.
type Box[V, S any] struct {
	// Value must not be changed once a state that has it was swapped in.
	Value V
	state atomic.Pointer[S]
}

// Boxes is a [Cell] of states that have their value in a [Box]: who wants only the value finds it by one atomic load, and
// need not look into the state. Load is safe for concurrent use with everything; the other methods belong to one writer. The
// zero Boxes is empty.
type Boxes[V, S any] struct {
	current  atomic.Pointer[Box[V, S]]
	previous *S
}

// Load returns the current state, nil before the first Swap.
func (c *Boxes[V, S]) Load() *S {
	for {
		b := c.current.Load()
		if b == nil {
			return nil
		}
		s := b.state.Load()
		// A box that is about to be current again has its next state already, and must not show it too early.
		if c.current.Load() == b {
			return s
		}
	}
}

// Current returns the pointer to the current box, for callers that read so often that a function call counts. They must only
// load it.
func (c *Boxes[V, S]) Current() *atomic.Pointer[Box[V, S]] { return &c.current }

// Swap makes next, whose value is in b, the current state and returns the one that it replaces.
func (c *Boxes[V, S]) Swap(b *Box[V, S], next *S) (old *S) {
	c.previous = c.Load()
	c.Replace(b, next)
	return c.previous
}

// Replace makes next, whose value is in b, the current state in place of one that says the same: what was before that one
// stays the previous.
func (c *Boxes[V, S]) Replace(b *Box[V, S], next *S) {
	b.state.Store(next)
	c.current.Store(b)
}

// Previous returns what the last Swap replaced.
func (c *Boxes[V, S]) Previous() *S { return c.previous }
