package fleetoncetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/source"
)

// Run tests a store in subtests, one for each case. newStores returns two stores of one record,
// which does not exist yet, as two instances would have them. Run calls it once for each case, with
// the t of that case, on which it may register cleanups.
func Run(t *testing.T, newStores func(t *testing.T) (a, b fleetonce.Store)) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"a record that does not exist", (*suite).missing},
		{"create", (*suite).create},
		{"swap", (*suite).swap},
		{"a revision does not return", (*suite).revisions},
		{"one of many swaps wins", (*suite).race},
		{"wait", (*suite).wait},
		{"the end of a context", (*suite).canceled},
		{"a hook", (*suite).hook},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			a, b := newStores(t)
			c.test(&suite{t, ctx, a, b})
		})
	}
}

// suite is one case.
type suite struct {
	*testing.T
	ctx  context.Context //nolint:containedctx // it is that of one case
	a, b fleetonce.Store
}

// pollEvery is the time between two reads.
const pollEvery = 250 * time.Millisecond

// sleep waits between two reads.
func (s *suite) sleep() {
	s.Helper()
	select {
	case <-time.After(pollEvery):
	case <-s.ctx.Done():
		s.Fatal("it takes longer than a minute")
	}
}

// shows waits until a store shows a record.
func (s *suite) shows(store fleetonce.Store, text string) fleetonce.Record {
	s.Helper()
	for {
		r, err := store.Load(s.ctx)
		switch {
		case err == nil && string(r.Data) == text:
			if r.Revision == "" {
				s.Fatalf("Load returned %q with an empty revision", text)
			}
			return r
		case err != nil && !errors.Is(err, source.NotFound) && !transient(err):
			s.Fatalf("Load: %v", err)
		}
		s.sleep()
	}
}

func transient(err error) bool {
	kind := source.KindOf(err)
	return kind == source.Unavailable || kind == source.Timeout
}

// replace swaps a record, also if the answer is not clear.
func (s *suite) replace(store fleetonce.Store, prior fleetonce.Record, text string) fleetonce.Record {
	s.Helper()
	for {
		revision, err := store.CompareAndSwap(s.ctx, prior.Revision, []byte(text))
		if err == nil {
			r := s.shows(store, text)
			if r.Revision != revision {
				s.Fatalf("CompareAndSwap returned the revision %q, and Load of that record %q", revision, r.Revision)
			}
			return r
		}
		if !transient(err) {
			s.Fatalf("a swap of the revision that the record has: %v", err)
		}
		s.sleep()
		if r, err := store.Load(s.ctx); err == nil && string(r.Data) == text {
			return r
		}
	}
}

func (s *suite) created(text string) fleetonce.Record {
	s.Helper()
	if err := s.a.Create(s.ctx, []byte(text)); err != nil {
		s.Fatalf("Create: %v", err)
	}
	s.shows(s.b, text)
	return s.shows(s.a, text)
}

func (s *suite) missing() {
	if s.a.Name() == "" || s.a.Name() != s.b.Name() {
		s.Errorf("the names of the record are %q and %q, want one name that is not empty", s.a.Name(), s.b.Name())
	}
	if r, err := s.a.Load(s.ctx); !errors.Is(err, source.NotFound) {
		s.Errorf("Load of a record that does not exist: %+v, %v, want not found", r, err)
	}
}

func (s *suite) create() {
	first := s.created("record 1")
	if err := s.b.Create(s.ctx, []byte("record 2")); !errors.Is(err, source.Conflict) {
		s.Errorf("Create of a record that exists: %v, want conflict", err)
	}
	s.sleep()
	if r := s.shows(s.b, "record 1"); r.Revision != first.Revision {
		s.Errorf("two stores return the revisions %q and %q of one record", first.Revision, r.Revision)
	}
}

func (s *suite) swap() {
	first := s.created("record 1")
	second := s.replace(s.a, first, "record 2")
	s.shows(s.b, "record 2")
	if second.Revision == first.Revision {
		s.Fatalf("two records have the revision %q", first.Revision)
	}
	for _, revision := range []string{first.Revision, "", "other", second.Revision + "0"} {
		if _, err := s.b.CompareAndSwap(s.ctx, revision, []byte("record 3")); err == nil {
			s.Errorf("a swap of the revision %q succeeded; the record has %q", revision, second.Revision)
		} else if kind := source.KindOf(err); kind != source.Conflict && kind != source.InvalidArgument && !transient(err) {
			s.Errorf("a swap of the revision %q: %v, want conflict", revision, err)
		}
	}
	s.sleep()
	s.shows(s.a, "record 2")
	third := s.replace(s.b, second, "record 3")
	third.Data[0] = 'X'
	s.shows(s.b, "record 3")
}

// revisions checks that a revision is not that of another record, in the order in which a hook
// writes them.
func (s *suite) revisions() {
	r := s.created("record 0")
	seen := map[string]string{r.Revision: "record 0"}
	for i := range 5 {
		text := fmt.Sprintf("record %d", i+1)
		r = s.replace(s.a, r, text)
		if other, ok := seen[r.Revision]; ok {
			s.Fatalf("%q and %q have the revision %q", other, text, r.Revision)
		}
		seen[r.Revision] = text
		s.shows(s.b, text)
	}
}

// race lets many swap one revision at the same time.
func (s *suite) race() {
	const rounds, writers = 5, 12
	r := s.created("record 0")
	for round := range rounds {
		s.shows(s.b, string(r.Data))
		var (
			start   = make(chan struct{})
			all     sync.WaitGroup
			mu      sync.Mutex
			winners []string
			doubts  = map[string]bool{}
		)
		for w := range writers {
			store := s.a
			if w%2 == 1 {
				store = s.b
			}
			text := fmt.Sprintf("record %d of writer %d", round+1, w)
			all.Go(func() {
				<-start
				_, err := store.CompareAndSwap(s.ctx, r.Revision, []byte(text))
				mu.Lock()
				defer mu.Unlock()
				switch kind := source.KindOf(err); {
				case err == nil:
					winners = append(winners, text)
				case kind == source.Conflict:
				case transient(err):
					doubts[text] = true
				default:
					s.Errorf("a swap that others were quicker than: %v, want conflict", err)
				}
			})
		}
		close(start)
		all.Wait()
		if len(winners) > 1 {
			s.Fatalf("round %d: %d swaps of one revision succeeded", round, len(winners))
		}
		next := s.differs(r)
		if len(winners) == 1 && winners[0] != string(next.Data) || len(winners) == 0 && !doubts[string(next.Data)] {
			s.Fatalf("round %d: the record is %q, and %q won", round, next.Data, winners)
		}
		r = next
	}
}

// differs waits until a store shows another record than r.
func (s *suite) differs(r fleetonce.Record) fleetonce.Record {
	s.Helper()
	for {
		if next, err := s.a.Load(s.ctx); err == nil && !bytes.Equal(next.Data, r.Data) {
			return next
		}
		s.sleep()
	}
}

func (s *suite) wait() {
	first := s.created("record 1")
	if err := s.b.Wait(s.ctx, "other"); err != nil {
		s.Errorf("Wait for another revision than the record has: %v, want nil at once", err)
	}
	done := make(chan error, 1)
	go func() { done <- s.changes(first) }()
	s.replace(s.a, first, "record 2")
	if err := <-done; err != nil {
		s.Errorf("Wait, until the record changes: %v", err)
	}
}

// changes waits until the record is another one than r, in as many calls as the store needs.
func (s *suite) changes(r fleetonce.Record) error {
	for {
		if err := s.b.Wait(s.ctx, r.Revision); err != nil {
			return err
		}
		if next, err := s.b.Load(s.ctx); err == nil && next.Revision != r.Revision {
			return nil
		}
		select {
		case <-time.After(pollEvery):
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

func (s *suite) canceled() {
	r := s.created("record 1")
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan error, 1)
	go func() {
		for ctx.Err() == nil { // it may return early
			if err := s.b.Wait(ctx, r.Revision); err != nil {
				done <- err
				return
			}
		}
		done <- ctx.Err()
	}()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			s.Errorf("Wait whose context has ended: %v, want that of the context", err)
		}
	case <-s.ctx.Done():
		s.Error("Wait does not return when its context ends")
	}
	if _, err := s.a.Load(ctx); err == nil {
		s.Error("Load with a context that has ended succeeded")
	}
	if _, err := s.a.CompareAndSwap(ctx, r.Revision, []byte("record 2")); err == nil {
		s.Error("CompareAndSwap with a context that has ended succeeded")
	}
	s.sleep()
	s.shows(s.a, "record 1")
}

// hook creates a record as an operator does, and reads it.
func (s *suite) hook() {
	if err := fleetonce.Create(s.ctx, s.a, "hook"); err != nil {
		s.Fatalf("Create: %v", err)
	}
	if err := fleetonce.Create(s.ctx, s.b, "hook"); !errors.Is(err, source.Conflict) {
		s.Errorf("a second Create: %v, want conflict", err)
	}
}
