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

type Config struct {
	Server struct {
		Addr    string        `config:"addr" default:":8080"`
		Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms"`
	} `config:"server"`
	DB       Database   `config:"db"`
	LogLevel slog.Level `config:"log_level" default:"info"`
}

type Database struct {
	DSN  nacre.Secret `config:"dsn" validate:"required"`
	Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
}

func run(ctx context.Context) error {
	client, err := nacos.NewClient(nacos.FromEnv()) // NACOS_SERVER_ADDR, NACOS_NAMESPACE, …
	if err != nil {
		return err
	}
	defer client.Close()
	cfg, err := nacre.Open[Config](ctx, // layers, low to high
		file.New("config.yaml"),
		client.Source("orders.yaml"),
		env.New("ORDERS"), // ORDERS_DB_POOL=40
	)
	if err != nil {
		return err // every problem, each as orders.yaml:7:12 (nacos) db.pol: unknown key, did you mean db.pool?
	}
	defer cfg.Close()

	// Built from a change before it is live: if that fails, the change is refused. The old one is closed after its last user.
	db, err := nacre.Derive(ctx, cfg, func(c *Config) Database { return c.DB }, openPool, (*Pool).Close)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	nacre.Subscribe(cfg, func(c *Config) slog.Level { return c.LogLevel },
		func(ctx context.Context, ch nacre.Change[slog.Level]) error { level.Set(ch.New); return nil }, nacre.InitialCall())
	return serve(ctx, cfg, db) // cfg.Get() once a request: one version, one atomic load
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

// Pool stands for what a service opens and closes, such as a *sql.DB.
type Pool struct{ size int }

func openPool(_ context.Context, d Database) (*Pool, error) { return &Pool{d.Pool}, nil }

// Close does nothing here.
func (*Pool) Close() error { return nil }

func serve(ctx context.Context, cfg *nacre.Config[Config], db *nacre.Resource[*Pool]) error {
	server := &http.Server{Addr: cfg.Get().Server.Addr, ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := cfg.Get()
			pool, release := db.Acquire()
			defer release()
			fmt.Fprintf(w, "pool %d, timeout %s\n", pool.size, c.Server.Timeout)
		})}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
