package nacre

import (
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/swap"
)

// version is where the service's own value is bound, validated and read: it never moves. Several
// states have it when one goes back to a version.
type version[T any] = swap.Box[T, engine.State]

// cell keeps the live state and the one before. Get finds the service's own value in it by one
// atomic load.
type cell[T any] struct{ swap.Boxes[T, engine.State] }

// boxOf returns where the service's own value is in a state. A cell is given no state without one.
func boxOf[T any](s *engine.State) *version[T] {
	v, _ := s.Value(0).(*version[T])
	return v
}

// Swap implements engine.Cell.
func (c *cell[T]) Swap(s *engine.State) *engine.State { return c.Boxes.Swap(boxOf[T](s), s) }

// Retire implements engine.Cell.
func (c *cell[T]) Retire(old, by *engine.State) { boxOf[T](old).Retire(old, by) }

// Replace implements engine.Cell.
func (c *cell[T]) Replace(s *engine.State) { c.Boxes.Replace(boxOf[T](s), s) }
