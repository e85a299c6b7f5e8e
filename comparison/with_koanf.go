package main

import (
	"log"
	"strings"
	"sync/atomic"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// withKoanf loads everything again after each change of the file, as koanf's documentation says.
func withKoanf(j job, changed func(settings)) (func() settings, error) {
	var live atomic.Pointer[settings]
	source := file.Provider(j.File)
	load := func() error {
		k := koanf.New(".")
		if err := k.Load(source, yaml.Parser()); err != nil {
			return err
		}
		environment := env.Provider(".", env.Opt{
			Prefix: "APP_",
			TransformFunc: func(key, value string) (string, any) {
				return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(key, "APP_")), "_", "."), value
			},
		})
		if err := k.Load(environment, nil); err != nil {
			return err
		}
		s := settings{Pool: 10, Timeout: 3 * time.Second}
		if err := k.UnmarshalWithConf("", &s, koanf.UnmarshalConf{Tag: "json"}); err != nil {
			return err
		}
		live.Store(&s)
		return nil
	}
	if err := load(); err != nil {
		return nil, err
	}
	err := source.Watch(func(_ any, err error) {
		if err != nil {
			log.Print(err)
			return
		}
		if err := load(); err != nil {
			log.Print(err)
			return
		}
		changed(*live.Load())
	})
	return func() settings { return *live.Load() }, err
}
