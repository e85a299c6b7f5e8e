//go:build !race

package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/naming_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/nacretest"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// The code of docs/testing.md: a service that registers itself, and its test.

type ordersConfig struct {
	Weight float64 `config:"weight" default:"1"`
}

// runOrders keeps the service registered until ctx ends, with the weight that is configured.
func runOrders(ctx context.Context, cfg *nacre.Config[ordersConfig], names naming_client.INamingClient) error {
	_, err := nacre.Subscribe(cfg, func(c *ordersConfig) float64 { return c.Weight },
		func(_ context.Context, ch nacre.Change[float64]) error {
			_, err := names.RegisterInstance(vo.RegisterInstanceParam{
				ServiceName: "orders", Ip: "10.0.0.1", Port: 8080,
				Weight: ch.New, Enable: true, Healthy: true, Ephemeral: true,
			})
			return err
		}, nacre.InitialCall())
	if err != nil {
		return err
	}
	<-ctx.Done()
	_, err = names.DeregisterInstance(vo.DeregisterInstanceParam{ServiceName: "orders", Ip: "10.0.0.1", Port: 8080, Ephemeral: true})
	return err
}

// reserve asks an instance of another service.
func reserve(names naming_client.INamingClient) (addr string, err error) {
	in, err := names.SelectOneHealthyInstance(vo.SelectOneHealthInstanceParam{ServiceName: "stock"})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s:%d", in.Ip, in.Port), nil
}

func newNames(srv *nacostest.Server, dir string) (naming_client.INamingClient, error) {
	return clients.NewNamingClient(vo.NacosClientParam{
		ClientConfig: constant.NewClientConfig(
			constant.WithCacheDir(filepath.Join(dir, "cache")), constant.WithLogDir(filepath.Join(dir, "log")),
			constant.WithNotLoadCacheAtStart(true)),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig("127.0.0.1", uint64(srv.Port()))},
	})
}

func TestOrdersRegisters(t *testing.T) {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	names, err := newNames(srv, root)
	if err != nil {
		t.Fatal(err)
	}
	defer names.CloseClient()
	settle(t, srv, names)
	cfg := nacretest.New(t, ordersConfig{Weight: 2})

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runOrders(ctx, cfg, names) }()
	registeredAs := func(weight float64) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err := srv.Wait(ctx, func(nacostest.Stats) bool {
			all := srv.Instances("", "DEFAULT_GROUP", "orders")
			return len(all) == 1 && all[0].Weight == weight && !all[0].Unhealthy && !all[0].Persistent
		})
		if err != nil {
			t.Fatal(err, srv.Instances("", "DEFAULT_GROUP", "orders"))
		}
	}
	registeredAs(2)
	if err := nacretest.Update(cfg, func(c *ordersConfig) { c.Weight = 0.5 }); err != nil {
		t.Fatal(err)
	}
	registeredAs(0.5)

	srv.Disconnect() // the instance goes, and the SDK registers it again
	registeredAs(0.5)

	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if left := srv.Instances("", "DEFAULT_GROUP", "orders"); len(left) != 0 {
		t.Errorf("after the service has stopped, %+v is registered", left)
	}
}

// settle waits until the SDK has handled the event of its first connection. On this event the SDK
// registers again what it has registered so far, without regard to a registration that runs: one
// with a new weight may be followed by one with the old weight. The SDK handles its events one
// after another. The registration here fails for want of a server, so that only the event of the
// second connection can make it.
func settle(t *testing.T, srv *nacostest.Server, names naming_client.INamingClient) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	srv.Stop()
	_, err := names.RegisterInstance(vo.RegisterInstanceParam{
		ServiceName: "settle", Ip: "10.0.0.9", Port: 8080, Weight: 1, Enable: true, Healthy: true, Ephemeral: true,
	})
	if err == nil {
		t.Fatal("an instance was registered without a server")
	}
	if err := srv.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := srv.Wait(ctx, func(nacostest.Stats) bool { return len(srv.Instances("", "DEFAULT_GROUP", "settle")) == 1 }); err != nil {
		t.Fatal(err)
	}
}

func TestOrdersCallsStock(t *testing.T) {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	names, err := newNames(srv, root)
	if err != nil {
		t.Fatal(err)
	}
	defer names.CloseClient()
	if err := srv.Register("", "DEFAULT_GROUP", "stock", nacostest.Instance{IP: "10.0.0.7", Port: 8080}); err != nil {
		t.Fatal(err)
	}
	if addr, err := reserve(names); addr != "10.0.0.7:8080" || err != nil {
		t.Errorf("the service calls %q, %v", addr, err)
	}
}

// docs/testing.md shows this code, line by line.
func TestTheDocumentShowsThisCode(t *testing.T) {
	text, err := os.ReadFile("../../../../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("registration_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## A service that registers itself")
	if !found {
		t.Fatal("docs/testing.md has no section on a service that registers itself")
	}
	blocks := strings.Split(section, "```go\n")[1:]
	if len(blocks) < 3 {
		t.Errorf("only %d pieces of code are found", len(blocks))
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if !strings.Contains(string(code), block) {
			t.Errorf("docs/testing.md shows code that is not tested:\n%s", block)
		}
	}
}
