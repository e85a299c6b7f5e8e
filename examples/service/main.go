package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/nacos"
)

// Config is the struct (1): keys, defaults and rules.
type Config struct {
	Addr     string     `config:"addr" default:":8080"`
	LogLevel slog.Level `config:"log_level" default:"info"`
	DB       Database   `config:"db"`
}

type Database struct {
	DSN     nacre.Secret  `config:"dsn" validate:"required"`
	Pool    int           `config:"pool" default:"10" validate:"gte=1,lte=500"`
	Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms"`
}

func run(ctx context.Context) error {
	client, err := nacos.NewClient(nacos.FromEnv()) // NACOS_SERVER_ADDR, NACOS_NAMESPACE, …
	if err != nil {
		return err
	}
	defer client.Close()

	// The list of layers (2): a later one overrides an earlier one.
	cfg, err := nacre.Open[Config](ctx,
		file.New("config.yaml"),      // both documents must exist at the start,
		client.Source("orders.yaml"), // unless nacre.AbsentOK() says otherwise
		env.New("ORDERS"),            // ORDERS_DB_POOL=40 sets db.pool
	)
	if err != nil {
		return err // config.yaml:7:3 db.pol: unknown key, did you mean db.pool?
	}
	defer cfg.Close()

	// The handle (3). Get returns the live struct; Subscribe calls a function when a field changes.
	// With InitialCall, the level is set before Subscribe returns.
	level := new(slog.LevelVar)
	_, err = nacre.Subscribe(cfg, func(c *Config) slog.Level { return c.LogLevel },
		func(_ context.Context, ch nacre.Change[slog.Level]) error {
			level.Set(ch.New)
			return nil
		}, nacre.InitialCall())
	if err != nil {
		return err
	}

	// Derive keeps a resource, such as a connection pool, in step with the config: a change becomes
	// live only if openPool succeeds. A request calls db.Acquire and releases the pool when it
	// ends; the old pool is closed after its last user, at the latest after 30 s.
	db, err := nacre.Derive(ctx, cfg, func(c *Config) Database { return c.DB }, openPool, (*Pool).Close,
		nacre.WithName("db"))
	if err != nil {
		return err
	}
	return serve(ctx, cfg, db) // calls cfg.Get() once for each request
}
