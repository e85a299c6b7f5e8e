package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

// Config is the configuration of the service.
type Config struct {
	Addr     string        `config:"addr" default:"127.0.0.1:9090"`
	Greeting string        `config:"greeting" default:"Hello"`
	Timeout  time.Duration `config:"timeout" default:"2s" validate:"min=1ms"`
	TLS      TLS           `config:"tls"`
}

// TLS is the certificate of the service and its key, in PEM.
type TLS struct {
	Certificate string       `config:"certificate" validate:"required"`
	Key         nacre.Secret `config:"key" validate:"required"`
}

func open(ctx context.Context, opts nacre.Options, greeter source.Source) (*nacre.Config[Config], error) {
	return nacre.OpenWith[Config](ctx, opts, greeter, env.New("GREETER"))
}

// certificate keeps the certificate in step with the configuration. A certificate that does not
// parse, or does not belong to its key, is rejected with the change that brings it.
func certificate(ctx context.Context, cfg *nacre.Config[Config]) (*nacre.Resource[*tls.Certificate], error) {
	build := func(_ context.Context, t TLS) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair([]byte(t.Certificate), []byte(t.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("tls: the certificate and the key are not a pair: %w", err)
		}
		return &pair, nil
	}
	keep := func(*tls.Certificate) error { return nil } // there is nothing to close
	return nacre.Derive(ctx, cfg, func(c *Config) TLS { return c.TLS }, build, keep, nacre.WithName("certificate"))
}
