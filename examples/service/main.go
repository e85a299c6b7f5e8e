package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
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
	DB struct {
		DSN  nacre.Secret `config:"dsn" validate:"required"`
		Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
	} `config:"db"`
}

func run(ctx context.Context) error {
	client, err := nacos.Dial(ctx, nacos.FromEnv()) // NACOS_SERVER_ADDR, NACOS_NAMESPACE, …
	if err != nil {
		return err
	}
	defer client.Close()
	cfg, err := nacre.Open[Config](ctx, // layers, low to high
		file.New("config.yaml"),
		client.Config("orders.yaml"),
		env.New("ORDERS"), // ORDERS_DB_POOL=40
	)
	if err != nil {
		return err // every problem, each as orders.yaml:7:12 (nacos) db.pol: unknown key, did you mean db.pool?
	}
	defer cfg.Close()

	pool := openPool(cfg.Get().DB.DSN.Reveal())
	nacre.Subscribe(cfg, func(c *Config) int { return c.DB.Pool },
		func(ctx context.Context, ch nacre.Change[int]) error { return pool.Resize(ch.New) }, nacre.Initial())
	return serve(ctx, cfg) // cfg.Get() once a request: one version, one atomic load
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

// pool stands for what a service has that can be resized.
type pool struct{ size atomic.Int64 }

func openPool(string) *pool { return &pool{} }

func (p *pool) Resize(n int) error {
	p.size.Store(int64(n))
	return nil
}

func serve(ctx context.Context, cfg *nacre.Config[Config]) error {
	server := &http.Server{Addr: cfg.Get().Server.Addr, ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := cfg.Get()
			fmt.Fprintf(w, "pool %d, timeout %s\n", c.DB.Pool, c.Server.Timeout)
		})}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
