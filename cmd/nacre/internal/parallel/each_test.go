package parallel_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEach(t *testing.T) {
	t.Parallel()
	errOne, errTwo := errors.New("one"), errors.New("two")
	var running, most, calls atomic.Int32
	err := parallel.Each(t.Context(), 3, 50, func(context.Context, int) error {
		calls.Add(1)
		for n := running.Add(1); n > most.Load(); {
			most.Store(n)
		}
		running.Add(-1)
		return nil
	})
	if err != nil || calls.Load() != 50 || most.Load() > 3 {
		t.Errorf("%d calls, %d at once, %v; want 50, at most 3", calls.Load(), most.Load(), err)
	}
	calls.Store(0)
	second := make(chan struct{})
	err = parallel.Each(t.Context(), 2, 50, func(_ context.Context, i int) error {
		calls.Add(1)
		if i == 1 {
			close(second)
			return errTwo
		}
		<-second
		return errOne
	})
	if !errors.Is(err, errOne) || calls.Load() > 3 {
		t.Errorf("after %d calls the error is %v; want that of the lowest number, and no further calls", calls.Load(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = parallel.Each(ctx, 1, 2, func(context.Context, int) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended before the last call: %v", err)
	}
	if err := parallel.Each(ctx, 1, 0, nil); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}
