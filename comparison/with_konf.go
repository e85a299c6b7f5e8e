package main

import (
	"context"
	"log"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nil-go/konf"
	"github.com/nil-go/konf/provider/env"
	"github.com/nil-go/konf/provider/file"
	"gopkg.in/yaml.v3"
)

// withKonf reads the settings again in the callback of konf, which gets the config.
func withKonf(j job, changed func(settings)) (func() settings, error) {
	config := konf.New(konf.WithTagName("json"))
	if err := config.Load(file.New(j.File, file.WithUnmarshal(yaml.Unmarshal))); err != nil {
		return nil, err
	}
	environment := env.New(env.WithPrefix("APP_"), env.WithNameSplitter(func(name string) []string {
		return strings.Split(strings.TrimPrefix(name, "APP_"), "_")
	}))
	if err := config.Load(environment); err != nil {
		return nil, err
	}
	var live atomic.Pointer[settings]
	read := func() error {
		s := settings{Pool: 10, Timeout: 3 * time.Second}
		if err := config.Unmarshal("", &s); err != nil {
			return err
		}
		live.Store(&s)
		return nil
	}
	if err := read(); err != nil {
		return nil, err
	}
	config.OnChange(func(*konf.Config) {
		if err := read(); err != nil {
			log.Print(err)
			return
		}
		changed(*live.Load())
	})
	go func() {
		if err := config.Watch(context.Background()); err != nil {
			log.Print(err)
		}
	}()
	return func() settings { return *live.Load() }, nil
}
