package work

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// fanKeys is how many keys the config has.
const fanKeys = 200

// fanout changes a config with subscribers of a part of it: every value, or those of another part.
func fanout() Group {
	return Group{
		Name: "fanout", Title: "n subscribers of a part of a config", Kind: Called,
		Note: "The config has 200 keys, and each subscriber asks for the 180 keys of its groups. In `fanout/all`, every value changes, and the time is " +
			"that until the last subscriber was called. In `fanout/other`, the other 20 keys change, which concerns no subscriber; the time is that " +
			"until the change is live. The processor time is always that until the process has nothing left to do.",
		Sizes: []int{1, 10, 100, 1000, 10000},
		jobs: func(n int) (jobs []bench.Job) {
			for _, f := range []fan{{"fanout/all", n, true}, {"fanout/other", n, false}} {
				j := bench.Job{Work: f.work, N: n, Base: peer.Channels}
				for _, p := range peer.Publishers() {
					if p.Cannot == "" {
						j.Entries = append(j.Entries, bench.Entry{Peer: p.Name, Measure: func(b bench.Budget) (bench.Sample, error) { return f.measure(p, b) }})
					}
				}
				jobs = append(jobs, j)
			}
			return jobs
		},
		absent: func() map[string]string {
			all := map[string]string{}
			for _, p := range peer.Publishers() {
				all[p.Name] = p.Cannot
			}
			return all
		},
	}
}

// fan is a config with subscribers that changes.
type fan struct {
	work      string
	n         int
	concerned bool // the change is of the part that they ask for
}

// patience is how long a subscriber may wait for its call.
const patience = time.Minute

// heard is what the subscribers were called with.
type heard struct {
	groups []peer.Groups // by subscribers
	calls  atomic.Int64
	want   atomic.Int64 // how many calls end the wait
	done   chan struct{}
}

func (h *heard) called(i int, groups peer.Groups) {
	h.groups[i] = groups
	if h.calls.Add(1) == h.want.Load() {
		h.done <- struct{}{}
	}
}

// expect begins to count n calls.
func (h *heard) expect(n int) {
	h.calls.Store(0)
	h.want.Store(int64(n))
}

func (h *heard) wait() error {
	select {
	case <-h.done:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%d of %d calls came within %v", h.calls.Load(), h.want.Load(), patience)
	}
}

func (f fan) measure(p peer.Publisher, b bench.Budget) (s bench.Sample, err error) {
	h := &heard{groups: make([]peer.Groups, f.n), done: make(chan struct{}, 1)}
	live, err := p.Open(f.data(0), f.n, h.called)
	if err != nil {
		return s, fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	runtime.GC()
	var timed, used time.Duration
	least := time.Duration(math.MaxInt64)
	n, began := 0, time.Now()
	for n == 0 || timed < b.Time && time.Since(began) < deadline*b.Time {
		n++
		data := f.data(n)
		calls := f.concerned || p.Always
		h.expect(0)
		if calls {
			h.expect(f.n)
		}
		bench.Idle()
		watch := bench.StartWatch()
		if err := live.Write(data); err != nil {
			return s, fmt.Errorf("change %d: %w", n, err)
		}
		if calls {
			if err := h.wait(); err != nil {
				return s, fmt.Errorf("change %d: %w", n, err)
			}
		}
		wall, cpu := watch.StopIdle()
		timed, used, least = timed+wall, used+cpu, min(least, wall)
		if err := f.check(h, n, calls); err != nil {
			return s, fmt.Errorf("change %d: %w", n, err)
		}
	}
	return bench.Sample{NS: float64(timed) / float64(n), CPU: float64(used) / float64(n), Least: float64(least)}, nil
}

// data is the document in a state: all units, or only the server in another state.
func (f fan) data(state int) []byte {
	if f.concerned {
		return content.All(fanKeys, state).Data("yaml")
	}
	server := content.Doc{To: 1, State: state}
	groups := content.Doc{From: 1, To: fanKeys / content.UnitKeys}
	return append(server.Data("yaml"), groups.Data("yaml")...)
}

// check compares what the subscribers were called with with the expected part.
func (f fan) check(h *heard, state int, called bool) error {
	if !called {
		if n := h.calls.Load(); n != 0 {
			return fmt.Errorf("%d subscribers were called, and the change concerns none", n)
		}
		return nil
	}
	var want content.Config
	if !f.concerned {
		state = 0
	}
	content.All(fanKeys, state).Into(&want)
	var right peer.Groups // that was compared already
	for i, groups := range h.groups {
		if right != nil && reflect.ValueOf(groups).Pointer() == reflect.ValueOf(right).Pointer() {
			continue
		}
		if !maps.EqualFunc(groups, want.Groups, func(a, b map[string]content.Unit) bool { return maps.Equal(a, b) }) {
			return fmt.Errorf("subscriber %d was called with groups that are not the expected ones", i)
		}
		right = groups
	}
	return nil
}
