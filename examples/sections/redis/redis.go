package redis

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre"
)

// Config holds the settings under the key "redis".
type Config struct {
	Addr string `config:"addr" validate:"hostname_port"`
	Pool int    `config:"pool" default:"10" validate:"gte=1,lte=100"`
}

// Settings declares the section, so that a service starts only if these settings are valid.
func Settings() nacre.SectionDeclaration { return nacre.DeclareSection[Config]("redis") }

// Client is a client of a Redis server.
type Client struct{ dial string }

// Open returns a client that is rebuilt when its settings change. This package does not depend on
// the service's type.
func Open(ctx context.Context, cfg nacre.Root) (*nacre.Resource[*Client], error) {
	own, err := nacre.Section[Config](ctx, cfg, "redis")
	if err != nil {
		return nil, err
	}
	return nacre.Derive(ctx, own, func(c *Config) Config { return *c }, func(_ context.Context, c Config) (*Client, error) {
		return &Client{dial: fmt.Sprintf("%s with %d connections", c.Addr, c.Pool)}, nil
	}, nil)
}

// String returns the address of the server.
func (c *Client) String() string { return c.dial }
