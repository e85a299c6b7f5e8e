package source_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// origin is what a poll reads in these tests.
type origin struct {
	mu      sync.Mutex
	rev     source.Revision
	err     error
	fetches int
}

func (o *origin) set(rev source.Revision, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rev, o.err = rev, err
}

func (o *origin) fetch(context.Context) (source.Content, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fetches++
	if o.err != nil {
		return source.Content{}, o.err
	}
	return source.Content{Revision: o.rev, Documents: []source.Document{{Name: "d", Absent: true}}}, nil
}

func (o *origin) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.fetches
}

// ask calls Next with an hour of patience, and says after what time it returned.
func ask(t *testing.T, s source.Source, prev source.Revision) (source.Revision, time.Duration, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	begin := time.Now()
	c, err := s.Next(ctx, prev)
	return c.Revision, time.Since(begin), err
}

func TestPollTellsChangesAtTheInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &origin{rev: "1"}
		s := source.Poll("http", time.Minute, o.fetch)
		if s.Name() != "http" {
			t.Errorf("Name is %q", s.Name())
		}
		if rev, took, err := ask(t, s, ""); rev != "1" || err != nil || took != 0 {
			t.Errorf("the zero revision gives %q, %v after %v; must give what is there at once", rev, err, took)
		}
		time.AfterFunc(90*time.Second, func() { o.set("2", nil) })
		before := o.count()
		if rev, took, err := ask(t, s, "1"); rev != "2" || err != nil || took != 2*time.Minute {
			t.Errorf("a change after 90 s came as %q, %v after %v; the interval is a minute", rev, err, took)
		}
		if n := o.count() - before; n != 3 {
			t.Errorf("in two minutes it was fetched %d times, at once and every minute are 3", n)
		}
		if _, _, err := ask(t, s, "2"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the same content again woke the caller: %v", err)
		}
		if rev, took, _ := ask(t, s, "a revision that was never given"); rev != "2" || took != 0 {
			t.Errorf("a foreign revision gives %q after %v; must give what is there at once", rev, took)
		}
	})
}

func TestPollDefaultInterval(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{0, -time.Second} {
		synctest.Test(t, func(t *testing.T) {
			o := &origin{rev: "1"}
			s := source.Poll("http", interval, o.fetch)
			time.AfterFunc(time.Second, func() { o.set("2", nil) })
			if _, took, _ := ask(t, s, "1"); took != 30*time.Second {
				t.Errorf("with the interval %v the second fetch came after %v, documented as 30 s", interval, took)
			}
		})
	}
}

func TestPollTellsErrorsAsStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &origin{rev: "1"}
		s := source.Poll("http", time.Minute, o.fetch)
		down := &source.Error{Kind: source.Unavailable, Document: "d"}
		o.set("1", down)
		if rev, took, err := ask(t, s, "1"); rev != "" || !errors.Is(err, error(down)) || took != 0 {
			t.Errorf("trouble gives %q, %v after %v", rev, err, took)
		}
		if _, _, err := ask(t, s, "1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the same error again woke the caller: %v", err)
		}
		if _, _, err := ask(t, s, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the same error again woke a caller who asked for anything: %v", err)
		}
		o.set("1", &source.Error{Kind: source.Unavailable, Document: "d"})
		if _, _, err := ask(t, s, "1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an error that only is another pointer woke the caller: %v", err)
		}
		o.set("1", &source.Error{Kind: source.PermissionDenied, Document: "d"})
		if _, took, err := ask(t, s, "1"); !errors.Is(err, source.PermissionDenied) || took != 0 {
			t.Errorf("another kind of error was not told: %v", err)
		}
		o.set("1", nil)
		if rev, took, err := ask(t, s, "1"); rev != "1" || err != nil || took != 0 {
			t.Errorf("the end of an error, with the content as before, gives %q, %v after %v", rev, err, took)
		}
		if _, _, err := ask(t, s, "1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the end of an error was told twice: %v", err)
		}
		o.set("1", down)
		if _, took, err := ask(t, s, "1"); !errors.Is(err, error(down)) || took != 0 {
			t.Errorf("an error that came before, and had ended, was not told again: %v", err)
		}
	})
}

func TestPollEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &origin{rev: "1"}
		s := source.Poll("http", time.Minute, o.fetch)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		if _, err := s.Next(ctx, "1"); err != ctx.Err() || time.Since(begin) != time.Second { //nolint:errorlint // the contract says ctx.Err() itself
			t.Errorf("a context that ended after a second gave %v after %v", err, time.Since(begin))
		}
		if _, err := s.Next(ctx, "1"); err != ctx.Err() { //nolint:errorlint // the contract says ctx.Err() itself
			t.Errorf("a context that had ended gave %v", err)
		}

		// What a fetch returns after its context has ended is no state of the origin.
		hangs := source.Poll("http", time.Minute, func(ctx context.Context) (source.Content, error) {
			<-ctx.Done()
			return source.Content{}, &source.Error{Kind: source.Timeout, Err: ctx.Err()}
		})
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := hangs.Next(ctx, ""); err != ctx.Err() { //nolint:errorlint // the contract says ctx.Err() itself
			t.Errorf("a fetch that was cancelled gave %v", err)
		}
	})
}

func TestTeller(t *testing.T) {
	t.Parallel()
	a, b := &source.Error{Kind: source.PermissionDenied, Document: "a"}, &source.Error{Kind: source.PermissionDenied, Document: "b"}
	var told source.ChangeDetector
	for i, step := range []struct {
		prev, rev source.Revision
		err       error
		want      bool
	}{
		{"", "1", nil, true},
		{"1", "1", nil, false},
		{"1", "2", nil, true},
		{"1", "2", nil, true}, // the caller did not see it
		{"2", "1", nil, true},
		{"", "1", nil, true},
		{"1", "", a, true},
		{"1", "", a, false},
		{"", "", a, false},
		{"1", "", b, true},
		{"1", "", a, true},
		{"1", "", errors.New(a.Error()), true}, // the same text, of another kind
		{"1", "1", nil, true},                  // the end of the trouble
		{"1", "1", nil, false},
		{"1", "", a, true},
		{"1", "2", nil, true},
		{"2", "2", nil, false},
	} {
		if got := told.Changed(step.prev, step.rev, step.err); got != step.want {
			t.Errorf("step %d: Differs(%q, %q, %v) is %v, must be %v", i, step.prev, step.rev, step.err, got, step.want)
		}
	}
}
