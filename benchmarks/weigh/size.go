package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs follow one config each, in the way of their client's README.
var programs = []struct{ title, text string }{
	{"nacos-sdk-go", `package main

import (
	"fmt"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

func main() {
	c, err := clients.NewConfigClient(vo.NacosClientParam{
		ClientConfig:  constant.NewClientConfig(),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig("127.0.0.1", 8848)},
	})
	if err != nil {
		panic(err)
	}
	_ = c.ListenConfig(vo.ConfigParam{DataId: "x.yaml", Group: "DEFAULT_GROUP", OnChange: func(_, _, _, text string) { fmt.Println(len(text)) }})
	select {}
}
`},
	{"nacre, the session", `package main

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre/providers/nacos"
)

func main() {
	c, err := nacos.Dial(context.Background(), nacos.Config{Servers: []string{"127.0.0.1"}})
	if err != nil {
		panic(err)
	}
	got, err := c.Config("x.yaml").Next(context.Background(), "")
	fmt.Println(got.Revision, err)
}
`},
	{"nacre.Open on the session", `package main

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/nacos"
)

type config struct{ V int }

func main() {
	c, err := nacos.Dial(context.Background(), nacos.Config{Servers: []string{"127.0.0.1"}})
	if err != nil {
		panic(err)
	}
	cfg, err := nacre.Open[config](context.Background(), c.Config("x.yaml"))
	if err != nil {
		panic(err)
	}
	fmt.Println(cfg.Get().V)
}
`},
	{"nacre on the SDK's client", `package main

import (
	"context"
	"fmt"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
	"github.com/nacre-go/nacre/providers/nacos/nacossdk"
)

func main() {
	sdk, err := clients.NewConfigClient(vo.NacosClientParam{
		ClientConfig:  constant.NewClientConfig(),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig("127.0.0.1", 8848)},
	})
	if err != nil {
		panic(err)
	}
	c, err := nacossdk.New(sdk)
	if err != nil {
		panic(err)
	}
	got, err := c.Config("x.yaml").Next(context.Background(), "")
	fmt.Println(got.Revision, err)
}
`},
}

// sizes builds each program, stripped, and weighs it.
func sizes(ctx context.Context) (string, error) {
	// Inside the module, so that its go.mod decides the versions.
	dir, err := os.MkdirTemp(".", "weigh-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	var text strings.Builder
	text.WriteString("| A stripped binary that follows one config | Size | Of the SDK's |\n|---|---|---|\n")
	var first int64
	for i, p := range programs {
		at := filepath.Join(dir, fmt.Sprint(i))
		if err := os.MkdirAll(at, 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(at, "main.go"), []byte(p.text), 0o644); err != nil {
			return "", err
		}
		binary := filepath.Join(at, "program")
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./"+at)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", p.title, err, out)
		}
		info, err := os.Stat(binary)
		if err != nil {
			return "", err
		}
		if i == 0 {
			first = info.Size()
		}
		fmt.Fprintf(&text, "| %s | %.1f MB | %.0f %% |\n", p.title, float64(info.Size())/1e6, 100*float64(info.Size())/float64(first))
	}
	return text.String(), nil
}
