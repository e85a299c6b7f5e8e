package chaostest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/nacos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bound is how long a session may take, after the last fault has ended, until it has what the
// server has: a back-off of 30 s and a try of 5 s, or else a reconcile after 33 s; and the reads.
const bound = 45 * time.Second

func seed(t *testing.T) uint64 {
	t.Helper()
	n := rand.Uint64N(1 << 32)
	if text := os.Getenv("NACRE_CHAOS_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("NACRE_CHAOS_SEED: %v", err)
		}
	}
	t.Logf("NACRE_CHAOS_SEED=%d", n)
	return n
}

// run is one scenario that is under way.
type run struct {
	*field
	t        *testing.T
	ctx      context.Context
	random   *rand.Rand
	sessions []*nacos.Client
	writer   *writer
	board    *board
}

// scenario lets sessions follow configs while trouble runs and configs are published, and checks
// the invariants.
type scenario struct {
	name     string
	sessions int
	keys     int
	every    time.Duration // between two publishes
	trouble  func(*run)
}

func scenarios(real bool) []scenario {
	storm := scenario{name: "storm", sessions: 20, keys: 100, every: 2 * time.Millisecond, trouble: storm}
	few := scenario{sessions: 3, keys: 20, every: 20 * time.Millisecond}
	if real {
		storm.keys, storm.every = 1000, 20*time.Millisecond
		few.every = 100 * time.Millisecond
	}
	var all []scenario
	for _, s := range []struct {
		name    string
		trouble func(*run)
	}{
		{"kill the connected node", killConnected},
		{"kill each node in turn", killEach},
		{"halt the connected node", haltConnected},
		{"restart all nodes", restartAll},
		{"bad network", badNetwork},
	} {
		few.name, few.trouble = s.name, s.trouble
		all = append(all, few)
	}
	return append(all, storm)
}

func TestChaos(t *testing.T) {
	all := scenarios(false)
	last := len(all) - 1
	t.Run("few sessions", func(t *testing.T) {
		for _, s := range all[:last] {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				s.play(t, inProcess(t))
			})
		}
	})
	// By itself: twenty sessions would count as the memory of the scenarios beside them.
	t.Run(all[last].name, func(t *testing.T) { all[last].play(t, inProcess(t)) })
}

func TestRealChaos(t *testing.T) {
	for _, s := range scenarios(true) {
		if !t.Run(s.name, func(t *testing.T) { s.play(t, realCluster(t)) }) {
			t.Fatal("the others are not run on what this has left behind")
		}
	}
}

func (s scenario) play(t *testing.T, f *field) {
	t.Helper()
	n := seed(t)
	random := rand.New(rand.NewPCG(n, uint64(len(s.name)))) //nolint:gosec // it must be repeatable
	ids := idsOf(fmt.Sprintf("%08x", rand.Uint32()), s.keys)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	did := &record{}
	dial := func(who string) *nacos.Client {
		c, err := nacos.NewClient(f.config(who), did.of(who, f)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	w := &writer{client: dial("writer"), ids: ids, random: random, versions: map[string]int{}, doubtful: map[string]bool{}}
	t.Cleanup(func() { each(t, ids, func(ctx context.Context, id string) error { return w.client.Delete(ctx, id) }) })
	each(t, ids, func(ctx context.Context, id string) error {
		w.mu.Lock()
		delete(w.doubtful, id) // nothing is in trouble yet
		w.mu.Unlock()
		return w.publish(ctx, id)
	})

	b := newBoard()
	r := &run{field: f, t: t, ctx: ctx, random: random, writer: w, board: b}
	var watchers sync.WaitGroup
	for i := range s.sessions {
		who := strconv.Itoa(i)
		c := dial(who)
		r.sessions = append(r.sessions, c)
		b.watch(ctx, t, &watchers, c, who, ids)
	}
	defer watchers.Wait()
	defer cancel()
	truth := func() map[string]int { return f.truth(t, ids) }
	settle(t, b, truth, "before the trouble")
	before := heap()
	var recovered time.Duration

	publishing, stop := context.WithCancel(ctx)
	var storm sync.WaitGroup
	storm.Go(func() { w.storm(publishing, s.every) })
	s.trouble(r)
	stop()
	storm.Wait()
	if t.Failed() {
		t.FailNow() // with a node missing, for example, the servers cannot be asked for the truth
	}
	over := time.Now()
	defer func() {
		if t.Failed() || recovered > late {
			did.print(t, over, 400)
		}
	}()
	settle(t, b, truth, "after the trouble")
	recovered = time.Since(over)
	t.Logf("%d publishes, %d more of unknown outcome, %d contents heard; all sessions fresh %v after the trouble",
		w.good, w.failed, b.count(), recovered.Round(time.Millisecond))
	if have, want := f.connections(), s.sessions+1; have > want {
		t.Errorf("%d sessions have %d connections", want, have)
	}
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
}

// settle waits until all sessions have the truth, at most for the bound. The truth is read anew
// from time to time: a publish that was not answered may still be on its way, held up by a fault
// that has ended.
func settle(t *testing.T, b *board, truth func() map[string]int, when string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	for {
		some, stop := context.WithTimeout(ctx, bound/10)
		err := b.await(some, truth())
		stop()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s, after %v: %v", when, bound, err)
		}
	}
}

// heap is how much memory is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // it is small
}
