package main

import (
	"context"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
)

type nacreSettings struct {
	DSN     nacre.Secret  `config:"dsn" validate:"required"`
	Pool    int           `config:"pool" default:"10" validate:"gte=1,lte=500"`
	Timeout time.Duration `config:"timeout" default:"3s"`
}

func withNacre(j job, changed func(settings)) (func() settings, error) {
	cfg, err := nacre.Open[nacreSettings](context.Background(), file.New(j.File), env.New("APP"))
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
