package redis

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre"
)

// Config is what stands under "redis".
type Config struct {
	Addr string `config:"addr" validate:"hostname_port"`
	Pool int    `config:"pool" default:"10" validate:"gte=1,lte=100"`
}

// Settings says where the settings stand, for who opens the config: a start must be good for them, too.
func Settings() nacre.SectionDeclaration { return nacre.DeclareSection[Config]("redis") }

// Client is what the package is for.
type Client struct{ dial string }

// Open makes a client that is opened anew when its settings change. App is the service's own type, of which this package knows nothing.
func Open[App any](ctx context.Context, cfg *nacre.Config[App]) (*nacre.Resource[*Client], error) {
	own, err := nacre.Section[Config](ctx, cfg, "redis")
	if err != nil {
		return nil, err
	}
	return nacre.Derive(ctx, own, func(c *Config) Config { return *c }, func(_ context.Context, c Config) (*Client, error) {
		return &Client{dial: fmt.Sprintf("%s with %d connections", c.Addr, c.Pool)}, nil
	}, nil)
}

// String tells where the client is connected to.
func (c *Client) String() string { return c.dial }
