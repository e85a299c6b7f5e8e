package notify_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/notify"
	"github.com/nacre-go/nacre/internal/synctest"
)

func TestAStateCallsOnlyThoseThatItConcerns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{Version: version}
		asked := make([]int, 20)
		var got [20]recorder
		for i := range got {
			h.SubscribeConcerned(notify.Deadlines{}, "s", func(n int) bool {
				asked[i]++
				return n%(i+1) == 0
			}, got[i].handle)
		}
		for n := 1; n <= 20; n++ {
			h.Publish(n)
			synctest.Wait()
		}
		for i := range got {
			var want []int
			for n := i + 1; n <= 20; n += i + 1 {
				want = append(want, n)
			}
			if seen := got[i].all(); !slices.Equal(seen, want) || asked[i] != 20 {
				t.Errorf("subscriber %d was asked %d times and called with %v, want 20 and %v", i, asked[i], seen, want)
			}
		}
		closeHub(t, h)
	})
}

// A function that says whether a state concerns a subscriber belongs to the subscriber: if it
// blocks, panics or ends its goroutine, that is counted where its calls are, and harms no other.
func TestConcernsHarmNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{Version: version}
		subscribe := func(name string, concerns func(int) bool) (*notify.Subscriber[int], *recorder) {
			r := &recorder{}
			return h.SubscribeConcerned(notify.Deadlines{Call: time.Minute}, name, concerns, func(ctx context.Context, n int) (bool, error) {
				if !concerns(n) {
					return false, nil
				}
				return r.handle(ctx, n)
			}), r
		}
		always := func(int) bool { return true }
		block := make(chan struct{})
		_, before := subscribe("before", always)
		blocks, blocked := subscribe("blocks", func(int) bool { <-block; return true })
		also, _ := subscribe("blocks also", func(int) bool { <-block; return false })
		panics, _ := subscribe("panics", func(n int) bool { panic(n) })
		ends, _ := subscribe("ends", func(int) bool { runtime.Goexit(); return true })
		_, after := subscribe("after", always)
		for n := 1; n <= 3; n++ {
			h.Publish(n)
			time.Sleep(50 * time.Millisecond)
		}
		for name, r := range map[string]*recorder{"before": before, "after": after} {
			if seen := r.all(); !slices.Equal(seen, []int{1, 2, 3}) {
				t.Errorf("the subscriber %s the bad ones was called with %v, want 1 2 3", name, seen)
			}
		}
		for _, s := range []*notify.Subscriber[int]{panics, ends} {
			if stats := s.Stats(); stats.Panics != 3 || stats.Calls != 3 {
				t.Errorf("counted: %+v, want 3 panics", stats)
			}
		}
		for _, s := range []*notify.Subscriber[int]{blocks, also} {
			if stats := s.Stats(); stats.Running.IsZero() || !stats.Pending {
				t.Errorf("a function that blocks shows no running call: %+v", stats)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if running := h.Settle(ctx); !slices.Equal(running, []string{"blocks", "blocks also"}) {
			t.Errorf("Settle names %v, want those that block", running)
		}
		time.Sleep(time.Minute)
		if stats := blocks.Stats(); stats.Slow != 1 {
			t.Errorf("a function that takes longer than a call may is not slow: %+v", stats)
		}
		close(block)
		synctest.Wait()
		if seen := blocked.all(); len(seen) == 0 || seen[len(seen)-1] != 3 || !slices.IsSorted(seen) {
			t.Errorf("after it returned, the subscriber was called with %v, want 3 at last", seen)
		}
		if running := h.Settle(t.Context()); running != nil {
			t.Errorf("still running: %v", running)
		}
		closeHub(t, h)
	})
}

func TestConcernsIsNotCalledAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{}
		var second *notify.Subscriber[int]
		first := h.SubscribeConcerned(notify.Deadlines{}, "first", func(int) bool { second.Stop(); return false }, (&recorder{}).handle)
		asked := 0
		second = h.SubscribeConcerned(notify.Deadlines{}, "second", func(int) bool { asked++; return false }, (&recorder{}).handle)
		h.Publish(1)
		synctest.Wait()
		h.Publish(2)
		first.Stop()
		<-first.Done()
		<-second.Done()
		synctest.Wait()
		if asked != 0 || len(h.Subscribers()) != 0 {
			t.Errorf("asked %d times after Stop, %d subscribers are left; want none", asked, len(h.Subscribers()))
		}
		h.Publish(3)
		closeHub(t, h)
		h.Publish(4)
	})
}

// States that wait for the one that is being asked about are folded into one, but not for a
// subscriber that came between them.
func TestStatesThatWaitAreFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[[]int]{Fold: func(missed, next []int) []int { return append(slices.Clone(missed), next...) }}
		subscribe := func() *[][]int {
			var got [][]int
			h.SubscribeConcerned(notify.Deadlines{}, "s", func([]int) bool {
				time.Sleep(time.Millisecond)
				return true
			}, func(_ context.Context, s []int) (bool, error) {
				got = append(got, s)
				return true, nil
			})
			return &got
		}
		old := subscribe()
		h.Publish([]int{1})
		synctest.Wait()
		h.Publish([]int{2})
		h.Publish([]int{3})
		late := subscribe()
		h.Publish([]int{4})
		h.Publish([]int{5})
		h.Settle(t.Context())
		if got := slices.Concat(*old...); !slices.Equal(got, []int{1, 2, 3, 4, 5}) || len(*old) > 3 {
			t.Errorf("the old subscriber was given %v, want 1 to 5 in at most three", *old)
		}
		if len(*late) != 1 || !slices.Equal((*late)[0], []int{4, 5}) {
			t.Errorf("the late subscriber was given %v, want 4 and 5 in one", *late)
		}
		h.Close(t.Context())
	})
}

func TestCloseWaitsForConcerns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &notify.Hub[int]{}
		block := make(chan struct{})
		h.SubscribeConcerned(notify.Deadlines{}, "asked", func(int) bool { <-block; return true }, func(context.Context, int) (bool, error) {
			t.Error("called after Close")
			return true, nil
		})
		h.Publish(1)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if running := h.Close(ctx); !slices.Equal(running, []string{"asked"}) {
			t.Errorf("Close says that %v still run, want asked", running)
		}
		close(block)
		closeHub(t, h)
	})
}

// Whatever subscribers come and go, and however slow they are, each ends with the last state that
// concerns it, in order, and gathers what it missed.
func TestSieveAgainstAModel(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			h := &notify.Hub[int]{Version: version}
			type subscriber struct {
				sub  *notify.Subscriber[int]
				got  *recorder
				from int // the state before it
				of   int // it is concerned where n%of is 0
			}
			var all []*subscriber
			for n := 1; n <= 60; n++ {
				if len(all) < 3 || random.IntN(3) == 0 {
					s := &subscriber{got: &recorder{}, from: n - 1, of: 1 + random.IntN(5)}
					pause := time.Duration(random.IntN(30)) * time.Millisecond
					asks := random.IntN(4) == 0 // it is slow to say
					var busy atomic.Bool
					s.sub = h.SubscribeConcerned(notify.Deadlines{}, "s", func(n int) bool {
						if busy.Swap(true) {
							t.Error("asked while it is called")
						}
						defer busy.Store(false)
						if asks {
							time.Sleep(pause)
						}
						return n%s.of == 0
					}, func(ctx context.Context, n int) (bool, error) {
						if busy.Swap(true) {
							t.Error("called while it is asked")
						}
						defer busy.Store(false)
						if !asks {
							time.Sleep(pause)
						}
						if n%s.of != 0 {
							return false, nil
						}
						return s.got.handle(ctx, n)
					})
					all = append(all, s)
				}
				h.Publish(n)
				if random.IntN(4) == 0 {
					time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
				}
			}
			if running := h.Settle(t.Context()); running != nil {
				t.Errorf("seed %d: %v are not settled", seed, running)
			}
			for i, s := range all {
				seen := s.got.all()
				if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
					t.Fatalf("seed %d: subscriber %d was called with %v, not in order or twice", seed, i, seen)
				}
				for _, n := range seen {
					if n%s.of != 0 || n <= s.from {
						t.Fatalf("seed %d: subscriber %d, concerned by multiples of %d after %d, was called with %v", seed, i, s.of, s.from, seen)
					}
				}
				if 60%s.of == 0 && (len(seen) == 0 || seen[len(seen)-1] != 60) {
					t.Fatalf("seed %d: subscriber %d missed the last state: %v", seed, i, seen)
				}
			}
			closeHub(t, h)
		})
	}
}
