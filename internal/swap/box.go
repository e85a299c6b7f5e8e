package swap

import "sync/atomic"

// Box holds a value and the newest state that has it. Several states may have the same value, one
// after the other. The value is never copied, so that a pointer into it is valid for all of them.
type Box[V, S any] struct {
	// Value must not change once a state that has it was swapped in.
	Value V
	// Origin is what the maker of the box knows about the value. Only the writer uses it.
	Origin any
	state  atomic.Pointer[S]
}

// Retire makes b hold another state in place of one that is neither current nor the previous one,
// and forget its Origin. It does nothing if b holds a newer state, which has the same value.
func (b *Box[V, S]) Retire(old, by *S) {
	if b.state.CompareAndSwap(old, by) {
		b.Origin = nil
	}
}

// Boxes is a [Cell] of states whose value is in a [Box]. A reader of the value needs one atomic
// load and not the state. Load is safe for concurrent use; one writer calls the other methods. The
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
		// A box that becomes current again has its next state before that; do not return it early.
		if c.current.Load() == b {
			return s
		}
	}
}

// Current returns a pointer to the current box, for callers that read so often that a function call
// matters. They must only load it.
func (c *Boxes[V, S]) Current() *atomic.Pointer[Box[V, S]] { return &c.current }

// Swap makes next, whose value is in b, the current state and returns the one that it replaces.
func (c *Boxes[V, S]) Swap(b *Box[V, S], next *S) (old *S) {
	c.previous = c.Load()
	c.Replace(b, next)
	return c.previous
}

// Replace makes next, whose value is in b, the current state in place of one with the same
// configuration. The previous state stays.
func (c *Boxes[V, S]) Replace(b *Box[V, S], next *S) {
	b.state.Store(next)
	c.current.Store(b)
}

// Previous returns the state that the last Swap replaced.
func (c *Boxes[V, S]) Previous() *S { return c.previous }
