package fleetonce_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/source"
)

// failsUntil is a function that fails until its cause is gone.
func failsUntil(gone *bool) func(context.Context, string, fleetonce.Run[config]) error {
	return func(context.Context, string, fleetonce.Run[config]) error {
		if *gone {
			return nil
		}
		return errors.New("database is down")
	}
}

func TestAnOperatorHasAFailedVersionTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var gone bool
		f := newFleet(t, 3, fleetonce.Options{Attempts: 2}, failsUntil(&gone))
		before := f.wait(fleetonce.Failed)
		if err := fleetonce.Retry(t.Context(), f.store, "still down"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		f.wait(fleetonce.Failed)
		f.expect("v1 attempt 1", "v1 attempt 2", "v1 attempt 1", "v1 attempt 2")
		gone = true
		if err := fleetonce.Retry(t.Context(), f.store, "the database\nis back, OPS-123"); err != nil {
			t.Fatal(err)
		}
		if s := statusOf(t, f.store); s.State != fleetonce.Waiting || s.Reason != "the database is back, OPS-123" || s.Attempt != 0 {
			t.Errorf("after Retry the record says %+v, want waiting, with the reason", s)
		}
		begin := time.Now()
		after := f.wait(fleetonce.Done)
		f.expect("v1 attempt 1", "v1 attempt 2", "v1 attempt 1", "v1 attempt 2", "v1 attempt 1")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("the version is tried again after %v, want at once", took)
		}
		if after.Token <= before.Token || after.Version != before.Version {
			t.Errorf("it ran with token %d after %d, want a higher one for the same version", after.Token, before.Token)
		}
		if err := fleetonce.Retry(t.Context(), f.store, "again"); !errors.Is(err, source.Conflict) || !strings.Contains(err.Error(), `its state is "done"`) {
			t.Errorf("Retry of a version that is done: %v, want conflict", err)
		}
		time.Sleep(24 * time.Hour)
		f.expect("v1 attempt 1", "v1 attempt 2", "v1 attempt 1", "v1 attempt 2", "v1 attempt 1")
	})
}

// statusOf returns what a record says.
func statusOf(t *testing.T, store fleetonce.Store) fleetonce.Status {
	t.Helper()
	r, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Status()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRetryOnAStoreWithFaults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testrun.Count(200, 20)) {
		synctest.Test(t, func(t *testing.T) {
			var gone bool
			f := newFleet(t, 3, fleetonce.Options{Attempts: 1}, failsUntil(&gone))
			f.wait(fleetonce.Failed)
			gone = true
			store := &faulty{Store: f.store, rand: rand.New(rand.NewPCG(seed, 0))}
			for { // the first read may fail
				err := fleetonce.Retry(t.Context(), store, "it is repaired")
				if err == nil {
					break
				}
				if !errors.Is(err, source.Unavailable) {
					t.Fatalf("seed %d: Retry: %v", seed, err)
				}
			}
			f.wait(fleetonce.Done)
			f.expect("v1 attempt 1", "v1 attempt 1")
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

// Two operators at the same time, one of whom is late: one retry.
func TestTwoOperators(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var gone bool
		f := newFleet(t, 2, fleetonce.Options{Attempts: 1}, failsUntil(&gone))
		f.wait(fleetonce.Failed)
		gone = true
		store := &oldStore{Store: f.store}
		if _, err := store.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := fleetonce.Retry(t.Context(), f.store, "one"); err != nil {
			t.Fatal(err)
		}
		f.wait(fleetonce.Done)
		if err := fleetonce.Retry(t.Context(), store, "two"); err != nil {
			t.Errorf("Retry after the other one: %v, want nil, since the version is tried again", err)
		}
		f.expect("v1 attempt 1", "v1 attempt 1")

		f.publish("v2")
		f.wait(fleetonce.Done)
		store.again = true
		if err := fleetonce.Retry(t.Context(), store, "three"); !errors.Is(err, source.Conflict) || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("Retry of a version that another one has replaced: %v, want conflict", err)
		}
		f.expect("v1 attempt 1", "v1 attempt 1", "v2 attempt 1")
	})
}

// oldStore answers a read with the first record that it has had, and then with the current one.
type oldStore struct {
	fleetonce.Store
	first fleetonce.Record
	again bool
	reads int
}

func (o *oldStore) Load(ctx context.Context) (fleetonce.Record, error) {
	o.reads++
	if o.first.Revision == "" {
		r, err := o.Store.Load(ctx)
		o.first = r
		return r, err
	}
	if o.reads == 2 || o.again {
		o.again = false
		return o.first, nil
	}
	return o.Store.Load(ctx)
}

func TestRetryThatCannotBeDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := fleetonce.Retry(t.Context(), fleetonce.NewMemoryStore("record"), "x"); !errors.Is(err, source.NotFound) {
			t.Errorf("Retry without a record: %v, want not found", err)
		}
		other := fleetonce.NewMemoryStore("other")
		if err := other.Create(t.Context(), []byte("cache: {}")); err != nil {
			t.Fatal(err)
		}
		if err := fleetonce.Retry(t.Context(), other, "x"); !errors.Is(err, source.Malformed) {
			t.Errorf("Retry of what is not a record: %v, want malformed", err)
		}
		if r, _ := other.Load(t.Context()); string(r.Data) != "cache: {}" {
			t.Errorf("Retry replaced what is not a record by %q", r.Data)
		}
		gone := false
		f := newFleet(t, 1, fleetonce.Options{Attempts: 1}, failsUntil(&gone))
		f.wait(fleetonce.Failed)
		for _, kind := range []source.Kind{source.PermissionDenied, source.InvalidArgument} {
			if err := fleetonce.Retry(t.Context(), refusing{f.store, kind}, "x"); !errors.Is(err, kind) {
				t.Errorf("Retry by someone who may not write: %v, want %v", err, kind)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := fleetonce.Retry(ctx, refusing{f.store, source.Unavailable}, "x"); !errors.Is(err, source.Timeout) || ctx.Err() == nil {
			t.Errorf("Retry on a store that does not answer: %v, want a timeout when the context ends", err)
		}
		f.expect("v1 attempt 1")
	})
}

// refusing is a store that refuses each swap.
type refusing struct {
	fleetonce.Store
	kind source.Kind
}

func (r refusing) CompareAndSwap(context.Context, string, []byte) (string, error) {
	return "", fmt.Errorf("swap: %w", r.kind)
}

func TestWhatARecordSays(t *testing.T) {
	t.Parallel()
	store := fleetonce.NewMemoryStore("record")
	if err := fleetonce.Create(t.Context(), store, "hook"); err != nil {
		t.Fatal(err)
	}
	if s := statusOf(t, store); s.Hook != "hook" || s.State != fleetonce.Waiting || s.RecordVersion != "" || s.Token == 0 {
		t.Errorf("a new record says %+v, want its hook, waiting, and no version", s)
	}
	for _, c := range []struct {
		state string
		want  fleetonce.State
	}{
		{"claimed", fleetonce.Running}, {"done", fleetonce.Done}, {"failed", fleetonce.Failed}, {"retry", fleetonce.Waiting}, {"released", fleetonce.Waiting},
	} {
		data := fmt.Sprintf(`{"nacre":"fleet-once/1","hook":"hook","version":"v","token":9,"turn":7,"state":%q,"attempt":2,"holder":"i1","reason":"why","nonce":"n","term_ms":1000}`, c.state)
		s, err := fleetonce.Record{Data: []byte(data)}.Status()
		want := fleetonce.Status{Hook: "hook", State: c.want, RecordVersion: "v", Token: 9, Attempt: 2, Holder: "i1", Reason: "why"}
		if err != nil || s != want {
			t.Errorf("a record that is %s says %+v, %v, want %+v", c.state, s, err, want)
		}
	}
	if s, err := (fleetonce.Record{Data: []byte("cache: {}")}).Status(); !errors.Is(err, source.Malformed) || s != (fleetonce.Status{}) {
		t.Errorf("what is not a record says %+v, %v, want malformed", s, err)
	}
}

// Create may see its record only after an instance that has waited for it has claimed it.
func TestCreateWhileInstancesWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
		f.add("i0", "v1", f.store, fleetonce.Options{}, succeed)
		time.Sleep(time.Minute)
		if err := fleetonce.Create(t.Context(), lateStore{f.store, time.Minute}, "hook"); err != nil {
			t.Errorf("Create of a record that an instance claims at once: %v", err)
		}
		f.wait(fleetonce.Done)
		f.expect("v1 attempt 1")
	})
}

// lateStore shows a record only a while after its creation.
type lateStore struct {
	fleetonce.Store
	late time.Duration
}

func (l lateStore) Create(ctx context.Context, data []byte) error {
	err := l.Store.Create(ctx, data)
	time.Sleep(l.late)
	return err
}

// An instance with a lower limit of attempts than the one that has failed reports the failure.
func TestAnInstanceWithFewerAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var gone bool
		f := newFleet(t, 1, fleetonce.Options{Attempts: 3, Backoff: time.Hour}, failsUntil(&gone))
		time.Sleep(time.Minute)
		few := f.add("few", "v1", f.store, fleetonce.Options{Attempts: 1}, failsUntil(&gone))
		time.Sleep(10 * time.Minute)
		if s := few.hook.Status(); s.Attempt != 1 || s.State != fleetonce.Failed {
			t.Errorf("after one attempt of one, the status is %+v, want failed", s)
		}
	})
}

// Create does not take the record of another hook for its own.
func TestCreateFindsTheRecordOfAnotherHook(t *testing.T) {
	t.Parallel()
	store := otherStore{fleetonce.NewMemoryStore("record")}
	if err := fleetonce.Create(t.Context(), store, "hook"); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("Create, where the record of another hook appears: %v, want invalid argument", err)
	}
}

type otherStore struct{ fleetonce.Store }

func (o otherStore) Create(ctx context.Context, data []byte) error {
	return o.Store.Create(ctx, []byte(strings.Replace(string(data), `"hook": "hook"`, `"hook": "other"`, 1)))
}
