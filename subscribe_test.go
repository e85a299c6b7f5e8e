package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

var quiet = nacre.Options{Logger: slog.New(slog.DiscardHandler)}

type subConfig struct {
	Pool  int      `config:"pool" default:"10"`
	Level string   `config:"level" default:"info"`
	Hosts []string `config:"hosts"`
}

func open[T any](t *testing.T, o nacre.Options, text string) (*nacre.Config[T], *memory.Source) {
	t.Helper()
	m := memory.New("config.yaml", []byte(text))
	cfg, err := nacre.OpenWith[T](t.Context(), o, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	})
	return cfg, m
}

// settle lets all that is under way come to its end, the window included.
func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestASubscriberHearsOnlyOfWhatItSelects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 10\nhosts: [a, b]")
		var pools []nacre.Change[int]
		var hosts []nacre.Change[[]string]
		nacre.Subscribe(cfg, func(c *subConfig) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
			pools = append(pools, ch)
			return nil
		})
		nacre.Subscribe(cfg, func(c *subConfig) []string { return c.Hosts }, func(_ context.Context, ch nacre.Change[[]string]) error {
			hosts = append(hosts, ch)
			return nil
		})
		for _, text := range []string{"pool: 20\nhosts: [a, b]", "pool: 20\nhosts: [a, b]\nlevel: debug", "pool: 30\nhosts: [a]"} {
			m.Set([]byte(text))
			settle()
		}
		if len(pools) != 2 || pools[0].Old != 10 || pools[0].New != 20 || pools[1].Old != 20 || pools[1].New != 30 {
			t.Errorf("the subscriber of pool heard %+v, want 10→20 and 20→30", pools)
		}
		if len(pools) == 2 && (pools[0].Version != 2 || pools[1].Version != 4 || pools[1].Causes[0].Document != "config.yaml" || pools[1].Causes[0].Layer != "config.yaml" || pools[1].Causes[0].Revision == "") {
			t.Errorf("versions or causes are wrong: %+v", pools)
		}
		if len(hosts) != 1 || !slices.Equal(hosts[0].New, []string{"a"}) {
			t.Errorf("the subscriber of hosts heard %+v, want one change", hosts)
		}
		cfg.Close()
	})
}

func TestInitialIsCalledWithWhatIsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 7")
		var got []int
		s, _ := nacre.Subscribe(cfg, func(c *subConfig) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
			got = append(got, ch.Old, ch.New)
			return nil
		}, nacre.InitialCall(), nacre.WithName("pool"))
		synctest.Wait()
		m.Set([]byte("pool: 8"))
		settle()
		if !slices.Equal(got, []int{0, 7, 7, 8}) {
			t.Errorf("got old and new %v, want 0 7 and 7 8", got)
		}
		if h := cfg.Health().Subscribers; len(h) != 1 || h[0].Name != "pool" || h[0].Calls != 2 {
			t.Errorf("Health shows %+v", h)
		}
		s.Stop()
		<-s.Done()
		m.Set([]byte("pool: 9"))
		settle()
		if len(got) != 4 || len(cfg.Health().Subscribers) != 0 {
			t.Error("a stopped subscriber was called, or is still shown")
		}
		cfg.Close()
	})
}

func TestSubscribersHarmNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[subConfig](t, quiet, "pool: 1")
		pool := func(c *subConfig) int { return c.Pool }
		release := make(chan struct{})
		nacre.Subscribe(cfg, pool, func(context.Context, nacre.Change[int]) error { panic("no") }, nacre.WithName("panics"))
		nacre.Subscribe(cfg, func(c *subConfig) int { panic("selector") }, func(context.Context, nacre.Change[int]) error { return nil }, nacre.WithName("panics early"))
		nacre.Subscribe(cfg, pool, func(context.Context, nacre.Change[int]) error { <-release; return nil }, nacre.WithName("blocks"))
		nacre.Subscribe(cfg, pool, func(context.Context, nacre.Change[int]) error { return errors.New("cannot resize") }, nacre.WithName("fails"))
		var good []int
		nacre.Subscribe(cfg, pool, func(_ context.Context, ch nacre.Change[int]) error { good = append(good, ch.New); return nil })
		for n := 2; n <= 4; n++ {
			m.Set(fmt.Appendf(nil, "pool: %d", n))
			settle()
		}
		if !slices.Equal(good, []int{2, 3, 4}) || cfg.Get().Pool != 4 {
			t.Errorf("beside bad subscribers a good one heard %v, want 2 3 4", good)
		}
		for _, s := range cfg.Health().Subscribers {
			var ok bool
			switch s.Name {
			case "panics":
				ok = s.Panics == 3 && s.LastError == "panic: no"
			case "panics early":
				ok = s.Panics == 3
			case "blocks":
				ok = !s.RunningSince.IsZero() && s.Pending
			case "fails":
				ok = s.Failures == 3 && s.LastError == "cannot resize"
			default:
				ok = strings.HasPrefix(s.Name, "subscribe_test.go:") && s.Calls == 3
			}
			if !ok {
				t.Errorf("Health shows %+v", s)
			}
		}
		close(release)
		cfg.Close()
	})
}

// Forbids the lost update between Subscribe and Get: whatever is swapped while a subscriber is
// being made, it ends with what is live.
func TestConcurrentSafeSubscribeWhileSwapping(t *testing.T) {
	t.Parallel()
	o := quiet
	o.Window = -1
	m := memory.New("config.yaml", []byte("pool: 0"))
	cfg, err := nacre.OpenWith[subConfig](t.Context(), o, m)
	if err != nil {
		t.Fatal(err)
	}
	const last = 300
	var wg sync.WaitGroup
	reached := make(chan struct{}, 64)
	wg.Go(func() {
		for n := 1; n < last; n++ {
			m.Set(fmt.Appendf(nil, "pool: %d", n))
		}
	})
	for range 4 {
		wg.Go(func() {
			for i := range 8 {
				version := int64(0)
				var options []nacre.SubscribeOption
				if i%2 == 0 {
					options = append(options, nacre.InitialCall())
				}
				done := false
				nacre.Subscribe(cfg, func(c *subConfig) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
					if ch.Version <= version {
						t.Errorf("version %d after %d", ch.Version, version)
					}
					version = ch.Version
					if ch.New == last && !done {
						done = true
						reached <- struct{}{}
					}
					return nil
				}, options...)
			}
		})
	}
	wg.Wait()
	m.Set(fmt.Appendf(nil, "pool: %d", last)) // after the last of them has come, so that it is news to each
	for range 32 {
		select {
		case <-reached:
		case <-time.After(20 * time.Second):
			t.Fatalf("a subscriber never heard of the last change; live is %d", cfg.Get().Pool)
		}
	}
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
}

// Who is stopped while his selection is looked at is not called.
func TestStopWhileTheSelectionRuns(t *testing.T) {
	t.Parallel()
	m := memory.New("a.yaml", []byte("name: a"))
	cfg, err := nacre.OpenWith[benchConfig](t.Context(), nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler)}, m)
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	var sub *nacre.Subscription
	ready := make(chan struct{})
	sub, err = nacre.Subscribe(cfg, func(c *benchConfig) string {
		<-ready
		sub.Stop()
		return c.Name
	}, func(context.Context, nacre.Change[string]) error {
		t.Error("it was called after Stop had returned")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Set([]byte("name: b"))
	close(ready)
	<-sub.Done()
	sub.Stop()
}

func TestALateSubscriberIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var late []observe.Event
		o := quiet
		o.Observers = on(handlers{observe.SubscriberSlow: func(l observe.Event) {
			mu.Lock()
			defer mu.Unlock()
			late = append(late, l)
		}})
		cfg, m := open[subConfig](t, o, "pool: 10")
		nacre.Subscribe(cfg, func(c *subConfig) int { return c.Pool }, func(ctx context.Context, ch nacre.Change[int]) error {
			switch ch.New {
			case 11:
				time.Sleep(900 * time.Millisecond)
			case 12:
				<-ctx.Done() // who heeds the context is done with it
				return ctx.Err()
			case 13:
				time.Sleep(5 * time.Second)
			}
			return nil
		}, nacre.WithName("slow"), nacre.SlowAfter(time.Second))
		m.Set([]byte("pool: 11"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := cfg.Health().Subscribers[0].Slow; got != 0 {
			t.Errorf("a call that is in time: late %d times", got)
		}
		m.Set([]byte("pool: 12"))
		time.Sleep(10 * time.Second)
		m.Set([]byte("pool: 13"))
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if s := cfg.Health().Subscribers[0]; s.Slow == 0 || s.RunningSince.IsZero() || len(late) == 0 || late[len(late)-1].Name != "slow" || late[len(late)-1].Version != 4 {
			t.Errorf("a call that goes on: %+v, told %+v", s, late)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		m.Set([]byte("pool: 14"))
		settle()
		if s := cfg.Health().Subscribers[0]; s.LastVersion != 5 || s.LastError != "" {
			t.Errorf("after a late call: %+v", s)
		}
	})
}
