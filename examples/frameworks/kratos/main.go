package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/examples/frameworks/local"
	"github.com/nacre-go/nacre/providers/nacos"
)

func main() { local.Main(run) }

func run(ctx context.Context) error {
	settings, opts, end, err := local.Nacos("catalog.yaml", "title: Books\n")
	if err != nil {
		return err
	}
	defer end()
	client, err := nacos.NewClient(settings)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()

	level := new(slog.LevelVar)
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	opts.Logger = logger
	cfg, err := open(ctx, opts, client.Source("catalog.yaml"))
	if err != nil {
		return err
	}
	defer func() { _ = cfg.Close() }()
	_, err = nacre.Subscribe(cfg, func(c *Config) slog.Level { return c.LogLevel },
		func(_ context.Context, ch nacre.Change[slog.Level]) error {
			level.Set(ch.New)
			return nil
		}, nacre.InitialCall())
	if err != nil {
		return err
	}

	fmt.Printf("try: curl http://%s/items/7\n", cfg.Get().Server.Addr)
	return newApp(ctx, cfg, logger).Run()
}
