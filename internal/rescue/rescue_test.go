package rescue_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/synctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type unprintable struct{}

func (unprintable) String() string { panic("no") }

var errOwn = errors.New("own")

func TestDo(t *testing.T) {
	t.Parallel()
	if err := rescue.Do(func() error { return nil }); err != nil {
		t.Errorf("a function that is fine: %v", err)
	}
	if err := rescue.Do(func() error { return errOwn }); !errors.Is(err, errOwn) {
		t.Errorf("a function that fails: %v", err)
	}
	for what, c := range map[string]struct {
		f    func() error
		want string
	}{
		"panics":                      {func() error { panic("boom") }, "panic: boom"},
		"panics with what cannot say": {func() error { panic(unprintable{}) }, "panic: "},
		"ends its goroutine":          {func() error { runtime.Goexit(); return nil }, "ended its goroutine"},
	} {
		err := rescue.Do(c.f)
		if _, ok := errors.AsType[*rescue.Panic](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("a function that %s: %v", what, err)
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got, err := rescue.Within(t.Context(), time.Second, func(context.Context) (int, error) { return 7, nil })
		if got != 7 || err != nil {
			t.Errorf("in time: %d, %v", got, err)
		}
		if _, err := rescue.Within(t.Context(), time.Second, func(context.Context) (int, error) { panic("boom") }); err == nil {
			t.Error("a panic is no error")
		}
		got, err = rescue.Within(t.Context(), time.Second, func(context.Context) (int, error) { time.Sleep(time.Minute); return 7, nil })
		if got != 0 || !errors.Is(err, rescue.ErrSlow) || time.Since(began) != time.Second {
			t.Errorf("too slow: %d, %v after %v", got, err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := rescue.Within(ctx, time.Hour, func(context.Context) (int, error) { time.Sleep(time.Minute); return 7, nil }); !errors.Is(err, rescue.ErrSlow) {
			t.Errorf("the context has ended: %v", err)
		}
		time.Sleep(2 * time.Minute) // both slow ones come to their end
	})
}
