package nacre_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// A resource that was closed is built no more, holds no change up, and is closed as one that was
// replaced is.
func TestAResourceIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\ncache: x")
		f := &factory{refuse: map[string]error{"down": errors.New("no such host")}}
		db := derive(t, cfg, f)
		held, release := db.Acquire()
		request := cfg.NewContext(t.Context())
		m.Set([]byte("db: down\ncache: y"))
		settle()
		if cfg.Get().Cache != "x" {
			t.Fatal("a change from which it cannot be built was applied")
		}
		if err := errors.Join(db.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
		if cfg.Get().Cache != "y" || len(cfg.Health().Layers[0].Rejected) != 0 {
			t.Errorf("what it held up is not live: %+v", *cfg.Get())
		}
		f.took()
		m.Set([]byte("db: two\ncache: z"))
		settle()
		if log := f.took(); log != "" || cfg.Get().DB != "two" || held.closed.Load() {
			t.Errorf("after it was given up: %q, live %+v, closed under its user: %v", log, *cfg.Get(), held.closed.Load())
		}
		if h := cfg.Health().Resources; len(h) != 1 || h[0].Replaced != 1 {
			t.Errorf("Health shows %+v, want one that is still open", h)
		}
		if in, err := db.From(request); err != nil || in != held || in.closed.Load() {
			t.Errorf("the request that holds its version: %v, %v", in, err)
		}
		again, none := db.Acquire()
		none()
		if db.Get() != held || again != held {
			t.Error("Get does not return the last one")
		}
		release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if log := f.took(); log != "close one" || len(cfg.Health().Resources) != 0 {
			t.Errorf("its last user has gone: %q, Health shows %+v", log, cfg.Health().Resources)
		}
	})
}

// What others stand on goes after them.
func TestNothingIsGivenUpUnderAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\ncache: x")
		f := &factory{}
		db := derive(t, cfg, f)
		top, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.Cache }, func(ctx context.Context, s string) (*conn, error) {
			below, err := db.From(ctx)
			if err != nil {
				return nil, err
			}
			c, err := f.build(ctx, s)
			if err == nil {
				c.below = below
			}
			return c, err
		}, f.close, nacre.WithName("top"))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "top depends on it") {
			t.Errorf("closed under another: %v", err)
		}
		m.Set([]byte("db: two\ncache: x"))
		settle()
		if top.Get().below.dsn != "two" {
			t.Errorf("what depends on it is on %q", top.Get().below.dsn)
		}
		if err := errors.Join(top.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
		// One that comes later and asks for it is told, and is not built.
		_, err = nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.DB }, func(ctx context.Context, _ string) (*conn, error) { return db.From(ctx) }, nil)
		if !errors.Is(err, source.BuildFailed) || !strings.Contains(err.Error(), "was closed") {
			t.Errorf("built on one that was closed: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if log := f.took(); strings.Contains(log, "below") || strings.Contains(log, "twice") || strings.Count(log, "close") != 4 {
			t.Errorf("what happened: %s", log)
		}
	})
}

// Given up while a version is on trial, it does not come back with the version before; and the last
// of it is closed when the trial is over.
func TestGivenUpDuringATrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\nother: 1")
		f := &factory{}
		db := derive(t, cfg, f, nacre.CloseGrace(0))
		nacre.AutoRollback(cfg, func(_ context.Context, c *deriveConfig) error {
			if c.Other == 13 {
				return errors.New("no answer")
			}
			return nil
		})
		m.Set([]byte("db: two\nother: 13"))
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if err := db.Close(); err != nil || !cfg.Health().OnProbation {
			t.Fatalf("given up: %v, on trial %v", err, cfg.Health().OnProbation)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if cfg.Get().Other != 1 || db.Get().dsn != "two" {
			t.Errorf("live is %+v, the last one %q", *cfg.Get(), db.Get().dsn)
		}
		if log := f.took(); log != "open one, open two, close two, close one" {
			t.Errorf("what happened: %s", log)
		}
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("closed after the config: %v", err)
		}
	})
}

// A section's resources go with it, the later ones first.
func TestASectionClosesItsResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[appConfig](t, reserving("redis"), "n: 1\nredis: {addr: a}")
		redis := section[redisConfig](t, cfg, "redis")
		f := &factory{}
		select1 := func(c *redisConfig) string { return c.Addr }
		low, err := nacre.Derive(t.Context(), redis, select1, f.build, f.close)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = nacre.Derive(t.Context(), redis, select1, func(ctx context.Context, s string) (*conn, error) {
			below, err := low.From(ctx)
			return &conn{dsn: "on " + s, below: below}, err
		}, f.close); err != nil {
			t.Fatal(err)
		}
		if err := redis.Close(); err != nil {
			t.Fatal(err)
		}
		m.Set([]byte("n: 2\nredis: {addr: b}"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if log := f.took(); log != "open a, close on a, close a" || cfg.Get().N != 2 {
			t.Errorf("what happened: %s; live is %+v", log, *cfg.Get())
		}
	})
}

// What stands on a resource may have a longer grace time than that: it is not closed under it.
func TestALongGraceIsWaitedForBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[deriveConfig](t, quiet, "db: one\ncache: x")
		f := &factory{}
		db := derive(t, cfg, f, nacre.CloseGrace(time.Second))
		on := func(below *nacre.Resource[*conn], grace time.Duration) *nacre.Resource[*conn] {
			r, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return "on " + c.DB }, func(ctx context.Context, s string) (*conn, error) {
				b, err := below.From(ctx)
				return &conn{dsn: s, below: b}, err
			}, f.close, nacre.CloseGrace(grace))
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		middle := on(db, 2*time.Second)
		top := on(middle, 2*time.Minute)
		top.Get()
		m.Set([]byte("db: two\ncache: x"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if log := f.took(); strings.Contains(log, "close") {
			t.Errorf("closed under what depends on it: %s", log)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if log := f.took(); log != "close on one, close on one, close one" {
			t.Errorf("after the longest grace time: %s", log)
		}
	})
}
