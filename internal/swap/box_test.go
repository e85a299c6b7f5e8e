package swap_test

import (
	"sync"
	"testing"

	"github.com/nacre-go/nacre/internal/swap"
)

type numbered struct{ version, value int }

func TestBoxesKeepCurrentAndPrevious(t *testing.T) {
	t.Parallel()
	var c swap.Boxes[int, numbered]
	if c.Load() != nil || c.Previous() != nil || c.Current().Load() != nil {
		t.Fatal("new boxes are not empty")
	}
	a, b := &swap.Box[int, numbered]{Value: 1}, &swap.Box[int, numbered]{Value: 2}
	one, two, three, four, five := &numbered{1, 1}, &numbered{2, 2}, &numbered{3, 1}, &numbered{4, 1}, &numbered{5, 1}
	if old := c.Swap(a, one); old != nil {
		t.Error("the first swap replaced something")
	}
	steps := []struct {
		what     string
		do       func()
		box      *swap.Box[int, numbered]
		live     *numbered
		previous *numbered
	}{
		{"another box", func() { c.Swap(b, two) }, b, two, one},
		{"the first box again, with another state", func() { c.Swap(a, three) }, a, three, two},
		{"the same box", func() { c.Swap(a, four) }, a, four, three},
		{"a replacement", func() { c.Replace(a, five) }, a, five, three},
	}
	for _, s := range steps {
		s.do()
		if c.Current().Load() != s.box || c.Load() != s.live || c.Previous() != s.previous {
			t.Errorf("%s: current is %v, previous %v, want %v and %v", s.what, c.Load(), c.Previous(), s.live, s.previous)
		}
	}
}

// A box that becomes current again must not show its next state while another box is current, since
// versions would appear to go back.
func TestBoxesNeverGoBack(t *testing.T) {
	t.Parallel()
	boxes := [2]*swap.Box[int, numbered]{{Value: 0}, {Value: 1}}
	var c swap.Boxes[int, numbered]
	c.Swap(boxes[0], &numbered{0, 0})
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
				s := c.Load()
				if s.value != s.version%2 {
					t.Errorf("torn read: version %d has value %d", s.version, s.value)
				}
				if s.version < last {
					t.Errorf("time went back from %d to %d", last, s.version)
				}
				last = s.version
			}
		})
	}
	for i := range 200_000 {
		c.Swap(boxes[i%2], &numbered{i, i % 2})
	}
	close(stop)
	readers.Wait()
}
