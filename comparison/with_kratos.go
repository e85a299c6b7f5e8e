package main

import (
	"log"
	"sync/atomic"
	"time"

	"github.com/go-kratos/kratos/v3/config"
	"github.com/go-kratos/kratos/v3/config/env"
	"github.com/go-kratos/kratos/v3/config/file"
)

// kratosSettings has texts for durations, because kratos reads JSON. The file refers to the
// environment: pool: "${APP_POOL:10}", which is the variable KRATOS_APP_POOL.
type kratosSettings struct {
	DSN     string `json:"dsn"`
	Pool    int    `json:"pool"`
	Timeout string `json:"timeout"`
}

// withKratos scans the whole config after a change of any key. kratos watches keys that exist.
func withKratos(j job, changed func(settings)) (func() settings, error) {
	c := config.New(config.WithSource(file.NewSource(j.File), env.NewSource("KRATOS_")), config.WithResolveActualTypes(true))
	if err := c.Load(); err != nil {
		return nil, err
	}
	var live atomic.Pointer[settings]
	scan := func() error {
		k := kratosSettings{Pool: 10, Timeout: "3s"}
		if err := c.Scan(&k); err != nil {
			return err
		}
		timeout, err := time.ParseDuration(k.Timeout)
		if err != nil {
			return err
		}
		live.Store(&settings{DSN: k.DSN, Pool: k.Pool, Timeout: timeout})
		return nil
	}
	if err := scan(); err != nil {
		return nil, err
	}
	for _, key := range []string{"dsn", "pool", "timeout"} {
		err := c.Watch(key, func(string, config.Value) {
			if err := scan(); err != nil {
				log.Print(err)
				return
			}
			changed(*live.Load())
		})
		if err != nil {
			log.Print(key, ": ", err)
		}
	}
	return func() settings { return *live.Load() }, nil
}
