package main

import (
	"log"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/viper"
)

// withViper keeps a copy of the settings, because viper's values must not be read while it reloads.
func withViper(j job, changed func(settings)) (func() settings, error) {
	v := viper.New()
	v.SetConfigFile(j.File)
	v.SetDefault("pool", 10)
	v.SetDefault("timeout", 3*time.Second)
	v.SetEnvPrefix("app")
	v.AutomaticEnv()
	if err := v.ReadInConfig(); err != nil {
		return nil, err
	}
	var live atomic.Pointer[settings]
	load := func() error {
		var s settings
		if err := v.Unmarshal(&s); err != nil {
			return err
		}
		live.Store(&s)
		return nil
	}
	if err := load(); err != nil {
		return nil, err
	}
	v.OnConfigChange(func(fsnotify.Event) {
		if err := load(); err != nil {
			log.Print(err)
			return
		}
		changed(*live.Load())
	})
	v.WatchConfig()
	return func() settings { return *live.Load() }, nil
}
