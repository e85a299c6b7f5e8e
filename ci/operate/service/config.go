package main

import (
	"context"
	"errors"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacosonce"
)

// Config is the configuration of the service.
type Config struct {
	Addr string   `config:"addr" default:":8080" live:"false"`
	DB   Database `config:"db"`
	// Limits has enough keys for the change guard to mind when they are gone.
	Limits map[string]int `config:"limits"`
	Audit  Audit          `config:"audit"`
}

// Audit is the part that a routing document selects.
type Audit struct {
	Sample int `config:"sample" default:"1"`
}

// Database is what the pool of connections is made of.
type Database struct {
	Pool int `config:"pool" alias:"pool_size" default:"10" validate:"gte=1,lte=500"`
}

// pool stands for the connections to a database.
type pool struct{ size int }

// use makes the parts of the service that follow the config.
func use(ctx context.Context, cfg *nacre.Config[Config], client *nacos.Client, f *faults) error {
	db, err := nacre.Derive(ctx, cfg, func(c *Config) Database { return c.DB },
		func(_ context.Context, d Database) (*pool, error) {
			if f.of("database_down").on() {
				return nil, errors.New("the database is down")
			}
			return &pool{d.Pool}, nil
		},
		func(*pool) error { return nil }, nacre.WithName("db"))
	if err != nil {
		return err
	}
	go work(ctx, db)
	_, err = fleetonce.Do(cfg, nacosonce.New(client, "orders.warm"), "warm", func(ctx context.Context, _ fleetonce.Run[Config]) error {
		select { // a scrape sees that it runs
		case <-time.After(3 * time.Second):
		case <-ctx.Done():
		}
		if f.of("warm_fails").on() {
			return errors.New("the cache is down")
		}
		return nil
	}, fleetonce.Options{Keys: []string{"audit"}, Term: 5 * time.Second, Attempts: 1})
	if err != nil {
		return err
	}
	_, err = nacre.SubscribeVersions(cfg, func(context.Context, nacre.Change[*Config]) error {
		f.of("audit_hangs").wait() // does not heed its context
		if f.of("audit_fails").on() {
			return errors.New("the audit log is full")
		}
		return nil
	}, nacre.WithName("audit"), nacre.SlowAfter(time.Second))
	if err != nil {
		return err
	}
	_, err = nacre.Subscribe(cfg, func(c *Config) map[string]int { return c.Limits },
		func(context.Context, nacre.Change[map[string]int]) error { return nil },
		nacre.WithName("limits"), nacre.InitialCall())
	if err != nil {
		return err
	}
	nacre.AutoRollback(cfg, func(context.Context, *Config) error {
		if f.of("sick").on() {
			return errors.New("requests fail")
		}
		return nil
	}, nacre.WithName("requests"), nacre.RollbackWindow(time.Second), nacre.RollbackCheckInterval(200*time.Millisecond))
	return nil
}

// work uses the connections, as requests would, until ctx ends.
func work(ctx context.Context, db *nacre.Resource[*pool]) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		_, release := db.Acquire()
		select {
		case <-tick.C:
			release()
		case <-ctx.Done():
			release()
			return
		}
	}
}
