package fakenacos_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

func namingPeer(t *testing.T, srv *fakenacos.Server) *peer {
	t.Helper()
	g := &target{t: t, addr: srv.Addr(), group: group}
	return g.connectNaming()
}

func (p *peer) subscribe(service string) {
	p.t.Helper()
	if typ, body := p.ask("SubscribeServiceRequest", serviceBody("public", group, service, `"subscribe":true`)); typ != "SubscribeServiceResponse" {
		p.t.Fatalf("a subscription gets %s %s", typ, body)
	}
	p.wantAnyPush(service)
}

func (p *peer) wantAnyPush(service string) {
	p.t.Helper()
	if got, _ := p.pushed("a subscription"); got != service {
		p.t.Fatalf("the push is of %s, want %s", got, service)
	}
}

func (p *peer) register(service, ip string, port int) {
	p.t.Helper()
	p.want("InstanceRequest", instanceOf("public", group, service, "registerInstance", at(ip, port)), "InstanceResponse", registered)
}

func addrs(srv *fakenacos.Server, service string) (out []string) {
	for _, in := range srv.Instances("", group, service) {
		out = append(out, fmt.Sprintf("%s:%d", in.IP, in.Port))
	}
	return out
}

// A test plays another service, without any delay.
func TestRegister(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: time.Hour})
	full := fakenacos.Instance{IP: "10.0.0.1", Port: 80, Cluster: "c1", Weight: 2, Unhealthy: true, Disabled: true, Metadata: map[string]string{"a": "b"}}
	if err := srv.Register("", group, "s", full); err != nil {
		t.Fatal(err)
	}
	if err := srv.Register("public", group, "s", fakenacos.Instance{IP: "10.0.0.2", Port: 80}); err != nil {
		t.Fatal(err)
	}
	plain := fakenacos.Instance{IP: "10.0.0.2", Port: 80, Cluster: "DEFAULT", Weight: 1, Metadata: map[string]string{}}
	if got := srv.Instances("", group, "s"); !reflect.DeepEqual(got, []fakenacos.Instance{full, plain}) {
		t.Errorf("the instances are %+v", got)
	}
	if got := srv.Instances("elsewhere", group, "s"); got != nil {
		t.Errorf("another namespace has %+v", got)
	}
	p := namingPeer(t, srv)
	if _, body := p.ask("SubscribeServiceRequest", serviceBody("public", group, "s", `"subscribe":true`)); !strings.Contains(body, `"ip":"10.0.0.2"`) ||
		strings.Contains(body, `"ip":"10.0.0.1"`) {
		t.Errorf("a subscriber is told %s", body)
	}
	srv.Flush()
	p.wantAnyPush("s")
	full.Disabled = false
	if err := srv.Register("", group, "s", full); err != nil {
		t.Fatal(err)
	}
	p.wantPush("an instance is enabled", "s", "10.0.0.1:80", "10.0.0.2:80")
	srv.Deregister("", group, "s", "10.0.0.2", 80)
	p.wantPush("an instance has gone", "s", "10.0.0.1:80")
	srv.Deregister("", group, "s", "10.0.0.2", 80)
	srv.Deregister("", group, "none", "10.0.0.2", 80)
	srv.Deregister("", group, "s", "10.0.0.1", 80)
	p.wantPush("the last instance has gone", "s")
	if err := srv.Register("", group, "p", fakenacos.Instance{IP: "::1", Port: 1, Persistent: true}); err != nil {
		t.Fatal(err)
	}
	if got := srv.Instances("", group, "p"); len(got) != 1 || !got[0].Persistent {
		t.Errorf("a persistent instance is %+v", got)
	}
	srv.Deregister("", group, "p", "::1", 1)
	if got := addrs(srv, "p"); got != nil {
		t.Errorf("after its deregistration there is %q", got)
	}
}

func TestRegisterRefusesWhatAServerRefuses(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	good := fakenacos.Instance{IP: "10.0.0.1", Port: 80}
	with := func(change func(*fakenacos.Instance)) fakenacos.Instance {
		in := good
		change(&in)
		return in
	}
	if err := srv.Register("", group, "ephemeral", good); err != nil {
		t.Fatal(err)
	}
	if err := srv.Register("", group, "persistent", with(func(in *fakenacos.Instance) { in.Persistent = true })); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ns, group, service string
		in                 fakenacos.Instance
	}{
		"no service":          {"", group, "", good},
		"no group":            {"", "", "s", good},
		"namespace":           {"a b", group, "s", good},
		"service":             {"", group, "a@@b", good},
		"group":               {"", "a b", "s", good},
		"ip":                  {"", group, "s", with(func(in *fakenacos.Instance) { in.IP = "1 1" })},
		"port":                {"", group, "s", with(func(in *fakenacos.Instance) { in.Port = math.MaxInt })},
		"negative port":       {"", group, "s", with(func(in *fakenacos.Instance) { in.Port = math.MinInt })},
		"cluster":             {"", group, "s", with(func(in *fakenacos.Instance) { in.Cluster = "a_b" })},
		"weight":              {"", group, "s", with(func(in *fakenacos.Instance) { in.Weight = 10001 })},
		"no number":           {"", group, "s", with(func(in *fakenacos.Instance) { in.Weight = math.NaN() })},
		"metadata":            {"", group, "s", with(func(in *fakenacos.Instance) { in.Metadata = map[string]string{"a": strings.Repeat("b", 1024)} })},
		"other kind":          {"", group, "ephemeral", with(func(in *fakenacos.Instance) { in.Persistent = true })},
		"the other way round": {"", group, "persistent", good},
	} {
		if err := srv.Register(c.ns, c.group, c.service, c.in); err == nil {
			t.Errorf("%s: it is registered", name)
		}
		if got := srv.Instances(c.ns, c.group, c.service); name != "other kind" && name != "the other way round" && got != nil {
			t.Errorf("%s: an error leaves %+v", name, got)
		}
	}
}

// Each way in which a connection ends withdraws its instances, and subscribers are told.
func TestInstancesEndWithTheirConnection(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*fakenacos.Server, *peer, fakenacos.Match){
		"close":      func(_ *fakenacos.Server, q *peer, _ fakenacos.Match) { _ = q.conn.Close() },
		"cut":        func(s *fakenacos.Server, _ *peer, m fakenacos.Match) { s.Faults().CutStreams(m) },
		"end":        func(s *fakenacos.Server, _ *peer, m fakenacos.Match) { s.Faults().EndStreams(m) },
		"unregister": func(s *fakenacos.Server, _ *peer, m fakenacos.Match) { s.Faults().Unregister(m) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
			q := namingPeer(t, srv)
			id := srv.Connections()[0].ID
			p := namingPeer(t, srv)
			p.subscribe("s")
			q.register("s", "10.0.0.1", 80)
			p.wantPush("an instance", "s", "10.0.0.1:80")
			end(srv, q, fakenacos.Match{Connection: id})
			p.wantPush("its connection has ended", "s")
			if got := addrs(srv, "s"); got != nil {
				t.Errorf("there is still %q", got)
			}
		})
	}
}

// A crash ends the connections with what they have registered; the rest stays.
func TestRestartWithServices(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	q := namingPeer(t, srv)
	q.register("s", "10.0.0.1", 80)
	q.want("PersistentInstanceRequest", instanceOf("public", group, "p", "registerInstance", at("10.0.0.1", 80)), "InstanceResponse", registered)
	if err := srv.Register("", group, "s", fakenacos.Instance{IP: "10.0.0.2", Port: 80}); err != nil {
		t.Fatal(err)
	}
	srv.Stop()
	if got := addrs(srv, "s"); !slices.Equal(got, []string{"10.0.0.2:80"}) {
		t.Errorf("a stopped server has %q", got)
	}
	if err := srv.Register("", group, "s", fakenacos.Instance{IP: "10.0.0.3", Port: 80}); err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(bounded(t), true); err != nil {
		t.Fatal(err)
	}
	q = namingPeer(t, srv)
	if _, body := q.ask("ServiceQueryRequest", serviceBody("public", group, "s", "")); strings.Count(body, `"ip":`) != 2 {
		t.Errorf("after the restart a read gets %s", body)
	}
	if got := addrs(srv, "p"); !slices.Equal(got, []string{"10.0.0.1:80"}) {
		t.Errorf("the persistent instances are %q", got)
	}
	if err := srv.Restart(bounded(t), false); err != nil {
		t.Fatal(err)
	}
	if got := append(addrs(srv, "s"), addrs(srv, "p")...); got != nil {
		t.Errorf("without memory it has %q", got)
	}
}

func TestServicePushFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		set  func(*fakenacos.Faults)
		want []string // pushes of a, b, c in turn
	}{
		{"drop", func(f *fakenacos.Faults) { f.DropPushes(2) }, []string{"c"}},
		{"drop of one service", func(f *fakenacos.Faults) {
			f.DropPushes(fakenacos.Always, fakenacos.Match{Key: fakenacos.Key{Namespace: "public", Group: group, DataID: "b"}, Type: "NotifySubscriberRequest"})
		}, []string{"a", "c"}},
		{"double", func(f *fakenacos.Faults) { f.DoublePushes(1) }, []string{"a", "a", "b", "c"}},
		{"reorder", func(f *fakenacos.Faults) { f.ReorderPushes(3) }, []string{"c", "b", "a"}},
		{"delay", func(f *fakenacos.Faults) { f.DelayPushes(time.Millisecond) }, []string{"", "", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
			p := namingPeer(t, srv)
			for _, service := range []string{"a", "b", "c", "end"} {
				p.subscribe(service)
			}
			c.set(srv.Faults())
			for _, service := range []string{"a", "b", "c"} {
				p.register(service, "10.0.0.1", 80)
			}
			var got []string
			for range c.want {
				service, _ := p.pushed(c.name)
				got = append(got, service)
			}
			if c.want[0] == "" {
				slices.Sort(got)
				c.want = []string{"a", "b", "c"}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("pushes are %v, want %v", got, c.want)
			}
			if err := srv.Faults().Clear(); err != nil {
				t.Fatal(err)
			}
			p.register("end", "10.0.0.1", 80)
			p.wantPush("after the fault", "end", "10.0.0.1:80")
		})
	}
}

// Several changes within the delay are one push, and Flush ends it.
func TestServiceDelay(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: time.Hour})
	p := namingPeer(t, srv)
	g := &target{t: t, addr: srv.Addr(), group: group}
	p.register("s", "10.0.0.1", 1)
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 1)) // what nobody has read yet is read at once
	p.register("s", "10.0.0.1", 2)
	p.ask("SubscribeServiceRequest", serviceBody("public", group, "s", `"subscribe":true`))
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 1))
	if got := addrs(srv, "s"); !slices.Equal(got, []string{"10.0.0.1:2"}) {
		t.Errorf("registered is %q", got)
	}
	srv.Flush()
	p.wantPush("flushed", "s", "10.0.0.1:2")
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 2))
	srv.Flush()
	if st := srv.Stats(); st.ServicePushes != 1 || st.Subscribed != 1 {
		t.Errorf("three changes and two flushes are %d pushes to %d subscribers", st.ServicePushes, st.Subscribed)
	}

	held := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
	held.Faults().HoldDumps(true)
	p = namingPeer(t, held)
	p.ask("SubscribeServiceRequest", serviceBody("public", group, "s", `"subscribe":true`))
	p.register("s", "10.0.0.1", 1)
	held.Faults().HoldDumps(false)
	p.wantPush("no longer held", "s", "10.0.0.1:1")
}

// A push that is not acknowledged is repeated with the newest state, and the connection stays.
func TestServicePushIsRepeated(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: fakenacos.Off, AckTimeout: 10 * time.Millisecond, RetryDelay: time.Millisecond, PushTries: 1})
	g := &target{t: t, addr: srv.Addr(), group: group}
	p := dialPeer(t, g.addr)
	n := 0
	p.noAck = func(got push) bool { n++; return got.typ == "NotifySubscriberRequest" && n < 4 }
	p.setup(strings.Replace(setupBody, `"config"`, `"naming"`, 1))
	p.registered()
	p.ask("SubscribeServiceRequest", serviceBody("public", group, "s", `"subscribe":true`))
	until(t, srv, "an acknowledgement", func(s fakenacos.Stats) bool { return s.ServiceAcks > 0 })
	// On a busy machine an acknowledgement can be late too.
	if st := srv.Stats(); st.ServiceRepeats < 3 || st.Connections != 1 {
		t.Errorf("it was repeated %d times, and %d connections are left", st.ServiceRepeats, st.Connections)
	}
}

func TestServiceRefusals(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: []fakenacos.User{
		{Name: "reader", Password: "r", Grants: []fakenacos.Grant{{Namespace: "", Read: true}}},
	}})
	p := namingPeer(t, srv)
	p.header = map[string]string{"username": "reader", "password": "r"}
	query := serviceBody("public", group, "s", "")
	if typ, body := p.ask("ServiceQueryRequest", query); strings.Contains(body, `"errorCode":403`) {
		t.Errorf("who may read gets %s %s", typ, body)
	}
	p.want("ServiceQueryRequest", serviceBody("other", group, "s", ""), "QueryServiceResponse", failure(403, "authorization failed!"))
	p.want("InstanceRequest", instanceOf("public", group, "s", "registerInstance", at("10.0.0.1", 1)), "InstanceResponse", failure(403, "authorization failed!"))
	srv.Faults().Fail(1, 500, fakenacos.Match{Type: "ServiceQueryRequest"})
	p.want("ServiceQueryRequest", query, "QueryServiceResponse", failure(500, "fault 500 as ordered"))
	srv.Faults().NotReady(true)
	p.want("ServiceQueryRequest", query, "ErrorResponse", failure(300, "Server is starting,please try later."))
}

func TestEphemeralInstancesOverHTTPAreRefused(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	g := &target{t: t, addr: srv.Addr(), group: group}
	const refused = "nacostest has no ephemeral instances over HTTP, which live by heartbeats; use gRPC"
	for _, ephemeral := range []string{"", "&ephemeral=true"} {
		g.wantHTTP("POST", "/v1/ns/instance?serviceName=s&ip=10.0.0.1&port=1"+ephemeral, "", 400, "text/plain;charset=UTF-8", refused)
	}
	g.wantHTTP("POST", "/v1/ns/instance?serviceName=s&groupName=G&ip=10.0.0.1&port=1&ephemeral=false&metadata=a%3Db,c%3Dd&enabled=false&healthy=false", "", 200, "", "ok")
	if got := srv.Instances("", "G", "s"); len(got) != 1 || !got[0].Disabled || !got[0].Unhealthy || got[0].Metadata["c"] != "d" {
		t.Errorf("registered is %+v", got)
	}
	g.wantHTTP("POST", "/v1/ns/instance?serviceName=s&ip=10.0.0.1&port=1&ephemeral=false&metadata=x", "", 500, "",
		`{"timestamp":"NOW","status":500,"error":"Internal Server Error","path":"/nacos/v1/ns/instance"}`)
	g.wantHTTP("POST", "/v1/ns/instance?serviceName=@@s&ip=10.0.0.1&port=1&ephemeral=false", "", 400, "",
		`{"timestamp":"NOW","status":400,"error":"Bad Request","path":"/nacos/v1/ns/instance"}`)
}

// Everything at once, for the race detector; in the end only what the test has registered is left,
// and a subscriber knows it.
func TestServicesConcurrently(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: time.Millisecond, AckTimeout: 50 * time.Millisecond, RetryDelay: time.Millisecond})
	in := fakenacos.Instance{IP: "10.0.0.9", Port: 9}
	var wg sync.WaitGroup
	for i := range 4 {
		p := namingPeer(t, srv)
		wg.Go(func() {
			for n := range 30 {
				for typ, body := range map[string]string{
					"InstanceRequest":         instanceOf("public", group, "s", []string{"registerInstance", "deregisterInstance"}[n%2], at("10.0.0.1", i)),
					"BatchInstanceRequest":    serviceBody("public", group, "b", `"type":"batchRegisterInstance","instances":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]`),
					"SubscribeServiceRequest": serviceBody("public", group, "s", fmt.Sprintf(`"subscribe":%v`, n%3 > 0)),
					"ServiceQueryRequest":     serviceBody("public", group, "b", ""),
					"ServiceListRequest":      serviceBody("public", group, "", `"pageNo":1,"pageSize":9`),
				} {
					_, _, _ = p.try(typ, body)
				}
			}
			_ = p.conn.Close()
		})
	}
	wg.Go(func() {
		f := srv.Faults()
		for n := range 30 {
			f.DropPushes(n % 3)
			f.ReorderPushes(n % 4)
			f.DelayPushes(time.Duration(n%2) * time.Millisecond)
			f.HoldDumps(n%2 == 0)
			if err := srv.Register("", group, "s", in); err != nil {
				t.Error(err)
			}
			_, _ = srv.Instances("", group, "s"), srv.Stats()
			srv.Deregister("", group, "s", in.IP, in.Port)
			srv.Flush()
		}
		if err := f.Clear(); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	until(t, srv, "all clients have gone", func(s fakenacos.Stats) bool { return s.Connections == 0 })
	if got := append(addrs(srv, "s"), addrs(srv, "b")...); got != nil {
		t.Errorf("the clients have gone and left %q", got)
	}
	p := namingPeer(t, srv)
	p.subscribe("s")
	if err := srv.Register("", group, "s", in); err != nil {
		t.Fatal(err)
	}
	for {
		if _, got := p.pushed("an instance"); slices.Equal(got, []string{"10.0.0.9:9"}) {
			return
		}
	}
}
