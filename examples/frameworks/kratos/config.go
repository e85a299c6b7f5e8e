package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

// Config is the configuration of the application. kratos would generate it from a proto file, and
// durations in it would be messages; here it is a struct.
type Config struct {
	Server   Server     `config:"server"`
	LogLevel slog.Level `config:"log_level" default:"info"`
	Title    string     `config:"title" default:"Catalog"`
}

// Server configures the HTTP server.
type Server struct {
	// Addr is where the server listens. A change of it needs a restart.
	Addr string `config:"addr" default:"127.0.0.1:8000" live:"false"`
	// Timeout bounds each request, from the next request on.
	Timeout time.Duration `config:"timeout" default:"1s" validate:"min=1ms"`
}

func open(ctx context.Context, opts nacre.Options, catalog source.Source) (*nacre.Config[Config], error) {
	return nacre.OpenWith[Config](ctx, opts, catalog, env.New("CATALOG"))
}
