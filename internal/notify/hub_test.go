package notify_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/synctest"
)

// recorder is a handler that keeps what it is called with.
type recorder struct {
	mu   sync.Mutex
	seen []int
}

func (r *recorder) handle(_ context.Context, n int) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, n)
	return true, nil
}

func (r *recorder) all() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func version(n int) int64 { return int64(n) }

func closeHub(t *testing.T, h *notify.Hub[int]) {
	t.Helper()
	if running := h.Close(t.Context()); len(running) > 0 {
		t.Errorf("still running after Close: %v", running)
	}
}

func TestLatestWinsAndNothingGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{Version: version}
		var slow, quick recorder
		h.Subscribe("slow", func(ctx context.Context, n int) (bool, error) {
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
			return slow.handle(ctx, n)
		})
		h.Subscribe("quick", quick.handle)
		for n := 1; n <= 200; n++ {
			h.Publish(n)
			if n%3 == 0 {
				time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		for name, r := range map[string]*recorder{"slow": &slow, "quick": &quick} {
			seen := r.all()
			if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
				t.Errorf("%s saw states out of order or twice: %v", name, seen)
			}
			if seen[len(seen)-1] != 200 {
				t.Errorf("%s missed the last state, it ended with %d", name, seen[len(seen)-1])
			}
		}
		closeHub(t, h)
	})
}

func TestFoldGathersWhatWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[[]int]{Fold: func(missed, next []int) []int { return append(slices.Clone(missed), next...) }}
		var got [][]int
		release := make(chan struct{})
		h.Subscribe("s", func(_ context.Context, s []int) (bool, error) {
			got = append(got, s)
			<-release
			return true, nil
		})
		h.Publish([]int{1})
		synctest.Wait()
		h.Publish([]int{2})
		h.Publish([]int{3})
		close(release)
		synctest.Wait()
		if len(got) != 2 || !slices.Equal(got[1], []int{2, 3}) {
			t.Errorf("the subscriber was given %v, want [1] and then 2 and 3 in one", got)
		}
		h.Close(t.Context())
	})
}

func TestOneSubscriberHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type call struct {
			name string
			err  error
		}
		var mu sync.Mutex
		var reports []call
		h := &notify.Hub[int]{Version: version, Report: func(name string, _ int, _ time.Duration, err error) {
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, call{name, err})
		}}
		block := make(chan struct{})
		h.Subscribe("blocks", func(context.Context, int) (bool, error) { <-block; return true, nil })
		panics := h.Subscribe("panics", func(_ context.Context, n int) (bool, error) { panic(n) })
		fails := h.Subscribe("fails", func(context.Context, int) (bool, error) { return true, errors.New("no") })
		ends := h.Subscribe("ends", func(context.Context, int) (bool, error) { runtime.Goexit(); return true, nil })
		idle := h.Subscribe("idle", func(context.Context, int) (bool, error) { return false, nil })
		var good recorder
		h.Subscribe("good", good.handle)
		for n := 1; n <= 3; n++ {
			h.Publish(n)
			synctest.Wait()
		}
		if seen := good.all(); !slices.Equal(seen, []int{1, 2, 3}) {
			t.Errorf("a good subscriber beside bad ones saw %v, want 1 2 3", seen)
		}
		if s := panics.Stats(); s.Panics != 3 || s.Calls != 3 || s.LastVersion != 3 || s.LastErr.Error() != "panic: 3" {
			t.Errorf("panics are not counted: %+v", s)
		}
		if s := ends.Stats(); s.Panics != 3 || !strings.Contains(s.LastErr.Error(), "ended its goroutine") {
			t.Errorf("a subscriber that ends its goroutine is not counted, or is not called again: %+v", s)
		}
		if s := fails.Stats(); s.Failures != 3 || s.Panics != 0 {
			t.Errorf("errors are not counted: %+v", s)
		}
		if s := idle.Stats(); s.Calls != 0 {
			t.Errorf("a call that found nothing to do is counted: %+v", s)
		}
		mu.Lock()
		if n := len(slices.DeleteFunc(slices.Clone(reports), func(c call) bool { return c.name != "panics" || c.err == nil })); n != 3 {
			t.Errorf("%d of 3 panics were reported", n)
		}
		mu.Unlock()
		close(block)
		synctest.Wait()
		closeHub(t, h)
	})
}

func TestStopFromWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{}
		var s *notify.Subscriber[int]
		calls := 0
		s = h.Subscribe("s", func(ctx context.Context, _ int) (bool, error) {
			calls++
			s.Stop()
			if ctx.Err() == nil {
				t.Error("the context of the running call did not end with Stop")
			}
			return true, nil
		})
		h.Publish(1)
		<-s.Done()
		h.Publish(2)
		synctest.Wait()
		if calls != 1 || len(h.Subscribers()) != 0 {
			t.Errorf("after Stop: %d calls, %d subscribers; want 1 and 0", calls, len(h.Subscribers()))
		}
		closeHub(t, h)
	})
}

func TestCloseWaitsIsBoundedAndNamesWhoRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{}
		stubborn := make(chan struct{})
		h.Subscribe("stubborn", func(context.Context, int) (bool, error) { <-stubborn; return true, nil })
		h.Subscribe("polite", func(ctx context.Context, _ int) (bool, error) { <-ctx.Done(); return true, ctx.Err() })
		h.Publish(1)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if running := h.Close(ctx); !slices.Equal(running, []string{"stubborn"}) {
			t.Errorf("Close says that %v still run, want stubborn", running)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("Close took %v, its context 1s", took)
		}
		close(stubborn)
		late := h.Subscribe("late", func(context.Context, int) (bool, error) { t.Error("called after Close"); return true, nil })
		<-late.Done()
		late.Put(1)
		synctest.Wait()
	})
}
