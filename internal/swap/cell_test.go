package swap_test

import (
	"sync"
	"testing"

	"github.com/nacre-go/nacre/internal/swap"
)

type pair struct{ a, b int }

func TestCellKeepsCurrentAndPrevious(t *testing.T) {
	t.Parallel()
	var c swap.Cell[pair]
	if c.Load() != nil || c.Previous() != nil {
		t.Fatal("a new cell is not empty")
	}
	one, two := &pair{1, 1}, &pair{2, 2}
	if old := c.Swap(one); old != nil {
		t.Error("the first swap replaced something")
	}
	if old := c.Swap(two); old != one || c.Previous() != one || c.Load() != two {
		t.Error("after a swap, current and previous are not what was swapped")
	}
}

// A reader must not see half of one state and half of another.
func TestNoTornRead(t *testing.T) {
	t.Parallel()
	var c swap.Cell[pair]
	c.Swap(&pair{})
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			last := 0
			for {
				select {
				case <-stop:
					return
				default:
				}
				p := c.Load()
				if p.a != p.b {
					t.Errorf("torn read: %d and %d", p.a, p.b)
				}
				if p.a < last {
					t.Errorf("time went back from %d to %d", last, p.a)
				}
				last = p.a
			}
		})
	}
	for i := range 100_000 {
		c.Swap(&pair{i, i})
	}
	close(stop)
	readers.Wait()
}
