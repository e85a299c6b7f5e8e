package main

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
	"gopkg.in/yaml.v3"
)

// withSDK parses the document itself, because the SDK gives it as a text.
func withSDK(j job, changed func(settings)) (func() settings, error) {
	host, portText, err := net.SplitHostPort(j.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	client, err := clients.NewConfigClient(vo.NacosClientParam{
		ClientConfig: constant.NewClientConfig(
			constant.WithTimeoutMs(5000),
			constant.WithNotLoadCacheAtStart(true),
			constant.WithLogDir(filepath.Join(j.Dir, "log")),
			constant.WithCacheDir(filepath.Join(j.Dir, "cache")),
		),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig(host, port)},
	})
	if err != nil {
		return nil, err
	}
	var live atomic.Pointer[settings]
	load := func(text string) error {
		s := settings{Pool: 10, Timeout: 3 * time.Second}
		if err := yaml.Unmarshal([]byte(text), &s); err != nil {
			return err
		}
		if text, ok := os.LookupEnv("APP_POOL"); ok {
			if s.Pool, err = strconv.Atoi(text); err != nil {
				return err
			}
		}
		live.Store(&s)
		return nil
	}
	param := vo.ConfigParam{DataId: "app.yaml", Group: "DEFAULT_GROUP"}
	text, err := client.GetConfig(param)
	if err != nil {
		return nil, err
	}
	if err := load(text); err != nil {
		return nil, err
	}
	param.OnChange = func(_, _, _, text string) {
		if err := load(text); err != nil {
			log.Print(err)
			return
		}
		changed(*live.Load())
	}
	if err := client.ListenConfig(param); err != nil {
		return nil, err
	}
	return func() settings { return *live.Load() }, nil
}
