package main

import (
	"context"
	"log/slog"
	stdhttp "net/http"

	"github.com/go-kratos/kratos/v3"
	"github.com/go-kratos/kratos/v3/middleware"
	"github.com/go-kratos/kratos/v3/middleware/recovery"
	"github.com/go-kratos/kratos/v3/transport/http"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
)

// newApp returns the application. It ends with ctx.
func newApp(ctx context.Context, cfg *nacre.Config[Config], logger *slog.Logger) *kratos.App {
	return kratos.New(
		kratos.Name("catalog"),
		kratos.Logger(logger),
		kratos.Context(ctx),
		kratos.Signal(), // main handles signals
		kratos.Server(newServer(cfg, logger)),
	)
}

func newServer(cfg *nacre.Config[Config], logger *slog.Logger) *http.Server {
	server := http.NewServer(
		http.Address(cfg.Get().Server.Addr),
		http.Timeout(0), // oneVersion sets the timeout, which can change
		http.Middleware(recovery.Recovery(recovery.WithLogger(logger)), oneVersion(cfg)),
	)
	server.Handle("/readyz", confighttp.Ready(cfg))
	server.Handle("/livez", confighttp.Live())
	server.Handle("/debug/config", confighttp.Page(cfg))
	server.Route("/").GET("/items/{id}", func(c http.Context) error {
		http.SetOperation(c, "/catalog/Item")
		handle := c.Middleware(func(ctx context.Context, _ any) (any, error) {
			return map[string]string{"id": c.Vars().Get("id"), "title": cfg.FromContext(ctx).Title}, ctx.Err()
		})
		reply, err := handle(c, nil)
		if err != nil {
			return err
		}
		return c.JSON(stdhttp.StatusOK, reply)
	})
	return server
}

// oneVersion gives each request the version that is live when it arrives, and the timeout of that
// version.
func oneVersion(cfg *nacre.Config[Config]) middleware.Middleware {
	return func(next middleware.Handler) middleware.Handler {
		return func(ctx context.Context, request any) (any, error) {
			ctx = cfg.NewContext(ctx)
			ctx, cancel := context.WithTimeout(ctx, cfg.FromContext(ctx).Server.Timeout)
			defer cancel()
			return next(ctx, request)
		}
	}
}
