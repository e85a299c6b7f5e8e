package observe_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is an observer that records versions, and can be stuck.
type recorder struct {
	mu    sync.Mutex
	seen  []int64
	stuck chan struct{}
}

func (r *recorder) observe(e observe.Event) {
	if r.stuck != nil {
		<-r.stuck
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, e.Version)
}

func applied(version int64) observe.Event {
	return observe.Event{Kind: observe.Applied, Version: version}
}

// Events keep their order, and the queue leaves no goroutine behind.
func TestAQueueKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		q := observe.Async(r.observe, 0)
		var want []int64
		for v := range int64(100) {
			q.Observe(applied(v))
			want = append(want, v)
			if v%10 == 9 {
				synctest.Wait() // the goroutine ends and begins again
			}
		}
		if !slices.Equal(r.seen, want) || q.Dropped() != 0 {
			t.Errorf("the observer saw %v, and %d were dropped", r.seen, q.Dropped())
		}
	})
}

// A stuck observer delays nobody: events beyond the size are dropped and counted.
func TestAStuckObserverDelaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{stuck: make(chan struct{})}
		q := observe.Async(r.observe, 3)
		q.Observe(applied(1)) // in the hands of the observer
		synctest.Wait()
		for v := range int64(10) {
			q.Observe(applied(v + 2))
		}
		if n := q.Dropped(); n != 7 {
			t.Errorf("%d events were dropped, want 7 of 10 beyond a size of 3", n)
		}
		began := time.Now()
		q.Observe(observe.Event{Kind: observe.Closed, Version: 99})
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the end of a config waits %v for a stuck observer, want 5 s", took)
		}
		close(r.stuck)
		synctest.Wait()
		if want := []int64{1, 2, 3, 4, 99}; !slices.Equal(r.seen, want) {
			t.Errorf("the observer saw %v, want %v: the oldest events, and the end", r.seen, want)
		}
	})
}

// When Observe has returned for the end of a config, the observer has had everything.
func TestTheEndOfAConfigFlushesAQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []observe.EventKind
		q := observe.Async(func(e observe.Event) {
			time.Sleep(time.Second)
			seen = append(seen, e.Kind)
		}, 0)
		q.Observe(applied(1))
		q.Observe(observe.Event{Kind: observe.Closed})
		if want := []observe.EventKind{observe.Applied, observe.Closed}; !slices.Equal(seen, want) {
			t.Errorf("the observer saw %v, want %v", seen, want)
		}
	})
}

// What an observer does ends neither the queue nor the program.
func TestAQueueBearsItsObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		q := observe.Async(func(e observe.Event) {
			r.observe(e)
			if e.Version%2 == 0 {
				panic("no")
			}
			runtime.Goexit()
		}, 0)
		for v := range int64(6) {
			q.Observe(applied(v))
		}
		q.Observe(observe.Event{Kind: observe.Closed, Version: 6})
		if want := []int64{0, 1, 2, 3, 4, 5, 6}; !slices.Equal(r.seen, want) {
			t.Errorf("the observer saw %v, want %v", r.seen, want)
		}
		observe.Async(nil, 0).Observe(applied(1)) // nothing happens
	})
}

// Several configs may share a queue: each event is delivered or counted.
func TestAQueueOfManyConfigs(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	q := observe.Async(r.observe, 50)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for v := range int64(1000) {
				q.Observe(applied(v))
			}
			q.Observe(observe.Event{Kind: observe.Closed})
		})
	}
	all.Wait()
	q.Observe(observe.Event{Kind: observe.Closed})
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := int64(len(r.seen)) + q.Dropped(); n != 8009 {
		t.Errorf("%d events were delivered and %d dropped, want 8009 in all", len(r.seen), q.Dropped())
	}
}
