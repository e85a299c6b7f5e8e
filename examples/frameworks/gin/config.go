package main

import (
	"context"
	"log/slog"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

// Config is the configuration of the service.
type Config struct {
	Addr     string     `config:"addr" default:"127.0.0.1:8080"`
	LogLevel slog.Level `config:"log_level" default:"info"`
	Currency string     `config:"currency" validate:"required,len=3"`
	Limit    Limit      `config:"limit"`
}

// Limit bounds the requests of all clients together.
type Limit struct {
	PerSecond float64 `config:"per_second" default:"100" validate:"gt=0"`
	Burst     int     `config:"burst" default:"20" validate:"gte=1"`
}

// open opens the configuration: the document orders.yaml, and above it the environment
// (ORDERS_LIMIT_BURST=5).
func open(ctx context.Context, opts nacre.Options, orders source.Source) (*nacre.Config[Config], error) {
	return nacre.OpenWith[Config](ctx, opts, orders, env.New("ORDERS"))
}
