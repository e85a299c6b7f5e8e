//go:build unix

package nacosonce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacosonce"
)

// TestRealStorm stops and kills processes of a fleet at random moments, of which a seed decides,
// while versions are published. NACRE_ONCE_SEED repeats the moments, though not what they hit.
func TestRealStorm(t *testing.T) {
	t.Parallel()
	t.Run("nacostest", func(t *testing.T) {
		t.Parallel()
		if !testrun.Full() {
			t.Skip("it takes half a minute, and five processes")
		}
		_, cfg := startServer(t)
		runStorm(t, cfg, 5, 25*time.Second)
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		runStorm(t, realCluster(t), 12, time.Minute)
	})
}

const stormTerm = 2 * time.Second

func runStorm(t *testing.T, cfg nacos.Config, instances int, length time.Duration) {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("NACRE_ONCE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("NACRE_ONCE_SEED=%d go test ./providers/nacos/nacosonce -run '%s' -v repeats the moments", seed, t.Name())
	ctx, cancel := context.WithTimeout(t.Context(), length+4*time.Minute)
	defer cancel()
	admin := newClient(t, cfg)
	document, record := newRecord(t, admin), newRecord(t, admin)
	size := 0
	publish := func() {
		t.Helper()
		size++
		for admin.Publish(ctx, document, fmt.Appendf(nil, "cache: {size: %d}", size), nacos.Type("yaml")) != nil {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				t.Fatal("no version can be published")
			}
		}
	}
	publish()
	store := nacosonce.New(admin, record)
	if err := fleetonce.Create(ctx, store, "warm"); err != nil {
		t.Fatal(err)
	}
	h := &witness{term: stormTerm, claims: map[int64]*claimed{}, pauses: map[int][]pause{}, changed: make(chan struct{}, 1)}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	settings, err := json.Marshal(childSettings{
		Servers: cfg.Servers, Username: cfg.Username, Password: os.Getenv("NACRE_NACOS_PASSWORD"), Document: document, Record: record,
		Target: server.URL, Term: stormTerm, Work: stormTerm / 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &family{t: t, settings: string(settings), all: map[int]*process{}}
	t.Cleanup(f.end)
	for range instances {
		f.start()
	}

	random := rand.New(rand.NewPCG(seed, 0))
	stops, kills := 0, 0
	end, next := time.Now().Add(length), time.Now().Add(3*time.Second)
	for time.Now().Before(end) {
		select {
		case <-time.After(100*time.Millisecond + time.Duration(random.Int64N(int64(800*time.Millisecond)))):
		case <-ctx.Done():
		}
		all := f.pids()
		pid := all[random.IntN(len(all))]
		if holder := h.holder(); random.IntN(2) == 0 && slices.Contains(all, holder) {
			pid = holder
		}
		if random.IntN(3) == 0 {
			kills++
			f.kill(pid)
			f.start()
		} else if d := time.Duration(random.Int64N(int64(6 * stormTerm))); h.pause(pid, d) {
			stops++
		}
		if time.Now().After(next) {
			publish()
			next = time.Now().Add(time.Second + time.Duration(random.Int64N(int64(4*time.Second))))
		}
	}
	h.calm()
	publish()
	for h.last() != size {
		select {
		case <-h.changed:
		case <-time.After(time.Second):
		case <-ctx.Done():
			r, err := store.Load(context.WithoutCancel(ctx))
			t.Fatalf("seed %d: size %d has no effect after the storm; the record is %s, %v", seed, size, r.Data, err)
		}
	}
	h.judge(t, seed)
	t.Logf("%d processes, %d stops and %d kills: %d versions, %d claims ran, %d effects were accepted and %d refused, %d came after a later claim had begun",
		instances, stops, kills, size, len(h.claims), len(h.accepted), h.refused, h.late)
	if stops == 0 || kills == 0 || len(h.claims) < 3 {
		t.Error("the storm has stopped, killed or run nothing")
	}
}

// witness is the target of the runs, which checks tokens, and knows what was done to each process.
type witness struct {
	term    time.Duration
	changed chan struct{}

	mu       sync.Mutex
	claims   map[int64]*claimed
	pauses   map[int][]pause
	token    int64
	version  string
	accepted []int
	refused  int
	late     int
	problems []string
}

// claimed is a claim that has begun to run.
type claimed struct {
	pid, attempt int
	version      string
	at           time.Time
}

type pause struct{ from, to time.Time }

func (h *witness) problem(format string, args ...any) {
	h.problems = append(h.problems, fmt.Sprintf(format, args...))
}

func (h *witness) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	number := func(name string) int { n, _ := strconv.Atoi(r.FormValue(name)); return n }
	token, _ := strconv.ParseInt(r.FormValue("token"), 10, 64)
	c := claimed{number("pid"), number("attempt"), r.FormValue("version"), time.Now()}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.URL.Path == "/begin" {
		if other := h.claims[token]; other != nil {
			h.problem("token %d runs in %+v, and in %+v", token, *other, c)
		}
		h.claims[token] = &c
		return
	}
	h.effect(token, number("size"), c)
}

// effect is an effect on the target. One that comes after a later claim has begun is a second
// instance at work, which needs a pause that is longer than the term.
func (h *witness) effect(token int64, size int, c claimed) {
	begun := h.claims[token]
	if begun == nil {
		h.problem("token %d has an effect, and has not begun", token)
		return
	}
	for later, other := range h.claims {
		if later > token && other.pid != c.pid && other.at.After(begun.at) {
			h.late++
			if !h.paused(c.pid, begun.at.Add(-2*h.term)) {
				h.problem("process %d has the effect of token %d after process %d has begun token %d, without a pause of more than the term", c.pid, token, other.pid, later)
			}
			break
		}
	}
	if token <= h.token || c.version == h.version {
		h.token = max(h.token, token)
		h.refused++
		return
	}
	if len(h.accepted) > 0 && size <= h.accepted[len(h.accepted)-1] {
		h.problem("size %d was accepted after %v", size, h.accepted)
	}
	h.token, h.version, h.accepted = token, c.version, append(h.accepted, size)
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// paused reports whether a process was stopped for about a term or longer since a time. Several
// pauses that follow each other closely are one.
func (h *witness) paused(pid int, since time.Time) bool {
	total := time.Duration(0)
	for _, p := range h.pauses[pid] {
		if p.to.After(since) {
			total += min(time.Since(p.from), p.to.Sub(p.from))
		}
	}
	return total > h.term*9/10
}

// pause stops a process for a while, unless it is stopped.
func (h *witness) pause(pid int, d time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if all := h.pauses[pid]; len(all) > 0 && all[len(all)-1].to.After(now) || syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return false
	}
	h.pauses[pid] = append(h.pauses[pid], pause{now, now.Add(d)})
	time.AfterFunc(d, func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	return true
}

// calm ends all pauses.
func (h *witness) calm() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for pid := range h.pauses {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// holder returns the process that has begun last.
func (h *witness) holder() (pid int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	newest := int64(0)
	for token, c := range h.claims {
		if token > newest {
			newest, pid = token, c.pid
		}
	}
	return pid
}

func (h *witness) last() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.accepted) == 0 {
		return 0
	}
	return h.accepted[len(h.accepted)-1]
}

// judge checks what has become of the promise.
func (h *witness) judge(t *testing.T, seed uint64) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.problems {
		t.Errorf("seed %d: %s", seed, p)
	}
	// The same version, of the same attempt, is claimed by one token only, until another version
	// had its turn.
	type attempt struct {
		version string
		number  int
	}
	tokens := map[attempt]int64{}
	for token, c := range h.claims {
		a := attempt{c.version, c.attempt}
		if other, ok := tokens[a]; ok {
			t.Errorf("seed %d: attempt %d of version %.10s ran with the tokens %d and %d", seed, c.attempt, c.version, other, token)
		}
		tokens[a] = token
	}
}

// The witness finds what it is there for.
func TestTheWitnessFindsABrokenPromise(t *testing.T) {
	t.Parallel()
	claim := func(pid, attempt int, version string) claimed {
		return claimed{pid, attempt, version, time.Now()}
	}
	long := []pause{{time.Now().Add(-time.Hour), time.Now().Add(time.Hour)}}
	brief := []pause{{time.Now().Add(-time.Second), time.Now()}}
	for _, c := range []struct {
		name   string
		pauses []pause // of process 1, which has token 1
		want   int
	}{{"without a pause", nil, 1}, {"after a brief pause", brief, 1}, {"after a long pause", long, 0}} {
		one, two := claim(1, 1, "v1"), claim(2, 2, "v1")
		h := &witness{term: stormTerm, claims: map[int64]*claimed{1: &one, 2: &two}, pauses: map[int][]pause{1: c.pauses}, changed: make(chan struct{}, 1)}
		two.at = one.at.Add(time.Millisecond)
		h.effect(1, 1, one)
		if len(h.problems) != c.want || h.late != 1 {
			t.Errorf("an effect %s, after a later claim has begun: %q, want %d problems", c.name, h.problems, c.want)
		}
	}
	h := &witness{term: stormTerm, claims: map[int64]*claimed{}, changed: make(chan struct{}, 1)}
	for _, pid := range []string{"1", "2"} {
		h.ServeHTTP(nil, httptest.NewRequest(http.MethodGet, "/begin?token=7&attempt=1&version=v1&pid="+pid, nil))
	}
	h.ServeHTTP(nil, httptest.NewRequest(http.MethodGet, "/effect?token=8&pid=3&size=1", nil))
	if len(h.problems) != 2 {
		t.Errorf("two processes with one token, and an effect without a claim: %q, want two problems", h.problems)
	}
}
