//go:build !race

package sdktest_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

const (
	group    = "DEFAULT_GROUP"
	patience = 20 * time.Second
)

// root holds the SDK's logs and caches. It is not t.TempDir, which fails a test when a file is
// written while it is removed: the SDK writes for a while after it was closed.
var root string

func TestMain(m *testing.M) {
	var err error
	if root, err = os.MkdirTemp("", "nacostest-sdk-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(root)
	os.Exit(code)
}

// newClient makes the SDK's config client as its users make it.
func newClient(t *testing.T, srv *fakenacos.Server, with ...constant.ClientOption) config_client.IConfigClient {
	t.Helper()
	dir := filepath.Join(root, strings.ReplaceAll(t.Name(), "/", "-"))
	options := append([]constant.ClientOption{
		constant.WithTimeoutMs(3000), constant.WithNotLoadCacheAtStart(true), constant.WithLogDir(filepath.Join(dir, "log")),
		constant.WithCacheDir(filepath.Join(dir, "cache")), constant.WithLogLevel("error"), constant.WithDisableUseSnapShot(true),
	}, with...)
	c, err := clients.NewConfigClient(vo.NacosClientParam{
		ClientConfig:  constant.NewClientConfig(options...),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig("127.0.0.1", uint64(srv.Port()))},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseClient)
	return c
}

func start(t *testing.T, opts fakenacos.Options) *fakenacos.Server {
	t.Helper()
	srv, err := fakenacos.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func until(t *testing.T, srv *fakenacos.Server, why string, condition func(fakenacos.Stats) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := srv.Wait(ctx, condition); err != nil {
		t.Fatalf("%s: %v", why, err)
	}
}

func digest(s string) string {
	h := md5.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

// connect makes the client connect: it does so with its first request, which therefore may fail.
func connect(t *testing.T, srv *fakenacos.Server, c config_client.IConfigClient) {
	t.Helper()
	_, _ = c.GetConfig(vo.ConfigParam{DataId: "warm-up", Group: group})
	until(t, srv, "the SDK connects", func(s fakenacos.Stats) bool { return s.Connections > 0 })
}

// onVersions runs a test with a server of each version, one after the other: the clients of the SDK
// share what is not safe for concurrent use.
func onVersions(t *testing.T, opts fakenacos.Options, test func(*testing.T, *fakenacos.Server)) {
	t.Helper()
	for _, version := range []string{"2.3", "3.0"} {
		t.Run(version, func(t *testing.T) {
			opts.Version = version
			test(t, start(t, opts))
		})
	}
}

func TestSDK(t *testing.T) { onVersions(t, fakenacos.Options{}, useSDK) }

func useSDK(t *testing.T, srv *fakenacos.Server) {
	content := "pool: 3" // in a list
	if strings.HasSuffix(t.Name(), "/3.0") {
		content = "" // a Nacos 3 lists no contents
	}
	c := newClient(t, srv)
	connect(t, srv, c)
	param := func(content string) vo.ConfigParam {
		return vo.ConfigParam{DataId: "orders.yaml", Group: group, Content: content, Type: "yaml"}
	}

	if ok, err := c.PublishConfig(param("pool: 1")); !ok || err != nil {
		t.Fatalf("publish: %v, %v", ok, err)
	}
	srv.Flush()
	if got, err := c.GetConfig(param("")); got != "pool: 1" || err != nil {
		t.Fatalf("get: %q, %v", got, err)
	}

	lost := param("pool: 9")
	lost.CasMd5 = digest("something else")
	if ok, err := c.PublishConfig(lost); ok || err == nil || !strings.Contains(err.Error(), "Cas publish fail") {
		t.Errorf("a compare-and-set with the wrong md5: %v, %v", ok, err)
	}
	won := param("pool: 2")
	won.CasMd5 = digest("pool: 1")
	if ok, err := c.PublishConfig(won); !ok || err != nil {
		t.Errorf("a compare-and-set with the right md5: %v, %v", ok, err)
	}
	srv.Flush()

	heard := make(chan string, 100)
	listen := param("")
	listen.OnChange = func(_, _, _, data string) { heard <- data }
	if err := c.ListenConfig(listen); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, "pool: 2")
	until(t, srv, "the SDK tells the md5 that it has", func(fakenacos.Stats) bool {
		return slices.ContainsFunc(srv.Listeners("", group, "orders.yaml"), func(l fakenacos.Listener) bool { return l.MD5 == digest("pool: 2") })
	})
	before := srv.Stats().Acks
	if err := srv.Publish("", group, "orders.yaml", "pool: 3"); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, "pool: 3")
	until(t, srv, "the SDK's answer to the push is an acknowledgement", func(s fakenacos.Stats) bool { return s.Acks > before })

	if got, err := c.SearchConfig(vo.SearchConfigParam{Search: "accurate", DataId: "orders.yaml", Group: group, PageNo: 1, PageSize: 10}); err != nil || got.TotalCount != 1 || got.PageItems[0].DataId != "orders.yaml" || got.PageItems[0].Content != content {
		t.Errorf("search: %+v, %v", got, err)
	}
	if ok, err := c.DeleteConfig(param("")); !ok || err != nil {
		t.Fatalf("delete: %v, %v", ok, err)
	}
	hears(t, heard, "") // so the SDK tells a delete
	if got, err := c.GetConfig(param("")); got != "" || err != nil {
		t.Errorf("get after delete: %q, %v", got, err)
	}
	if s := srv.Stats(); s.Repeats != 0 {
		t.Errorf("%d pushes to the SDK were repeated", s.Repeats)
	}
}

// hears waits for this content; the SDK may tell of others before.
func hears(t *testing.T, heard <-chan string, want string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got := <-heard:
			if got == want {
				return
			}
		case <-timeout:
			t.Fatalf("the listener does not hear %q", want)
		}
	}
}

func TestSDKNamespaces(t *testing.T) { onVersions(t, fakenacos.Options{}, useNamespace) }

func useNamespace(t *testing.T, srv *fakenacos.Server) {
	c := newClient(t, srv, constant.WithNamespaceId("team-a"))
	connect(t, srv, c)
	if ok, err := c.PublishConfig(vo.ConfigParam{DataId: "a", Group: "G", Content: "x"}); !ok || err != nil {
		t.Fatalf("publish: %v, %v", ok, err)
	}
	if got, ok := srv.Get("team-a", "G", "a"); !ok || got != "x" {
		t.Errorf("stored is %q, %v", got, ok)
	}
	if _, ok := srv.Get("", "G", "a"); ok {
		t.Error("it is in the public namespace too")
	}
}

func TestSDKLogin(t *testing.T) {
	onVersions(t, fakenacos.Options{Users: []fakenacos.User{{Name: "nacos", Password: "secret"}}}, useLogin)
}

func useLogin(t *testing.T, srv *fakenacos.Server) {
	c := newClient(t, srv, constant.WithUsername("nacos"), constant.WithPassword("secret"))
	connect(t, srv, c)
	if ok, err := c.PublishConfig(vo.ConfigParam{DataId: "a", Group: group, Content: "x"}); !ok || err != nil {
		t.Fatalf("publish after login: %v, %v", ok, err)
	}
	if srv.Stats().Logins == 0 {
		t.Error("the SDK did not log in")
	}

	wrong := newClient(t, srv, constant.WithUsername("nacos"), constant.WithPassword("wrong"))
	if ok, err := wrong.PublishConfig(vo.ConfigParam{DataId: "a", Group: group, Content: "y"}); ok || err == nil {
		t.Errorf("publish with a wrong password: %v, %v", ok, err)
	}
	if srv.Stats().Refused == 0 {
		t.Error("the wrong password was not refused")
	}
	if got, _ := srv.Get("", group, "a"); got != "x" {
		t.Error("a publish with a wrong password was stored")
	}
}

// Each fault meets a client of its own: within 100 ms of a reconnect the SDK does not notice that
// its stream has ended.
func TestSDKReconnects(t *testing.T) {
	for name, fault := range map[string]func(*testing.T, *fakenacos.Server){
		"cut": func(_ *testing.T, srv *fakenacos.Server) { srv.Faults().CutStreams() },
		"end": func(_ *testing.T, srv *fakenacos.Server) { srv.Faults().EndStreams() },
		"restart": func(t *testing.T, srv *fakenacos.Server) {
			if err := srv.Restart(t.Context(), true); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, fakenacos.Options{})
			connect(t, srv, newClient(t, srv))
			streams := srv.Stats().Streams
			fault(t, srv)
			until(t, srv, "reconnect", func(s fakenacos.Stats) bool { return s.Streams > streams && s.Connections > 0 })
		})
	}
}
