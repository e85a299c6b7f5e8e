package nacre

import (
	"slices"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/swap"
)

// cell keeps the live version and the one before, with the service's value in each: Get is one atomic load, and no look-up of which value of
// the version is wanted. Load is safe for concurrent use, the rest belongs to the writer.
type cell[T any] struct{ swap.Cell[version[T]] }

type version[T any] struct {
	value T
	state *engine.State
}

func (v *version[T]) of() *engine.State {
	if v == nil {
		return nil
	}
	return v.state
}

// hold moves the value of a state here. The state's own list is made anew: another state may have the same.
func hold[T any](s *engine.State) *version[T] {
	v := &version[T]{state: s}
	if value, ok := s.Value(0).(*T); ok {
		v.value = *value
	}
	s.Values = slices.Clone(s.Values)
	s.Values[0] = &v.value
	return v
}

// Load implements engine.Cell.
func (c *cell[T]) Load() *engine.State { return c.Cell.Load().of() }

// Swap implements engine.Cell.
func (c *cell[T]) Swap(s *engine.State) *engine.State { return c.Cell.Swap(hold[T](s)).of() }

// Replace implements engine.Cell.
func (c *cell[T]) Replace(s *engine.State) { c.Cell.Replace(hold[T](s)) }

// Previous implements engine.Cell.
func (c *cell[T]) Previous() *engine.State { return c.Cell.Previous().of() }
