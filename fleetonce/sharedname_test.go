package fleetonce_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/testrun"
)

// Instances that are given one name by mistake are as safe as others: each recognizes its own claim
// by the nonce, and takes an answer that was lost for its own claim only if it is.
func TestInstancesWithOneNameRunOnce(t *testing.T) {
	t.Parallel()
	const name = "orders-1"
	for seed := range uint64(testrun.Count(200, 20)) {
		synctest.Test(t, func(t *testing.T) {
			f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
			if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
				t.Fatal(err)
			}
			var running, most int // no two instances run at a time
			var tokens []int64
			do := func(_ context.Context, _ string, run fleetonce.Run[config]) error {
				f.mu.Lock()
				running++
				most = max(most, running)
				tokens = append(tokens, run.Token)
				f.mu.Unlock()
				time.Sleep(10 * time.Second)
				f.mu.Lock()
				running--
				f.mu.Unlock()
				return nil
			}
			for i := range 3 {
				f.add(name, "v1", &faulty{Store: f.store, rand: rand.New(rand.NewPCG(seed, uint64(i)))}, fleetonce.Options{}, do)
			}
			last := f.wait(fleetonce.Done)
			f.publish("v2")
			f.wait(fleetonce.Done)
			f.expect("v1 attempt 1", "v2 attempt 1")
			f.mu.Lock()
			if most != 1 || len(tokens) != 2 || tokens[0] >= tokens[1] || last.Holder != name {
				t.Errorf("%d instances ran at a time, with the tokens %v, and the holder is %q; want 1, rising tokens and %s", most, tokens, last.Holder, name)
			}
			f.mu.Unlock()
			for _, m := range f.all {
				if err := m.hook.Close(); err != nil {
					t.Error(err)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

// One of two instances with a name hangs: the other takes over after the term, and what the first
// one writes afterwards does not count for the claim of the other.
func TestAnInstanceTakesOverFromItsNamesake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const name, term = "orders-1", time.Minute
		f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
		if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		do := func(ctx context.Context, _ string, run fleetonce.Run[config]) error {
			if run.Attempt > 1 {
				close(hang) // while this one runs, the first one ends with an error
				time.Sleep(10 * time.Second)
				return nil
			}
			<-ctx.Done()
			<-hang
			return errors.New("the first one is too late")
		}
		for range 2 {
			f.add(name, "v1", f.store, fleetonce.Options{Term: term}, do)
		}
		last := f.wait(fleetonce.Done)
		f.expect("v1 attempt 1", "v1 attempt 2")
		if last.Attempt != 2 || last.Reason != "" {
			t.Errorf("the outcome is %+v, want that of the second attempt", last)
		}
		time.Sleep(time.Hour)
		f.expect("v1 attempt 1", "v1 attempt 2")
	})
}
