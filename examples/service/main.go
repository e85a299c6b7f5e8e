package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/nacos"
)

// 1. A struct: keys, defaults and rules.
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

	// 2. A list of layers: a later one overrides an earlier one.
	cfg, err := nacre.Open[Config](ctx,
		file.New("config.yaml"),
		client.Source("orders.yaml"),
		env.New("ORDERS"), // ORDERS_DB_POOL=40 sets db.pool
	)
	if err != nil {
		return err // orders.yaml:7:3 (nacos) db.pol: unknown key, did you mean db.pool?
	}
	defer cfg.Close()

	// 3. A handle. Get returns the live struct; Subscribe calls a function when a field changes.
	level := new(slog.LevelVar)
	nacre.Subscribe(cfg, func(c *Config) slog.Level { return c.LogLevel },
		func(_ context.Context, ch nacre.Change[slog.Level]) error {
			level.Set(ch.New)
			return nil
		}, nacre.InitialCall())

	// Derive keeps a resource in step with the config: a change becomes live only if openPool
	// succeeds, and the old pool is closed after its last user.
	db, err := nacre.Derive(ctx, cfg, func(c *Config) Database { return c.DB }, openPool, (*Pool).Close)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, db) // calls cfg.Get() once for each request
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// Pool represents a resource that a service opens and closes, such as a *sql.DB.
type Pool struct{ size int }

func openPool(_ context.Context, d Database) (*Pool, error) { return &Pool{d.Pool}, nil }

// Close does nothing here.
func (*Pool) Close() error { return nil }

func serve(ctx context.Context, cfg *nacre.Config[Config], db *nacre.Resource[*Pool]) error {
	server := &http.Server{Addr: cfg.Get().Addr, ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := cfg.Get()
			pool, release := db.Acquire()
			defer release()
			fmt.Fprintf(w, "pool %d, timeout %s\n", pool.size, c.DB.Timeout)
		})}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
