package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/examples/frameworks/local"
	"github.com/nacre-go/nacre/providers/nacos"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	local.Main(run)
}

func run(ctx context.Context) error {
	settings, opts, end, err := local.Nacos("orders.yaml", "currency: EUR\nlimit: {per_second: 50}\n")
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
	opts.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	cfg, err := open(ctx, opts, client.Source("orders.yaml"))
	if err != nil {
		return err
	}
	defer func() { _ = cfg.Close() }()
	handler, err := router(cfg, level)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, handler)
}

// serve serves until ctx is done, and then lets requests end.
func serve(ctx context.Context, cfg *nacre.Config[Config], handler http.Handler) error {
	server := &http.Server{Addr: cfg.Get().Addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	fmt.Printf("try: curl http://%s/orders/7\n", server.Addr)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(grace), ignoreClosed(<-ended))
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
