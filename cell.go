package nacre

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/swap"
)

// version is where the service's own value is bound, validated and read: it never moves. Several
// states have it when one goes back to a version.
type version[T any] = swap.Box[T, pipeline.State]

// cell keeps the live state and the one before. Get finds the service's own value in it by one
// atomic load.
type cell[T any] struct{ swap.Boxes[T, pipeline.State] }

// boxOf returns where the service's own value is in a state. A cell is given no state without one.
func boxOf[T any](s *pipeline.State) *version[T] {
	v, _ := s.Value(0).(*version[T])
	return v
}

// Swap implements engine.Cell.
func (c *cell[T]) Swap(s *pipeline.State) *pipeline.State { return c.Boxes.Swap(boxOf[T](s), s) }

// Retire implements engine.Cell.
func (c *cell[T]) Retire(old, by *pipeline.State) { boxOf[T](old).Retire(old, by) }

// Replace implements engine.Cell.
func (c *cell[T]) Replace(s *pipeline.State) { c.Boxes.Replace(boxOf[T](s), s) }
