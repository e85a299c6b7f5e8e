//go:build !race

package sdktest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/naming_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/model"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// naming is the SDK's naming client, and what its subscription has heard.
type naming struct {
	naming_client.INamingClient
	t     *testing.T
	group string
	heard chan []string
	param *vo.SubscribeParam
}

// newNaming makes the SDK's naming client as its users make it. Like the config client, it adds
// itself to a map of the process without regard for others: make all clients before you use one.
func newNaming(t *testing.T, addr, group string, with ...constant.ClientOption) *naming {
	t.Helper()
	host, text, _ := strings.Cut(addr, ":")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, fmt.Sprintf("naming-%x", rand.Uint64()))
	options := append([]constant.ClientOption{
		constant.WithTimeoutMs(3000), constant.WithNotLoadCacheAtStart(true), constant.WithUpdateCacheWhenEmpty(true),
		constant.WithLogDir(filepath.Join(dir, "log")), constant.WithCacheDir(filepath.Join(dir, "cache")), constant.WithLogLevel("error"),
	}, with...)
	if strings.HasSuffix(t.Name(), "/real") {
		options = append(options, constant.WithUsername(os.Getenv("NACRE_NACOS_USERNAME")), constant.WithPassword(os.Getenv("NACRE_NACOS_PASSWORD")))
	}
	c, err := clients.NewNamingClient(vo.NacosClientParam{
		ClientConfig: constant.NewClientConfig(options...), ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig(host, port)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseClient)
	n := &naming{INamingClient: c, t: t, group: group, heard: make(chan []string, 1000)}
	return n
}

func (n *naming) subscribe(service string) {
	n.t.Helper()
	n.param = &vo.SubscribeParam{ServiceName: service, GroupName: n.group, SubscribeCallback: func(all []model.Instance, _ error) {
		n.heard <- addresses(all)
	}}
	if err := n.Subscribe(n.param); err != nil {
		n.t.Fatalf("subscribe: %v", err)
	}
}

func addresses(all []model.Instance) []string {
	out := make([]string, 0, len(all))
	for _, in := range all {
		out = append(out, fmt.Sprintf("%s:%d %s", in.Ip, in.Port, in.Metadata["v"]))
	}
	slices.Sort(out)
	return out
}

// hears waits until the callback gets these instances; it may get others before.
func (n *naming) hears(why string, want ...string) {
	n.t.Helper()
	timeout := time.After(2 * patience)
	var last []string
	for {
		select {
		case last = <-n.heard:
			if slices.Equal(last, want) {
				return
			}
		case <-timeout:
			n.t.Fatalf("%s: the subscriber does not hear %q; the last was %q", why, want, last)
		}
	}
}

func (n *naming) instance(service string, port uint64, version string) vo.RegisterInstanceParam {
	return vo.RegisterInstanceParam{
		Ip: "10.0.0.1", Port: port, Weight: 1, Enable: true, Healthy: true, Ephemeral: true, ServiceName: service, GroupName: n.group,
		Metadata: map[string]string{"v": version},
	}
}

func (n *naming) register(in vo.RegisterInstanceParam) {
	n.t.Helper()
	if ok, err := n.RegisterInstance(in); !ok || err != nil {
		n.t.Fatalf("register: %v, %v", ok, err)
	}
}

// The naming client of the SDK does what it does with a real server, against which the test runs
// where NACRE_NACOS_ADDR names one.
func TestConformanceSDKNaming(t *testing.T) { onServers(t, useNaming) }

// onServers is onVersions, and runs the test with the real server, too.
func onServers(t *testing.T, test func(t *testing.T, addr string)) {
	t.Helper()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) { test(t, srv.Addr()) })
	t.Run("real", func(t *testing.T) {
		addr := os.Getenv("NACRE_NACOS_ADDR")
		if addr == "" {
			t.Skip("set NACRE_NACOS_ADDR=host:port to run this against a real server")
		}
		test(t, addr)
	})
}

func useNaming(t *testing.T, addr string) {
	group := fmt.Sprintf("nacre-%08x", rand.Uint32())
	a, b, team := newNaming(t, addr, group), newNaming(t, addr, group), newNaming(t, addr, group, constant.WithNamespaceId("nacre-team"))

	b.subscribe("s")
	if got, err := b.SelectAllInstances(vo.SelectAllInstancesParam{ServiceName: "s", GroupName: group}); len(got) != 0 || err != nil {
		t.Errorf("a service that nobody has registered has %v, %v", got, err)
	}
	a.register(a.instance("s", 80, "1"))
	b.hears("a registration", "10.0.0.1:80 1")
	team.register(team.instance("s", 99, "")) // in another namespace
	if ok, err := a.UpdateInstance(vo.UpdateInstanceParam{
		Ip: "10.0.0.1", Port: 80, Weight: 2, Enable: true, Healthy: true, Ephemeral: true, ServiceName: "s", GroupName: group, ClusterName: "c1", Metadata: map[string]string{"v": "2"},
	}); !ok || err != nil {
		t.Fatalf("update: %v, %v", ok, err)
	}
	b.hears("an update", "10.0.0.1:80 2")

	service, err := b.GetService(vo.GetServiceParam{ServiceName: "s", GroupName: group, Clusters: []string{"c1"}})
	if err != nil || service.Name != "s" || service.GroupName != group || !service.Valid || len(service.Hosts) != 1 {
		t.Fatalf("GetService returns %+v, %v", service, err)
	}
	want := model.Instance{
		InstanceId: "10.0.0.1#80#c1#" + group + "@@s", Ip: "10.0.0.1", Port: 80, Weight: 2, Healthy: true, Enable: true, Ephemeral: true, ClusterName: "c1",
		ServiceName: group + "@@s", Metadata: map[string]string{"v": "2"}, InstanceHeartBeatInterval: 5000, InstanceHeartBeatTimeOut: 15000, IpDeleteTimeout: 30000,
	}
	if got := service.Hosts[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the instance is %+v, want %+v", got, want)
	}
	if got, err := b.SelectInstances(vo.SelectInstancesParam{ServiceName: "s", GroupName: group, HealthyOnly: true}); len(got) != 1 || err != nil {
		t.Errorf("SelectInstances returns %v, %v", got, err)
	}
	if got, err := b.SelectInstances(vo.SelectInstancesParam{ServiceName: "s", GroupName: group, HealthyOnly: true, Clusters: []string{"c2"}}); len(got) != 0 || err == nil {
		t.Errorf("SelectInstances of another cluster returns %v, %v", got, err)
	}
	if got, err := b.SelectOneHealthyInstance(vo.SelectOneHealthInstanceParam{ServiceName: "s", GroupName: group}); err != nil || got.Port != 80 {
		t.Errorf("SelectOneHealthyInstance returns %v, %v", got, err)
	}
	if got, err := b.GetAllServicesInfo(vo.GetAllServiceInfoParam{GroupName: group, PageNo: 1, PageSize: 10}); err != nil || got.Count != 1 || !slices.Equal(got.Doms, []string{"s"}) {
		t.Errorf("GetAllServicesInfo returns %+v, %v", got, err)
	}

	if ok, err := a.DeregisterInstance(vo.DeregisterInstanceParam{Ip: "10.0.0.1", Port: 80, ServiceName: "s", GroupName: group, Ephemeral: true}); !ok || err != nil {
		t.Fatalf("deregister: %v, %v", ok, err)
	}
	b.hears("a deregistration")
	if ok, err := a.BatchRegisterInstance(vo.BatchRegisterInstanceParam{ServiceName: "s", GroupName: group, Instances: []vo.RegisterInstanceParam{
		a.instance("s", 81, "3"), a.instance("s", 82, "3"),
	}}); !ok || err != nil {
		t.Fatalf("register a batch: %v, %v", ok, err)
	}
	b.hears("a batch", "10.0.0.1:81 3", "10.0.0.1:82 3")
	if err := b.Unsubscribe(b.param); err != nil {
		t.Errorf("unsubscribe: %v", err)
	}
	b.subscribe("other")
	a.register(a.instance("s", 80, "4"))
	a.register(a.instance("other", 83, "1"))
	for got := range b.heard {
		if len(got) == 1 && got[0] == "10.0.0.1:83 1" {
			break
		}
		if len(got) > 0 {
			t.Errorf("after the end of a subscription its callback gets %q", got)
		}
	}
	a.CloseClient()
	b.hears("the client that registered has closed")
}

// The SDK registers a persistent instance, which it makes of one that is not said to be ephemeral,
// over HTTP. It belongs to no client, so another one can change and remove it.
func TestConformanceSDKPersistentInstance(t *testing.T) { onServers(t, usePersistent) }

func usePersistent(t *testing.T, addr string) {
	group := fmt.Sprintf("nacre-%08x", rand.Uint32())
	a, b := newNaming(t, addr, group), newNaming(t, addr, group)
	b.subscribe("s")
	in := a.instance("s", 0, "1")
	host, text, _ := strings.Cut(addr, ":") // a real server checks that something listens there
	in.Ip, in.Ephemeral = host, false
	in.Port, _ = strconv.ParseUint(text, 10, 16)
	a.register(in)
	b.hears("a registration", addr+" 1")
	a.CloseClient()
	in.Metadata = map[string]string{"v": "2"}
	b.register(in)
	b.hears("another client changes it", addr+" 2")
	if ok, err := b.DeregisterInstance(vo.DeregisterInstanceParam{Ip: in.Ip, Port: in.Port, ServiceName: "s", GroupName: group}); !ok || err != nil {
		t.Fatalf("deregister: %v, %v", ok, err)
	}
	b.hears("a deregistration")
}

// After each fault the SDK registers and subscribes again.
func TestSDKNamingReconnects(t *testing.T) {
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
			a, b := newNaming(t, srv.Addr(), group), newNaming(t, srv.Addr(), group)
			b.subscribe("s")
			a.register(a.instance("s", 80, "1"))
			b.hears("a registration", "10.0.0.1:80 1")
			streams := srv.Stats().Streams
			fault(t, srv)
			until(t, srv, "both connect again", func(s fakenacos.Stats) bool { return s.Streams >= streams+2 && s.Connections == 2 })
			until(t, srv, "both do again what they did", func(s fakenacos.Stats) bool {
				return s.Subscribed == 1 && len(srv.Instances("", group, "s")) == 1
			})
			a.register(a.instance("s", 81, "2"))
			b.hears("another registration", "10.0.0.1:81 2")
		})
	}
}
