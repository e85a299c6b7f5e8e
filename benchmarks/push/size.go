package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// size is a binary that follows one config with a client.
type size struct {
	client string
	bytes  int64
}

// sizes builds a program for each client, in the way of its README, stripped.
func (b *bench) sizes(ctx context.Context) ([]size, error) {
	module, err := findUp("benchmarks/go.mod")
	if err != nil {
		return nil, err
	}
	// Inside the module, so that its go.mod decides the versions.
	dir, err := os.MkdirTemp(filepath.Dir(module), "size-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writePrograms(dir); err != nil {
		return nil, err
	}
	var all []size
	for _, l := range listeners {
		if !b.opts.measures(l.name) {
			continue
		}
		at := filepath.Join(dir, l.name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", "program", ".")
		cmd.Dir = at
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("the program of %s: %w: %s", l.title, err, out)
		}
		info, err := os.Stat(filepath.Join(at, "program"))
		if err != nil {
			return nil, err
		}
		all = append(all, size{client: l.name, bytes: info.Size()})
		tell(b.log, "%-8s a binary of %.1f MB", l.name, float64(info.Size())/1e6)
	}
	return all, nil
}

// writePrograms writes each program into a folder with the name of its client.
func writePrograms(dir string) error {
	for name, text := range programs {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(at, "main.go"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sizeTable compares with the SDK's binary, where that was measured.
func sizeTable(all []size) string {
	var b strings.Builder
	b.WriteString("\n| A stripped binary that follows one config | Size | Of the SDK's |\n|---|---|---|\n")
	for _, s := range all {
		share := "?"
		if all[0].client == "sdk" {
			share = fmt.Sprintf("%.0f %%", 100*float64(s.bytes)/float64(all[0].bytes))
		}
		fmt.Fprintf(&b, "| %s | %.1f MB | %s |\n", title(s.client), float64(s.bytes)/1e6, share)
	}
	return b.String()
}

func (s size) writeJSON(to io.Writer) error {
	return json.NewEncoder(to).Encode(struct {
		Client string  `json:"client"`
		MB     float64 `json:"binary_mb"`
	}{s.client, math.Round(float64(s.bytes)/1e5) / 10})
}

// programs are by the names of the clients.
var programs = map[string]string{
	"sdk": `package main

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
`,
	"nacossdk": `package main

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
	got, err := c.Source("x.yaml").Next(context.Background(), "")
	fmt.Println(got.Revision, err)
}
`,
	"nacre": `package main

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre/providers/nacos"
)

func main() {
	c, err := nacos.NewClient(nacos.Config{Servers: []string{"127.0.0.1"}})
	if err != nil {
		panic(err)
	}
	got, err := c.Source("x.yaml").Next(context.Background(), "")
	fmt.Println(got.Revision, err)
}
`,
	"open": `package main

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/nacos"
)

type config struct{ V int }

func main() {
	c, err := nacos.NewClient(nacos.Config{Servers: []string{"127.0.0.1"}})
	if err != nil {
		panic(err)
	}
	cfg, err := nacre.Open[config](context.Background(), c.Source("x.yaml"))
	if err != nil {
		panic(err)
	}
	fmt.Println(cfg.Get().V)
}
`,
}
