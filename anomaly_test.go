package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
)

// The anomalies that a config must not show, each with the test that forbids it: torn read
// (TestNoTornReadAcrossSections, and TestNoTornRead of internal/swap), half-applied
// (TestNoSectionIsHalfApplied, TestNothingIsHalfAppliedWhenABuildFails,
// TestAReleaseComesWholeOrNotAtAll), use after close (TestNoUseAfterClose), and those below.

// Anomaly: a version that goes back. Whatever is done to a config, its versions only rise, for all
// who look: by Snapshot, Health, and subscribers of the whole and of a section.
func TestNoVersionGoesBack(t *testing.T) {
	o := reserving("redis")
	o.Window, o.MaxBadChanges = -1, -1
	received := make(chan struct{}, 10)
	o.Observers = on(handlers{observe.ContentReceived: func(observe.Event) { received <- struct{}{} }})
	cfg, m := open[appConfig](t, o, "n: 1\nredis: {addr: a}")
	<-received
	redis := section[redisConfig](t, cfg, "redis")
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	rises := func(who string, look func() int64) func() {
		last := int64(0)
		return func() {
			if v := look(); v < last {
				t.Errorf("%s: version %d after %d", who, v, last)
			} else {
				last = v
			}
		}
	}
	for who, look := range map[string]func() int64{
		"Snapshot": func() int64 { return cfg.Snapshot().Version }, "Health": func() int64 { return cfg.Health().Version },
		"of the section": func() int64 { return redis.Snapshot().Version },
	} {
		check := rises(who, look)
		readers.Go(func() {
			for ctx.Err() == nil {
				check()
			}
		})
	}
	heard := func(who string) func(v int64) error {
		v := int64(0)
		check := rises(who, func() int64 { return v })
		return func(now int64) error { v = now; check(); return nil }
	}
	whole, part := heard("subscriber"), heard("subscriber of the section")
	nacre.Subscribe(cfg, func(c *appConfig) int { return c.N }, func(_ context.Context, ch nacre.Change[int]) error { return whole(ch.Version) })
	nacre.Subscribe(redis, func(c *redisConfig) string { return c.Addr }, func(_ context.Context, ch nacre.Change[string]) error { return part(ch.Version) })
	nacre.AutoRollback(cfg, func(_ context.Context, c *appConfig) error {
		if c.N%7 == 0 {
			return errors.New("no")
		}
		return nil
	}, nacre.RollbackCheckInterval(time.Millisecond), nacre.RollbackWindow(3*time.Millisecond))

	random := rand.New(rand.NewPCG(1, 2))
	for n := range 150 {
		switch random.IntN(8) {
		case 0:
			_, _ = cfg.Rollback(ctx)
		case 1:
			_, _ = cfg.Pin(ctx, 1+random.Int64N(cfg.Snapshot().Version))
		case 2, 3:
			_ = cfg.Unpin(ctx)
		case 4:
			if s, err := nacre.Section[auditConfig](ctx, cfg, "redis.audit"); err == nil {
				_ = s.Close()
			}
		case 5:
			m.Set(fmt.Appendf(nil, "n: x%d", n))
			<-received
		default:
			m.Set(fmt.Appendf(nil, "n: %d\nredis: {addr: a%d}", n, n))
			<-received
		}
	}
	stop()
	readers.Wait()
	if cfg.Snapshot().Version < 20 {
		t.Errorf("only %d versions were made: the test shows nothing", cfg.Snapshot().Version)
	}
}

// Anomaly: a resurrected key. What was deleted stays deleted, through changes of other layers,
// outages, roll-backs that are taken back, and restarts with a copy on disk from when it was there.
func TestNoResurrectedKey(t *testing.T) {
	type config struct {
		Keys  map[string]int `config:"keys"`
		Other int            `config:"other"`
	}
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.LastKnownGoodDir, o.MaxKeyLoss = t.TempDir(), -1
		low, high := remote("low", "keys: {a: 1, b: 1}\nother: 1"), remote("high", "keys: {b: 2, c: 2}")
		run := func() *nacre.Config[config] {
			cfg, err := nacre.OpenWith[config](t.Context(), o, low, high)
			if err != nil {
				t.Fatal(err)
			}
			settle()
			return cfg
		}
		cfg := run()
		look := func(when string, want map[string]int) {
			t.Helper()
			if got := cfg.Get().Keys; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
		look("at first", map[string]int{"a": 1, "b": 2, "c": 2})
		high.PutYAML("high.yaml", "keys: {b: 2}")
		low.PutYAML("low.yaml", "keys: {b: 1}\nother: 1")
		settle()
		gone := map[string]int{"b": 2}
		look("a and c deleted", gone)
		low.PutYAML("low.yaml", "keys: {b: 1}\nother: 2")
		settle()
		look("another layer has changed", gone)
		high.Fail(errors.New("down"))
		settle()
		look("down", gone)
		high.Heal()
		time.Sleep(time.Minute)
		settle()
		look("up again", gone)
		if _, err := cfg.Pin(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		look("rolled back", map[string]int{"a": 1, "b": 2, "c": 2})
		if err := cfg.Unpin(t.Context()); err != nil {
			t.Fatal(err)
		}
		look("and forward", gone)
		for range 2 {
			if err := cfg.Close(); err != nil {
				t.Fatal(err)
			}
			cfg = run()
			look("restarted", gone)
		}
		high.PutYAML("high.yaml", "keys: {b: null}")
		settle()
		look("b taken away by a null", map[string]int{})
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		low.PutYAML("low.yaml", "other: 3")
		high.PutYAML("high.yaml", "")
		cfg = run()
		look("deleted while it was away", map[string]int{})
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
