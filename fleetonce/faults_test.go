package fleetonce_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/source"
)

// faulty is a store that loses requests and answers, and whose reads are old.
type faulty struct {
	fleetonce.Store
	mu   sync.Mutex
	rand *rand.Rand
	old  fleetonce.Record
}

func (f *faulty) chance(p float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rand.Float64() < p
}

func (f *faulty) Load(ctx context.Context) (fleetonce.Record, error) {
	if f.chance(0.2) {
		return fleetonce.Record{}, source.Unavailable
	}
	r, err := f.Store.Load(ctx)
	if err != nil {
		return r, err
	}
	old := f.chance(0.3)
	f.mu.Lock()
	defer f.mu.Unlock()
	if old && f.old.Revision != "" {
		return f.old, nil
	}
	f.old = r
	return r, nil
}

func (f *faulty) CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error) {
	if f.chance(0.2) {
		return "", source.Timeout
	}
	next, err := f.Store.CompareAndSwap(ctx, revision, data)
	if f.chance(0.3) {
		return "", source.Unavailable
	}
	return next, err
}

func (f *faulty) Wait(ctx context.Context, revision string) error {
	if f.chance(0.3) {
		return source.Unavailable
	}
	return f.Store.Wait(ctx, revision)
}

func TestAStoreWithFaultsChangesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testrun.Count(200, 20)) {
		synctest.Test(t, func(t *testing.T) {
			f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
			if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				store := &faulty{Store: f.store, rand: rand.New(rand.NewPCG(seed, uint64(i)))}
				f.add(fmt.Sprintf("i%d", i), "v1", store, fleetonce.Options{}, succeed)
			}
			f.wait(fleetonce.Done)
			f.publish("v2")
			f.wait(fleetonce.Done)
			f.expect("v1 attempt 1", "v2 attempt 1")
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
			for _, m := range f.all {
				if err := m.hook.Close(); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

func TestAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
		down := &downStore{Store: f.store, down: true}
		m := f.add("i0", "v1", down, fleetonce.Options{}, succeed)
		time.Sleep(time.Hour)
		if s := m.hook.Status(); s.State != fleetonce.Starting || s.Err == nil {
			t.Errorf("while the store is down the status is %+v, want starting with the error", s)
		}
		if n := down.loads(); n < 60 || n > 600 {
			t.Errorf("in an hour a store that is down was read %d times, want about every 30 s", n)
		}
		if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
			t.Fatal(err)
		}
		down.set(false)
		f.wait(fleetonce.Done)
		if s := m.hook.Status(); s.Err != nil {
			t.Errorf("after that the status has the error %v", s.Err)
		}
	})
}

type downStore struct {
	fleetonce.Store
	mu    sync.Mutex
	down  bool
	count int
}

func (d *downStore) set(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

func (d *downStore) loads() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

func (d *downStore) Load(ctx context.Context) (fleetonce.Record, error) {
	d.mu.Lock()
	d.count++
	down := d.down
	d.mu.Unlock()
	if down {
		return fleetonce.Record{}, source.Unavailable
	}
	return d.Store.Load(ctx)
}
