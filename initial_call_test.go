package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

func poolOf(c *subConfig) int { return c.Pool }

// A service that serves after Subscribe returns has what its function sets.
func TestTheInitialCallEndsBeforeSubscribeReturns(t *testing.T) {
	t.Parallel()
	cfg, _ := open[subConfig](t, quiet, "pool: 7")
	for n := range 200 {
		var limit atomic.Int64
		sub, err := nacre.Subscribe(cfg, poolOf, func(_ context.Context, ch nacre.Change[int]) error {
			runtime.Gosched()
			limit.Store(int64(ch.New))
			return nil
		}, nacre.InitialCall())
		if err != nil || limit.Load() != 7 {
			t.Fatalf("try %d: the limit is %d when Subscribe returns, want 7; %v", n, limit.Load(), err)
		}
		sub.Stop()
	}
}

func TestAFailedInitialCallIsTheErrorOfSubscribe(t *testing.T) {
	t.Parallel()
	cause := errors.New("cannot resize")
	for name, test := range map[string]struct {
		fn   func(context.Context, nacre.Change[int]) error
		want string
		is   func(error) bool
	}{
		"an error": {func(context.Context, nacre.Change[int]) error { return cause },
			"subscribe pool: initial call failed: cannot resize", func(err error) bool { return errors.Is(err, cause) }},
		"a panic": {func(context.Context, nacre.Change[int]) error { panic("no pool") },
			"subscribe pool: initial call failed: panic: no pool", isPanic},
		"the end of its goroutine": {func(context.Context, nacre.Change[int]) error { runtime.Goexit(); return nil },
			"subscribe pool: initial call failed: panic: the subscriber ended its goroutine", isPanic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var events atomic.Int64
				o := quiet
				o.Observers = on(handlers{observe.SubscriberCalled: func(e observe.Event) {
					if e.Err != nil {
						events.Add(1)
					}
				}})
				cfg, m := open[subConfig](t, o, "pool: 7")
				var calls atomic.Int64
				sub, err := nacre.Subscribe(cfg, poolOf, func(ctx context.Context, ch nacre.Change[int]) error {
					calls.Add(1)
					return test.fn(ctx, ch)
				}, nacre.InitialCall(), nacre.WithName("pool"))
				if sub != nil || err == nil || err.Error() != test.want || !test.is(err) {
					t.Errorf("Subscribe returns %v, %v; want no subscription and %q", sub, err, test.want)
				}
				m.Set([]byte("pool: 8"))
				settle()
				if calls.Load() != 1 || len(cfg.Health().Subscribers) != 0 || events.Load() != 1 {
					t.Errorf("after the error: %d calls, %d events, Health shows %+v; want one call, one event and no subscriber", calls.Load(), events.Load(), cfg.Health().Subscribers)
				}
				cfg.Close()
			})
		})
	}
	t.Run("a panic of the selector", func(t *testing.T) {
		t.Parallel()
		cfg, _ := open[subConfig](t, quiet, "pool: 7")
		if sub, err := nacre.Subscribe(cfg, func(*subConfig) int { panic("no part") }, keep(new([]nacre.Change[int])), nacre.InitialCall()); sub != nil || !isPanic(err) {
			t.Errorf("Subscribe returns %v, %v", sub, err)
		}
	})
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*observe.PanicError](err)
	return ok
}

// A call that hangs delays the start by a bounded time, and then there is an error that says what
// to do. A call that still runs is shown, ends by its context, and is followed by no other.
func TestTheInitialCallIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options []nacre.SubscribeOption
		context time.Duration // when the context of the call ends
		returns time.Duration
	}{
		"by default":               {nil, 10 * time.Second, 10 * time.Second},
		"with a longer SlowAfter":  {[]nacre.SubscribeOption{nacre.SlowAfter(time.Minute)}, time.Minute, time.Minute},
		"with a shorter SlowAfter": {[]nacre.SubscribeOption{nacre.SlowAfter(time.Second)}, time.Second, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, m := open[subConfig](t, quiet, "pool: 7")
				began := time.Now()
				var ended atomic.Int64
				var calls atomic.Int64
				hang := make(chan struct{})
				sub, err := nacre.Subscribe(cfg, poolOf, func(ctx context.Context, _ nacre.Change[int]) error {
					calls.Add(1)
					<-ctx.Done()
					ended.Store(int64(time.Since(began)))
					<-hang
					return nil
				}, append(test.options, nacre.InitialCall(), nacre.WithName("hangs"))...)
				if took := time.Since(began); sub != nil || !errors.Is(err, source.Timeout) || took != test.returns {
					t.Errorf("Subscribe returns %v, %v after %v; want kind Timeout after %v", sub, err, took, test.returns)
				}
				want := fmt.Sprintf("subscribe hangs: timeout: initial call has not ended within %v (return from the function when its context ends, or allow more time with SlowAfter)", test.returns)
				if err == nil || err.Error() != want {
					t.Errorf("the error is %q, want %q", err, want)
				}
				synctest.Wait()
				if got := time.Duration(ended.Load()); got != test.context {
					t.Errorf("the context of the call ends after %v, want %v", got, test.context)
				}
				m.Set([]byte("pool: 8"))
				settle()
				if h := cfg.Health().Subscribers; len(h) != 1 || h[0].RunningSince.IsZero() || h[0].Slow != 1 {
					t.Errorf("while the call runs, Health shows %+v", h)
				}
				close(hang)
				settle()
				if h := cfg.Health().Subscribers; len(h) != 0 || calls.Load() != 1 {
					t.Errorf("after it has ended: %d calls, Health shows %+v; want one call and no subscriber", calls.Load(), h)
				}
				cfg.Close()
			})
		})
	}
}

// A change that becomes live during the initial call is delivered after it, once.
func TestAChangeDuringTheInitialCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 1")
		var heard []string
		sub, err := nacre.Subscribe(cfg, poolOf, func(_ context.Context, ch nacre.Change[int]) error {
			if ch.New == 1 {
				m.Set([]byte("pool: 2"))
				time.Sleep(time.Second)
				m.Set([]byte("pool: 3"))
				time.Sleep(time.Second)
			}
			heard = append(heard, fmt.Sprintf("%d→%d in %d by %d", ch.Old, ch.New, ch.Version, len(ch.Causes)))
			return nil
		}, nacre.InitialCall())
		if err != nil {
			t.Fatal(err)
		}
		settle()
		if want := []string{"0→1 in 1 by 1", "1→3 in 3 by 2"}; !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
		sub.Stop()
		cfg.Close()
	})
}

// Whatever is swapped while Subscribe makes its initial call, the subscriber ends with what is
// live, and sees no version twice.
func TestConcurrentSafeInitialCallWhileSwapping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Window = nacre.Off
		cfg, m := open[subConfig](t, o, "pool: 1")
		var wait sync.WaitGroup
		wait.Go(func() {
			for n := 2; n <= 100; n++ {
				m.Set(fmt.Appendf(nil, "pool: %d", n))
				runtime.Gosched()
			}
		})
		heard := make([][]nacre.Change[int], 50)
		for i := range heard {
			wait.Go(func() {
				if _, err := nacre.Subscribe(cfg, poolOf, keep(&heard[i]), nacre.InitialCall()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		settle()
		cfg.Close()
		for _, changes := range heard {
			last := nacre.Change[int]{}
			for _, ch := range changes {
				if ch.Version <= last.Version || ch.Old != last.New {
					t.Fatalf("%+v follows %+v", ch, last)
				}
				last = ch
			}
			if len(changes) == 0 || last.New != 100 {
				t.Errorf("the last call has %d, want 100", last.New)
			}
		}
	})
}

// The function may use the config, since Subscribe holds nothing while it waits.
func TestTheInitialCallMayUseTheConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, _ := open[subConfig](t, quiet, "pool: 1")
		var inner *nacre.Subscription
		outer, err := nacre.Subscribe(cfg, poolOf, func(ctx context.Context, ch nacre.Change[int]) error {
			if cfg.Get().Pool != ch.New || cfg.Health().Version != ch.Version || len(cfg.History()) == 0 {
				return errors.New("another version is live")
			}
			if _, err := cfg.Pin(ctx, 0); err != nil {
				return err
			}
			if err := cfg.Unpin(ctx); err != nil {
				return err
			}
			if _, err := nacre.Derive(ctx, cfg, poolOf, func(context.Context, int) (int, error) { return 0, nil }, nil); err != nil {
				return err
			}
			if inner != nil {
				return nil
			}
			var err error
			if inner, err = nacre.Subscribe(cfg, poolOf, func(context.Context, nacre.Change[int]) error { return nil }, nacre.InitialCall()); err == nil {
				inner.Stop()
			}
			return err
		}, nacre.InitialCall())
		if err != nil {
			t.Fatal(err)
		}
		outer.Stop()
		<-outer.Done()
		<-inner.Done()
		cfg.Close()
	})
}

// Closing the config ends the initial call by its context, and Subscribe returns.
func TestCloseDuringTheInitialCall(t *testing.T) {
	t.Parallel()
	for name, closes := range map[string]func(cfg *nacre.Config[appConfig], part *nacre.Config[redisConfig]) error{
		"the config":  func(cfg *nacre.Config[appConfig], _ *nacre.Config[redisConfig]) error { return cfg.Close() },
		"the section": func(_ *nacre.Config[appConfig], part *nacre.Config[redisConfig]) error { return part.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, _ := open[appConfig](t, reserving("redis"), "n: 1\nredis: {addr: a}")
				part := section[redisConfig](t, cfg, "redis")
				addr := func(c *redisConfig) string { return c.Addr }
				began := time.Now()
				go func() {
					time.Sleep(time.Second)
					if err := closes(cfg, part); err != nil {
						t.Error(err)
					}
				}()
				sub, err := nacre.Subscribe(part, addr, func(ctx context.Context, ch nacre.Change[string]) error {
					if ch.New != "a" {
						t.Errorf("the initial call has %q", ch.New)
					}
					<-ctx.Done()
					return nil
				}, nacre.InitialCall())
				if sub != nil || !errors.Is(err, source.Closed) || time.Since(began) > 2*time.Second {
					t.Errorf("Subscribe returns %v, %v after %v, want kind Closed after 1s", sub, err, time.Since(began))
				}
				synctest.Wait()
				for _, options := range [][]nacre.SubscribeOption{nil, {nacre.InitialCall()}} {
					sub, err := nacre.Subscribe(part, addr, func(context.Context, nacre.Change[string]) error {
						t.Error("a closed config calls a subscriber")
						return nil
					}, options...)
					if sub != nil || !errors.Is(err, source.Closed) {
						t.Errorf("afterwards, Subscribe returns %v, %v; want kind Closed", sub, err)
					}
				}
				cfg.Close()
			})
		})
	}
}

// A function that closes the config itself waits for itself; it delays the caller by the close
// timeout, and not for ever.
func TestAnInitialCallThatClosesTheConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, err := nacre.OpenWith[subConfig](t.Context(), quiet, memory.New("config.yaml", []byte("pool: 1")))
		if err != nil {
			t.Fatal(err)
		}
		var closed error
		_, err = nacre.Subscribe(cfg, poolOf, func(context.Context, nacre.Change[int]) error {
			closed = cfg.Close()
			return nil
		}, nacre.InitialCall(), nacre.WithName("closes"))
		if !errors.Is(err, source.Closed) {
			t.Errorf("Subscribe returns %v, want kind Closed", err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !errors.Is(closed, source.Timeout) || !strings.Contains(closed.Error(), "subscriber closes still runs") {
			t.Errorf("Close in a subscriber returns %v", closed)
		}
	})
}

// A version on probation is what the initial call gets; a rollback calls the function again.
func TestARollbackDuringTheInitialCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 1")
		nacre.AutoRollback(cfg, func(_ context.Context, c *subConfig) error {
			if c.Pool == 2 {
				return errors.New("no request gets through")
			}
			return nil
		})
		m.Set([]byte("pool: 2"))
		time.Sleep(500 * time.Millisecond)
		var heard []int
		if _, err := nacre.Subscribe(cfg, poolOf, func(_ context.Context, ch nacre.Change[int]) error {
			if ch.New == 2 {
				time.Sleep(5 * time.Second)
			}
			heard = append(heard, ch.New)
			return nil
		}, nacre.InitialCall()); err != nil {
			t.Fatal(err)
		}
		settle()
		if !slices.Equal(heard, []int{2, 1}) {
			t.Errorf("heard %v, want 2 and then 1", heard)
		}
		cfg.Close()
	})
}

func TestSubscribeWithoutAFunction(t *testing.T) {
	t.Parallel()
	cfg, _ := open[subConfig](t, quiet, "pool: 1")
	for _, options := range [][]nacre.SubscribeOption{nil, {nacre.InitialCall()}} {
		if sub, err := nacre.Subscribe(cfg, poolOf, nil, options...); sub != nil || !errors.Is(err, source.InvalidArgument) {
			t.Errorf("without a function: %v, %v", sub, err)
		}
		if sub, err := nacre.Subscribe(cfg, nil, keep(new([]nacre.Change[int])), options...); sub != nil || !errors.Is(err, source.InvalidArgument) {
			t.Errorf("without a selector: %v, %v", sub, err)
		}
	}
}

// A selector that takes longer than SlowAfter makes the call slow; it does not lose the change.
func TestASlowSelectorLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 1")
		var heard []nacre.Change[int]
		if _, err := nacre.Subscribe(cfg, func(c *subConfig) int {
			time.Sleep(2 * time.Second)
			return c.Pool
		}, keep(&heard), nacre.SlowAfter(time.Second)); err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("pool: 2"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(heard) != 1 || heard[0].New != 2 || cfg.Health().Subscribers[0].Slow != 1 {
			t.Errorf("heard %+v, Health shows %+v", heard, cfg.Health().Subscribers)
		}
		cfg.Close()
	})
}
