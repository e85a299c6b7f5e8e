package chaostest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// writer publishes versions that only grow. A publish that was not answered may come later than the
// next one, so after it the config is left alone.
type writer struct {
	client *nacos.Client
	ids    []string
	random *rand.Rand

	mu       sync.Mutex
	versions map[string]int
	doubtful map[string]bool
	good     int
	failed   int
	acked    func(id string, version int) // may be nil
}

// publish changes one config.
func (w *writer) publish(ctx context.Context, id string) error {
	w.mu.Lock()
	if w.doubtful[id] {
		w.mu.Unlock()
		return nil
	}
	w.versions[id]++
	version := w.versions[id]
	content := write(version, w.random)
	w.mu.Unlock()
	err := w.client.Publish(ctx, id, []byte(content))
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.doubtful[id] = true
		w.failed++
		return err
	}
	w.good++
	if w.acked != nil {
		w.acked(id, version)
	}
	return nil
}

// storm changes configs one after the other, at most so often, until ctx is done.
func (w *writer) storm(ctx context.Context, every time.Duration) {
	for pause(ctx, every) == nil {
		w.mu.Lock()
		id := w.ids[w.random.IntN(len(w.ids))]
		w.mu.Unlock()
		// The publish is not cut off with ctx: its outcome would be unknown for nothing.
		one, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		_ = w.publish(one, id)
		cancel()
	}
}

// each does something for each id, eight at a time.
func each(t *testing.T, ids []string, do func(ctx context.Context, id string) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 3*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := i; j < len(ids); j += 8 {
				err := errors.New("never tried")
				for try := 0; err != nil && try < 20 && ctx.Err() == nil; try++ {
					if err = do(ctx, ids[j]); err != nil {
						_ = pause(ctx, 500*time.Millisecond)
					}
				}
				if err != nil {
					t.Errorf("%s: %v", ids[j], err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// truth is what the servers themselves have, each of them asked directly, when they agree.
func (f *field) truth(t *testing.T, ids []string) map[string]int {
	t.Helper()
	var all []map[string]int
	for _, addr := range f.direct {
		c, err := nacos.NewClient(nacos.Config{Servers: []string{addr}, AppName: "chaos", InstanceID: "truth"})
		if err != nil {
			t.Fatal(err)
		}
		has := map[string]int{}
		var mu sync.Mutex
		each(t, ids, func(ctx context.Context, id string) error {
			item, err := c.Get(ctx, id)
			if err != nil {
				return err
			}
			v, whole := read(string(item.Content))
			if !whole {
				t.Errorf("%s is torn on the server", id)
			}
			mu.Lock()
			defer mu.Unlock()
			has[id] = v
			return nil
		})
		_ = c.Close()
		all = append(all, has)
	}
	for _, has := range all[1:] {
		for id, v := range has {
			if v != all[0][id] {
				t.Logf("the servers differ: %s has versions %d and %d", id, all[0][id], v)
				all[0][id] = max(v, all[0][id])
			}
		}
	}
	return all[0]
}

func idsOf(run string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("nacre-chaos-%s-%d.yaml", run, i)
	}
	return ids
}
