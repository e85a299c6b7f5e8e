package main

import (
	"context"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/nacos"
)

// withNacreNacos reads the settings of withNacre.
func withNacreNacos(j job, changed func(settings)) (func() settings, error) {
	client, err := nacos.NewClient(nacos.Config{Servers: []string{j.Server}})
	if err != nil {
		return nil, err
	}
	cfg, err := nacre.Open[nacreSettings](context.Background(), client.Source("app.yaml"), env.New("APP"))
	if err != nil {
		return nil, err
	}
	plain := func(c *nacreSettings) settings { return settings{c.DSN.Reveal(), c.Pool, c.Timeout} }
	_, err = nacre.Subscribe(cfg, plain, func(_ context.Context, ch nacre.Change[settings]) error {
		changed(ch.New)
		return nil
	})
	return func() settings { return plain(cfg.Get()) }, err
}
