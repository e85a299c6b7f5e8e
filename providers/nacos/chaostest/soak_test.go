package chaostest

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestRealSoak publishes twenty times a second on a real cluster, for as long as NACRE_SOAK says,
// while nodes are killed four times and halted twice, and prints how long the sessions of three
// instances with 300 configs each take to have what was acknowledged.
//
//	NACRE_SOAK=15m bash ci/nacos/nacos.sh run --cluster go test -run TestRealSoak -timeout 1h -v ./providers/nacos/chaostest
func TestRealSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("NACRE_SOAK"))
	if err != nil {
		t.Skip("set NACRE_SOAK, such as 15m, and run it as its comment says")
	}
	f := realCluster(t)
	s := scenario{name: "soak", sessions: 3, keys: 300, every: 50 * time.Millisecond, trouble: func(r *run) { soak(r, length) }}
	s.play(t, f)
}

// soak divides the time into seven parts. The first one is calm, and each other begins with a
// fault.
func soak(r *run, length time.Duration) {
	l := &lag{board: r.board, pending: map[string][]acknowledgement{}, took: map[bool][]time.Duration{}}
	ended := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() { l.sample(ended) })
	r.writer.mu.Lock()
	r.writer.acked = l.acked
	r.writer.mu.Unlock()
	for part, halts := range []bool{false, false, false, true, false, false, true} {
		began := time.Now()
		if part > 0 {
			l.trouble(true)
			n := r.nodes[r.pick(len(r.nodes))]
			if halts {
				n.halt()
				_ = pause(r.ctx, 20*time.Second)
				n.resume()
			} else {
				n.kill()
				_ = pause(r.ctx, 10*time.Second)
				n.start(r.ctx)
			}
			_ = pause(r.ctx, bound)
			l.trouble(false)
		}
		_ = pause(r.ctx, length/7-time.Since(began))
	}
	_ = pause(r.ctx, bound)
	close(ended)
	sampling.Wait()
	for who, all := range l.pending {
		for _, a := range all {
			if age := time.Since(a.at); age > bound {
				r.t.Errorf("session %s does not have version %d of %s, which was acknowledged %v ago", who, a.version, a.id, age)
			}
		}
	}
	for _, when := range []bool{false, true} {
		took := l.took[when]
		slices.Sort(took)
		at := func(share float64) time.Duration {
			return took[int(share*float64(len(took)-1))].Round(time.Millisecond)
		}
		if len(took) == 0 {
			r.t.Errorf("no content was published with trouble: %t", when)
			continue
		}
		r.t.Logf("with trouble: %t: %d contents, %v at p50, %v at p99, %v at p99.9, %v at most", when, len(took), at(.5), at(.99), at(.999), at(1))
	}
	if n := len(l.took[false]); n > 0 && l.took[false][n-1] > bound {
		r.t.Errorf("a content that was published in calm took %v", l.took[false][n-1])
	}
}

// acknowledgement is a publish that a server has acknowledged.
type acknowledgement struct {
	id      string
	version int
	at      time.Time
	trouble bool
}

// lag measures how long sessions take to have what was acknowledged.
type lag struct {
	board *board

	mu      sync.Mutex
	inside  bool                         // a fault lasts, or ended less than the bound ago
	pending map[string][]acknowledgement // by session
	took    map[bool][]time.Duration     // by whether there was trouble at the publish
}

func (l *lag) trouble(is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inside = is
}

func (l *lag) acked(id string, version int) {
	who := l.board.sessions()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range who {
		l.pending[w] = append(l.pending[w], acknowledgement{id, version, time.Now(), l.inside})
	}
}

// sample looks every 5 ms, which is the error of the figures, until ended is closed.
func (l *lag) sample(ended <-chan struct{}) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ticker.C:
		}
		l.mu.Lock()
		for who, all := range l.pending {
			l.pending[who] = slices.DeleteFunc(all, func(a acknowledgement) bool {
				heard := l.board.version(who, a.id) >= a.version
				if heard {
					l.took[a.trouble] = append(l.took[a.trouble], time.Since(a.at))
				}
				return heard
			})
		}
		l.mu.Unlock()
	}
}
