package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/common/logger"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

const group = "DEFAULT_GROUP"

// connectSDK makes the SDK's client, set up as its README does, and waits until it is connected.
func connectSDK(ctx context.Context, j job) (config_client.IConfigClient, error) {
	logger.SetLogger(silence{})
	host, portText, err := net.SplitHostPort(j.Addr)
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
			constant.WithUsername(j.user),
			constant.WithPassword(j.pass),
		),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig(host, port)},
	})
	if err != nil {
		return nil, err
	}
	// The client is made before it is connected. It is asked for a config that is not there: one
	// that is would be put on disk, and the listener would take it for known and not tell of it.
	for {
		_, err := client.GetConfig(vo.ConfigParam{DataId: j.Prefix + "-none", Group: group})
		if err == nil {
			return client, nil
		}
		select {
		case <-ctx.Done():
			client.CloseClient()
			return nil, fmt.Errorf("the SDK does not connect: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// listenSDK follows the configs with the SDK's own listener.
func listenSDK(ctx context.Context, j job, heard func(index, version int)) error {
	client, err := connectSDK(ctx, j)
	if err != nil {
		return err
	}
	defer client.CloseClient()
	for i := range j.N {
		time.Sleep(j.Pause)
		err := client.ListenConfig(vo.ConfigParam{
			DataId: dataID(j.Prefix, i),
			Group:  group,
			OnChange: func(_, _, _, text string) {
				if v, ok := versionOf(text); ok {
					heard(i, v)
				}
			},
		})
		if err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// silence is a logger for the SDK that keeps nothing.
type silence struct{}

func (silence) Info(...any)           {}
func (silence) Warn(...any)           {}
func (silence) Error(...any)          {}
func (silence) Debug(...any)          {}
func (silence) Infof(string, ...any)  {}
func (silence) Warnf(string, ...any)  {}
func (silence) Errorf(string, ...any) {}
func (silence) Debugf(string, ...any) {}
func (silence) Close() error          { return nil }
