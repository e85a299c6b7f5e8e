//go:build pin

// Package pin keeps the module's requirements while the rooms that use them are built; it goes with the last of them.
package pin

import (
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/go-playground/validator/v10"
	_ "github.com/go-viper/mapstructure/v2"
	_ "github.com/gofrs/flock"
	_ "github.com/knadh/koanf/parsers/json"
	_ "github.com/knadh/koanf/parsers/yaml"
	_ "github.com/knadh/koanf/providers/confmap"
	_ "github.com/knadh/koanf/providers/file"
	_ "github.com/knadh/koanf/providers/rawbytes"
	_ "github.com/knadh/koanf/v2"
	_ "github.com/mitchellh/mapstructure"
	_ "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	_ "github.com/nacos-group/nacos-sdk-go/v2/clients"
	_ "github.com/nacos-group/nacos-sdk-go/v2/common/remote/rpc/rpc_request"
	_ "github.com/nacos-group/nacos-sdk-go/v2/common/remote/rpc/rpc_response"
	_ "github.com/nacos-group/nacos-sdk-go/v2/model"
	_ "github.com/pelletier/go-toml/v2"
	_ "github.com/pelletier/go-toml/v2/unstable"
	_ "go.uber.org/goleak"
	_ "go.yaml.in/yaml/v3"
	_ "google.golang.org/grpc"
	_ "google.golang.org/protobuf/types/known/anypb"
)
