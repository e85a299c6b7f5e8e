package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

type readsConfig struct {
	Name string
	DB   struct {
		Pool int
		DSN  nacre.Secret
	}
	Hosts  []string
	hidden string
}

func (c *readsConfig) Validate() error {
	c.hidden = "made of " + c.Name
	return nil
}

// readers returns the lines of the readers of a report.
func readers(r observe.Report) []string {
	var all []string
	for _, one := range r.Readers {
		what := strings.Join(one.Keys, " ")
		if one.Unknown {
			what = "unknown"
		}
		all = append(all, one.Kind+" "+one.Name+": "+what)
	}
	return all
}

func TestReadersAreWhatUsesTheKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[redisConfig]("redis")}
		cfg, m := open[readsConfig](t, o, "name: orders\ndb: {pool: 1, dsn: x}\nhosts: [a]\nredis: {addr: a}")
		redis := section[redisConfig](t, cfg, "redis")
		ctx := t.Context()
		derive := func(name string, selectFrom func(*readsConfig) any, needs ...*nacre.Resource[int]) *nacre.Resource[int] {
			r, err := nacre.Derive(ctx, cfg, selectFrom, func(ctx context.Context, _ any) (int, error) {
				for _, n := range needs {
					if _, err := n.From(ctx); err != nil {
						return 0, err
					}
				}
				return 1, nil
			}, nil, nacre.WithName(name))
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		pool := derive("pool", func(c *readsConfig) any { return c.DB })
		derive("repository", func(c *readsConfig) any { return c.Hosts[0] }, pool)
		derive("opaque", func(c *readsConfig) any { return c.hidden })
		derive("constant", func(*readsConfig) any { return 1 })
		hang := make(chan struct{})
		defer close(hang)
		called := 0
		subscribe := func(name string, selectFrom func(*readsConfig) string) {
			_, err := nacre.Subscribe(cfg, selectFrom, func(context.Context, nacre.Change[string]) error { called++; return nil }, nacre.WithName(name))
			if err != nil {
				t.Fatal(err)
			}
		}
		subscribe("name", func(c *readsConfig) string { return c.Name })
		subscribe("slow", func(c *readsConfig) string {
			if c.Name == "" { // a value of a copy
				<-hang
			}
			return c.Name
		})
		if _, err := nacre.Subscribe(redis, func(c *redisConfig) string { return c.Addr }, func(context.Context, nacre.Change[string]) error { return nil },
			nacre.WithName("address")); err != nil {
			t.Fatal(err)
		}
		if _, err := nacre.SubscribeVersions(cfg, func(context.Context, nacre.Change[*readsConfig]) error { return nil }, nacre.WithName("all")); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"resource opaque: unknown",
			"resource pool: db",
			"resource repository: db hosts",
			"section redis: redis",
			"subscriber address: redis.addr",
			"subscriber all: name db hosts *",
			"subscriber name: name",
			"subscriber slow: unknown",
		}
		if got := readers(cfg.ExplainAll()); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the readers are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		want = []string{"resource opaque: unknown", "section redis: redis", "subscriber address: redis.addr", "subscriber slow: unknown"}
		if got := readers(redis.ExplainAll()); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the readers of a section are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if called != 0 || cfg.Get().Name != "orders" || cfg.Get().DB.Pool != 1 {
			t.Errorf("asking who reads what has changed something: %+v after %d calls", *cfg.Get(), called)
		}
		m.Set([]byte("name: orders\ndb: {pool: 2, dsn: x}\nhosts: [a]\nredis: {addr: a}"))
		settle()
		if cfg.Get().DB.Pool != 2 {
			t.Error("after asking who reads what, changes are not applied")
		}
	})
}

func TestHealthHasTheLimitsOfTheChangeGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[guardConfig](t, quiet, "pool: 1")
		if g := cfg.Health().Guard; g != (observe.GuardHealth{MaxKeyLoss: 0.5, MaxBadChanges: 10}) {
			t.Errorf("the default limits are %+v", g)
		}
		sub := nacre.AutoRollback(cfg, func(_ context.Context, c *guardConfig) error {
			if c.Pool == 13 {
				return errors.New("unlucky")
			}
			return nil
		})
		m.Set([]byte("pool: 13"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		h := cfg.Health().Layers[0]
		if len(h.Quarantined) != 1 || h.Quarantined[0] != h.Latest || h.BreakerOpen {
			t.Errorf("after a rollback of revision %s, quarantined are %v", h.Latest, h.Quarantined)
		}
		sub.Stop()
		if _, err := approve(cfg, 0); err != nil {
			t.Fatal(err)
		}
		if h := cfg.Health().Layers[0]; h.Quarantined != nil {
			t.Errorf("after an approval, quarantined are %v", h.Quarantined)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.MaxBadChanges, o.MaxKeyLoss = 1, nacre.Off
		cfg, m := open[guardConfig](t, o, "pool: 1")
		if g := cfg.Health().Guard; g != (observe.GuardHealth{MaxBadChanges: 1}) {
			t.Errorf("the limits are %+v", g)
		}
		m.Set([]byte("pool: 101"))
		settle()
		if !cfg.Health().Layers[0].BreakerOpen {
			t.Error("the breaker is open, and Health does not say so")
		}
		m.Set([]byte("pool: 1"))
		settle()
		if cfg.Health().Layers[0].BreakerOpen {
			t.Error("the breaker is closed again, and Health says it is open")
		}
	})
	cfg, err := nacre.OpenWith[guardConfig](t.Context(), quiet, nacre.Layer(memory.New("config.yaml", []byte("pool: 1")), nacre.WithoutChangeGuard()))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if !cfg.Health().Layers[0].WithoutChangeGuard {
		t.Error("Health does not show which layer has no change guard")
	}
}
