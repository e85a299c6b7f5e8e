package chaostest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// TestMatching creates, changes and deletes configs that match a pattern while nodes are killed and
// halted. In the end, each session has what there is, and none has ever lost a config that was
// there all the time.
func TestMatching(t *testing.T) {
	for _, version := range []string{"2.3", "3.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			matchInTrouble(t, inProcessAs(t, version))
		})
	}
}

// TestRealMatching is the same on a real cluster of three.
func TestRealMatching(t *testing.T) { matchInTrouble(t, realCluster(t)) }

func matchInTrouble(t *testing.T, f *field) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	random := rand.New(rand.NewPCG(seed(t), 3)) //nolint:gosec // it must be repeatable
	group := fmt.Sprintf("MATCHING_%08x", random.Uint32())
	dial := func(cfg nacos.Config) *nacos.Client {
		cfg.Group = group
		c, err := nacos.NewClient(cfg, nacos.ReconcileEvery(2*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	w := &tenants{client: dial(nacos.Config{Servers: f.direct, AppName: "writer"}), random: random, truth: map[string]string{}}
	t.Cleanup(func() {
		each(t, tenantIDs, func(ctx context.Context, id string) error { return w.client.Delete(ctx, id) })
	})
	each(t, tenantIDs[:constant], w.put)
	each(t, tenantIDs[constant:constant+maxTenants/2], w.put)

	var followers []*follower
	var running sync.WaitGroup
	defer running.Wait()
	following, stop := context.WithCancel(ctx)
	defer stop()
	for i := range 3 {
		c := dial(f.config(fmt.Sprint("session-", i)))
		one := &follower{t: t, client: c, src: c.Matching("tenant-*.yaml"), changed: make(chan struct{}, 1)}
		followers = append(followers, one)
		running.Go(func() { one.run(following) })
	}
	settled := func(when string) {
		t.Helper()
		began := time.Now()
		patience, enough := context.WithTimeout(ctx, 2*bound)
		defer enough()
		for i, one := range followers {
			if err := one.await(patience, w.content()); err != nil {
				t.Fatalf("%s: session %d has %q, want %q", when, i, one.last(), w.content())
			}
		}
		t.Logf("%s: all sessions have all of it after %v", when, time.Since(began).Round(time.Millisecond))
	}
	settled("at first")
	for _, trouble := range []struct {
		name string
		do   func(*node)
		end  func(*node)
	}{
		{"nothing", func(*node) {}, func(*node) {}},
		{"the node is killed", (*node).kill, func(n *node) { n.start(ctx) }},
		{"the node is halted", (*node).halt, (*node).resume},
	} {
		n := f.of(followers[0].client)
		trouble.do(n)
		w.write(ctx, f.length(20*time.Second))
		trouble.end(n)
		w.write(ctx, f.length(5*time.Second))
		w.settle(ctx, t)
		settled(trouble.name)
	}
	stop()
	running.Wait()
	for i, one := range followers {
		if one.lost != "" {
			t.Errorf("session %d had a content without configs that are there all the time: %s", i, one.lost)
		}
	}
}

// The configs: the first ones are there all the time.
const (
	constant   = 10
	maxTenants = 50
)

var tenantIDs = func() (ids []string) {
	for i := range constant + maxTenants {
		ids = append(ids, fmt.Sprintf("tenant-%02d.yaml", i))
	}
	return ids
}()

// tenants writes configs.
type tenants struct {
	client *nacos.Client
	random *rand.Rand

	mu       sync.Mutex
	version  int
	truth    map[string]string // what was acknowledged, by data ID
	doubtful map[string]bool   // what was not
}

func (w *tenants) put(ctx context.Context, id string) error {
	w.mu.Lock()
	w.version++
	text := fmt.Sprintf("v: %d", w.version)
	w.mu.Unlock()
	err := w.client.Publish(ctx, id, []byte(text))
	w.note(id, text, err)
	return err
}

func (w *tenants) drop(ctx context.Context, id string) error {
	err := w.client.Delete(ctx, id)
	w.note(id, "", err)
	return err
}

func (w *tenants) note(id, text string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doubtful == nil {
		w.doubtful = map[string]bool{}
	}
	switch {
	case err != nil:
		w.doubtful[id] = true
		return
	case text == "":
		delete(w.truth, id)
	default:
		w.truth[id] = text
	}
	delete(w.doubtful, id)
}

// write writes at random for a while.
func (w *tenants) write(ctx context.Context, long time.Duration) {
	for end := time.Now().Add(long); time.Now().Before(end) && ctx.Err() == nil; {
		id := tenantIDs[w.random.IntN(len(tenantIDs))]
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		if slices.Index(tenantIDs, id) >= constant && w.random.IntN(2) == 0 {
			_ = w.drop(within, id)
		} else {
			_ = w.put(within, id)
		}
		cancel()
		_ = pause(ctx, 20*time.Millisecond)
	}
}

// settle writes what is doubtful once more.
func (w *tenants) settle(ctx context.Context, t *testing.T) {
	t.Helper()
	w.mu.Lock()
	ids := slices.Collect(maps.Keys(w.doubtful))
	w.mu.Unlock()
	each(t, ids, func(_ context.Context, id string) error { return w.put(ctx, id) })
}

func (w *tenants) content() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, id := range slices.Sorted(maps.Keys(w.truth)) {
		all = append(all, id+"="+w.truth[id])
	}
	return strings.Join(all, ", ")
}

// follower reads the source of a pattern.
type follower struct {
	t       *testing.T
	client  *nacos.Client
	src     source.Source
	changed chan struct{}

	mu   sync.Mutex
	has  string
	lost string // a content without a config that is there all the time
}

func (f *follower) run(ctx context.Context) {
	var rev source.Revision
	had := map[string]bool{}
	for ctx.Err() == nil {
		c, err := f.src.Next(ctx, rev)
		if err != nil {
			continue
		}
		rev = c.Revision
		var all, there []string
		for _, d := range c.Documents {
			if d.Absent {
				all = append(all, d.Name+" absent")
				continue
			}
			all, there = append(all, d.Name+"="+string(d.Data)), append(there, d.Name)
		}
		f.mu.Lock()
		f.has = strings.Join(all, ", ")
		for _, id := range tenantIDs[:constant] {
			switch {
			case slices.Contains(there, id):
				had[id] = true
			case had[id] && f.lost == "": // a node may not have it yet when a session starts
				f.lost = id + " in " + f.has
			}
		}
		f.mu.Unlock()
		select {
		case f.changed <- struct{}{}:
		default:
		}
	}
}

func (f *follower) last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.has
}

func (f *follower) await(ctx context.Context, want string) error {
	for f.last() != want {
		select {
		case <-f.changed:
		case <-ctx.Done():
			return errors.New("it did not come")
		}
	}
	return nil
}
