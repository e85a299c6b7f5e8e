package fakenacos_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// connectNaming is connect for a client that declares itself as one for naming.
func (g *target) connectNaming() *peer {
	g.t.Helper()
	p := dialPeer(g.t, g.addr)
	if g.token != "" {
		p.header["accessToken"] = g.token
	}
	p.setup(strings.Replace(setupBody, `"module":"config"}`, `"module":"naming"}`, 1))
	p.registered()
	return p
}

func serviceBody(ns, group, service, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"namespace":%q,"serviceName":%q,"groupName":%q,"module":"naming"%s}`, ns, service, group, more)
}

func instanceOf(ns, group, service, typ, instance string) string {
	return serviceBody(ns, group, service, fmt.Sprintf(`"type":%q,"instance":%s`, typ, instance))
}

// at is an instance as the SDK sends one.
func at(ip string, port int) string {
	return fmt.Sprintf(`{"instanceId":"","ip":%q,"port":%d,"weight":1,"healthy":true,"enabled":true,"ephemeral":true,"clusterName":"","serviceName":"","metadata":{},"instanceHeartBeatInterval":0,"ipDeleteTimeout":0,"instanceHeartBeatTimeOut":0}`, ip, port)
}

// host is the instance that comes of it.
func (g *target) host(service, ip string, port int) string {
	return fmt.Sprintf(`{"instanceId":"%s#%d##%s@@%s","ip":%q,"port":%d,"weight":1.0,"healthy":true,"enabled":true,"ephemeral":true,"clusterName":"DEFAULT","serviceName":"%[3]s@@%[4]s","metadata":{},"instanceHeartBeatInterval":5000,"instanceHeartBeatTimeOut":15000,"ipDeleteTimeout":30000,"instanceIdGenerator":"simple"}`,
		ip, port, g.group, service, ip, port)
}

func (g *target) info(service, clusters string, hosts ...string) string {
	return fmt.Sprintf(`{"name":%q,"groupName":%q,%s"cacheMillis":10000,"hosts":[%s],"lastRefTime":1,"checksum":"",%q:false,"reachProtectionThreshold":false,"valid":true}`,
		service, g.group, clusters, strings.Join(hosts, ","), by(g, "allIPs", "allIps"))
}

const registered = `{"resultCode":200,"errorCode":0,"type":"registerInstance","success":true}`
const deregistered = `{"resultCode":200,"errorCode":0,"type":"deregisterInstance","success":true}`

func (g *target) register(p *peer, service, instance string) {
	g.t.Helper()
	p.want("InstanceRequest", instanceOf("public", g.group, service, "registerInstance", instance), "InstanceResponse", registered)
}

func (g *target) deregister(p *peer, service, instance string) {
	g.t.Helper()
	p.want("InstanceRequest", instanceOf("public", g.group, service, "deregisterInstance", instance), "InstanceResponse", deregistered)
}

func queried(info string) string {
	return `{"resultCode":200,"errorCode":0,"serviceInfo":` + info + `,"success":true}`
}

func subscribed(info string) string {
	return `{"resultCode":200,"errorCode":0,"message":"success","serviceInfo":` + info + `,"success":true}`
}

// reads asks for the service and compares.
func (g *target) reads(p *peer, service, more, clusters string, hosts ...string) {
	g.t.Helper()
	p.want("ServiceQueryRequest", serviceBody("public", g.group, service, more), "QueryServiceResponse",
		queried(g.info(service, `"clusters":`+quote(clusters)+`,`, hosts...)))
}

// pushed waits for a push and returns the service and the addresses in it.
func (p *peer) pushed(why string) (service string, addrs []string) {
	p.t.Helper()
	got := p.nextOf("NotifySubscriberRequest", why)
	var body struct {
		Info struct {
			Name  string `json:"name"`
			Hosts []struct {
				IP   string `json:"ip"`
				Port int    `json:"port"`
			} `json:"hosts"`
		} `json:"serviceInfo"`
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		p.t.Fatal(err)
	}
	for _, h := range body.Info.Hosts {
		addrs = append(addrs, fmt.Sprintf("%s:%d", h.IP, h.Port))
	}
	slices.Sort(addrs)
	return body.Info.Name, addrs
}

func (p *peer) wantPush(why, service string, addrs ...string) {
	p.t.Helper()
	if name, got := p.pushed(why); name != service || !slices.Equal(got, addrs) {
		p.t.Errorf("%s: the push is %s %q, want %s %q", why, name, got, service, addrs)
	}
}

// A service from its first subscriber to its last instance.
func TestConformanceService(t *testing.T) { onEach(t, false, conformService) }

func conformService(g *target) {
	t := g.t
	p, q, r := g.connectNaming(), g.connectNaming(), g.connectNaming()
	g.reads(p, "s", "", "")
	p.want("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":true,"clusters":""`), "SubscribeServiceResponse",
		subscribed(g.info("s", `"clusters":"",`)))
	if got := p.nextOf("NotifySubscriberRequest", "a new subscription").body; !strings.Contains(normal(got),
		`,"serviceInfo":`+g.info("s", `"clusters":"",`)+`,"module":"naming"}`) || !strings.HasPrefix(got, `{"headers":{},"requestId":"`) {
		t.Errorf("the push to a new subscriber is %s", got)
	}

	g.register(q, "s", at("10.0.0.1", 80))
	p.wantPush("the first instance", "s", "10.0.0.1:80")
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 80))
	g.register(q, "s", at("10.0.0.1", 80))
	p.wantPush("the same instance again", "s", "10.0.0.1:80")

	g.register(q, "s", at("10.0.0.1", 81))
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 80)) // reads lag behind until the push
	p.wantPush("another port replaces what the connection had", "s", "10.0.0.1:81")
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 81))

	g.register(r, "s", at("10.0.0.1", 81))
	p.wantPush("an equal instance of another connection counts once", "s", "10.0.0.1:81")
	g.deregister(q, "s", at("10.9.9.9", 9))
	p.wantPush("one of the two connections withdraws it", "s", "10.0.0.1:81")
	if err := r.conn.Close(); err != nil {
		t.Fatal(err)
	}
	p.wantPush("the other connection ends", "s")
	g.reads(p, "s", "", "")

	p.want("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":false`), "SubscribeServiceResponse", subscribed(g.info("s", "")))
	g.register(q, "s", at("10.0.0.2", 80))
	g.register(q, "other", at("10.0.0.2", 80))
	p.ask("SubscribeServiceRequest", serviceBody("public", g.group, "other", `"subscribe":true`))
	p.wantPush("the subscription has ended", "other", "10.0.0.2:80")
	if err := q.stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := q.ends("half close"); err != nil {
		t.Errorf("the stream ends with %v", err)
	}
	g.register(q, "other", at("10.0.0.2", 81)) // the instances last as long as the TCP connection
	p.wantPush("the stream ends, the connection does not", "other", "10.0.0.2:81")
}

// What is not pushed is proven by another push that comes after it.
func TestConformanceServiceNotPushed(t *testing.T) { onEach(t, false, conformServiceNotPushed) }

func conformServiceNotPushed(g *target) {
	t := g.t
	p := g.connectNaming()
	on := func(service string) {
		t.Helper()
		p.ask("SubscribeServiceRequest", serviceBody("public", g.group, service, `"subscribe":true,"clusters":"c1"`))
	}
	on("s")
	p.wantPush("a new subscription", "s")
	for i, quiet := range []func(){
		func() { on("s") },
		func() { g.deregister(p, "s", at("10.0.0.1", 80)) },
		func() {
			p.want("InstanceRequest", instanceOf("elsewhere", g.group, "s", "registerInstance", at("10.0.0.1", 80)), "InstanceResponse", registered)
		},
		func() {
			p.want("InstanceRequest", instanceOf("", g.group, "s", "registerInstance", at("10.0.0.1", 80)), "InstanceResponse", registered)
		},
	} {
		quiet()
		for n := range 2 {
			sentinel := fmt.Sprintf("sentinel%d-%d", i, n)
			on(sentinel)
			p.wantPush("a new subscription", sentinel)
		}
	}
	p.want("ServiceQueryRequest", serviceBody("", g.group, "s", ""), "QueryServiceResponse", queried(g.info("s", `"clusters":"",`, g.host("s", "10.0.0.1", 80))))
	g.reads(p, "s", "", "") // "" and "public" are two namespaces
}

// Clusters, health, weight and metadata, and what a connection registers at once.
func TestConformanceBatch(t *testing.T) { onEach(t, false, conformBatch) }

func conformBatch(g *target) {
	t := g.t
	p, q := g.connectNaming(), g.connectNaming()
	for service, clusters := range map[string]string{"one": "c1", "two": "c1,c2"} {
		p.ask("SubscribeServiceRequest", serviceBody("public", g.group, service, `"subscribe":true,"clusters":`+quote(clusters)))
		q.want("BatchInstanceRequest", serviceBody("public", g.group, service, `"type":"batchRegisterInstance","instances":[
			{"ip":"10.0.0.1","port":1,"clusterName":"c1","metadata":{"a":"b"}},{"ip":"10.0.0.2","port":"2","clusterName":"c2","weight":2.5},
			{"ip":"10.0.0.3","port":3,"clusterName":"c1","enabled":false},{"ip":"10.0.0.4","port":4,"clusterName":"c1","healthy":false},
			{"ip":"10.0.0.5","port":5,"weight":-1},{"instanceId":"mine","ip":"10.0.0.6","port":6,"clusterName":"c_3","serviceName":"x","ephemeral":false,"weight":0}]`),
			"BatchInstanceResponse", `{"resultCode":200,"errorCode":0,"type":"batchRegisterInstance","success":true}`)
	}
	for range 2 {
		switch name, addrs := p.pushed("a batch"); {
		case name == "one" && slices.Equal(addrs, []string{"10.0.0.1:1", "10.0.0.4:4"}):
		case name == "two" && slices.Equal(addrs, []string{"10.0.0.1:1", "10.0.0.2:2", "10.0.0.4:4"}):
		default:
			t.Errorf("the push of %s has %q", name, addrs)
		}
	}
	host := func(id, ip string, port int, weight, cluster, metadata string, more string) string {
		return fmt.Sprintf(`{"instanceId":%q,"ip":%q,"port":%d,"weight":%s,"healthy":true,"enabled":true,"ephemeral":true,"clusterName":%q,"serviceName":"%s@@one","metadata":%s,"instanceHeartBeatInterval":5000,"instanceHeartBeatTimeOut":15000,"ipDeleteTimeout":30000%s}`,
			id, ip, port, weight, cluster, g.group, metadata, more)
	}
	const simple = `,"instanceIdGenerator":"simple"`
	c1 := host("10.0.0.1#1#c1#"+g.group+"@@one", "10.0.0.1", 1, "1.0", "c1", `{"a":"b"}`, "")
	c2 := host("10.0.0.2#2#c2#"+g.group+"@@one", "10.0.0.2", 2, "2.5", "c2", `{}`, simple)
	g.reads(p, "one", `"cluster":"c1","healthyOnly":true`, "c1", c1)
	g.reads(p, "one", `"cluster":"c2","udpPort":0`, "c2", c2)
	g.reads(p, "one", `"cluster":"DEFAULT"`, "DEFAULT", host("10.0.0.5#5#null#"+g.group+"@@one", "10.0.0.5", 5, "-1.0", "DEFAULT", `{}`, simple))
	g.reads(p, "one", `"cluster":"c_3"`, "c_3", host("mine", "10.0.0.6", 6, "0.0", "c_3", `{}`, simple))
	g.reads(p, "one", `"cluster":"none,c"`, "none,c")
	_, all := p.ask("ServiceQueryRequest", serviceBody("public", g.group, "one", `"cluster":" "`))
	if n := strings.Count(all, `"ip":`); n != 5 {
		t.Errorf("without a cluster %d instances are read, want the 5 that are enabled: %s", n, all)
	}

	g.deregister(q, "one", at("10.0.0.1", 1))
	p.wantPush("a deregistration ends the batch", "one")
	q.want("InstanceRequest", instanceOf("public", g.group, "one", "registerInstance", `{"ip":"10.0.0.1","port":1,"clusterName":"c1","healthy":false,
		"metadata":{"preserved.heart.beat.timeout":"10000"}}`), "InstanceResponse", registered)
	p.wantPush("an instance in place of the batch", "one", "10.0.0.1:1")
	g.reads(p, "one", "", "", strings.NewReplacer(`"healthy":true`, `"healthy":false`, "15000", "10000").Replace(
		host("10.0.0.1#1#c1#"+g.group+"@@one", "10.0.0.1", 1, "1.0", "c1", `{"preserved.heart.beat.timeout":"10000"}`, "")))
	g.reads(p, "one", `"healthyOnly":true`, "")
	q.ask("BatchInstanceRequest", serviceBody("public", g.group, "one", `"type":"batchRegisterInstance","instances":[]`))
	p.wantPush("an empty batch", "one")
}

// Persistent instances belong to no connection, and a service has instances of one kind.
func TestConformancePersistent(t *testing.T) { onEach(t, false, conformPersistent) }

func conformPersistent(g *target) {
	t := g.t
	p, q := g.connectNaming(), g.connectNaming()
	addr, port, _ := strings.Cut(g.addr, ":") // a real server checks that something listens there
	in := fmt.Sprintf(`{"ip":%q,"port":%s,"ephemeral":false}`, addr, port)
	ask := func(p *peer, service, typ, answer, want string) {
		t.Helper()
		p.want("PersistentInstanceRequest", instanceOf("public", g.group, service, typ, in), answer, want)
	}
	kind := func(service, is, what string) string {
		return strings.Replace(failure(400, fmt.Sprintf("errCode: 400, errMsg: Current service %s@@%s is %s service, can't %s instance. ", g.group, service, is, what)),
			`"resultCode":500`, `"resultCode":400`, 1)
	}
	p.ask("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":true`))
	ask(q, "s", "registerInstance", "InstanceResponse", registered)
	p.wantPush("a persistent instance", "s", g.addr)
	q.want("InstanceRequest", instanceOf("public", g.group, "s", "registerInstance", at("10.0.0.1", 1)), "ErrorResponse", kind("s", "persistent", "register ephemeral"))
	q.want("BatchInstanceRequest", serviceBody("public", g.group, "s", `"type":"batchRegisterInstance","instances":[{"ip":"10.0.0.1","port":1}]`),
		"ErrorResponse", kind("s", "persistent", "batch register ephemeral"))
	g.deregister(q, "s", at(addr, 1))
	g.register(q, "e", at("10.0.0.1", 1))
	ask(q, "e", "registerInstance", "ErrorResponse", kind("e", "ephemeral", "register persistent"))
	ask(q, "s", "nonsense", "ErrorResponse", strings.Replace(failure(400, "Unsupported request type nonsense"), "500", "400", 1))
	q.want("PersistentInstanceRequest", serviceBody("public", g.group, "s", `"type":"registerInstance"`), "ErrorResponse",
		failure(500, `Cannot invoke "com.alibaba.nacos.api.naming.pojo.Instance.toInetAddr()" because "instance" is null`))
	if err := q.conn.Close(); err != nil {
		t.Fatal(err)
	}
	p.ask("SubscribeServiceRequest", serviceBody("public", g.group, "e", `"subscribe":true`))
	p.wantPush("the connection has ended, and with it the ephemeral instance only", "e")
	_, body := p.ask("ServiceQueryRequest", serviceBody("public", g.group, "s", ""))
	if want := queried(g.info("s", `"clusters":"",`, strings.Replace(strings.Replace(g.host("s", addr, 1), "#1##", "#"+port+"#null#", 1), `"port":1`, `"port":`+port, 1))); !same(normal(body), strings.Replace(want, `"ephemeral":true`, `"ephemeral":false`, 1)) {
		t.Errorf("a persistent instance is read as %s", body)
	}
	ask(p, "s", "deregisterInstance", "InstanceResponse", deregistered)
	p.wantPush("the persistent instance is deregistered", "s")
	ask(p, "s", "deregisterInstance", "InstanceResponse", deregistered)
}

// The SDK registers persistent instances over HTTP.
func TestConformanceHTTPInstance(t *testing.T) { onEach(t, false, conformHTTPInstance) }

func conformHTTPInstance(g *target) {
	t := g.t
	p := g.connectNaming()
	addr, port, _ := strings.Cut(g.addr, ":")
	form := func(service string) string {
		return fmt.Sprintf("namespaceId=public&serviceName=%s%%40%%40%s&groupName=%[1]s&app=a&clusterName=&ip=%[3]s&port=%[4]s&weight=2&enable=true&healthy=true&metadata=%%7B%%22a%%22%%3A%%22b%%22%%7D&ephemeral=false", g.group, service, addr, port)
	}
	const text = "text/plain;charset=UTF-8"
	p.ask("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":true`))
	g.wantHTTP("POST", "/v1/ns/instance", form("s"), 200, text, "ok")
	p.wantPush("registered over HTTP", "s", g.addr)
	if _, body := p.ask("ServiceQueryRequest", serviceBody("public", g.group, "s", "")); !strings.Contains(body, fmt.Sprintf(
		`{"instanceId":"%s#%s#DEFAULT#%s@@s","ip":"%[1]s","port":%[2]s,"weight":2.0,"healthy":true,"enabled":true,"ephemeral":false,"clusterName":"DEFAULT","serviceName":"%[3]s@@s","metadata":{"a":"b"},`, addr, port, g.group)) {
		t.Errorf("it is read as %s", body)
	}
	g.register(p, "e", at("10.0.0.1", 1))
	g.wantHTTP("POST", "/v1/ns/instance", form("e"), 400, text,
		"errCode: 400, errMsg: Current service "+g.group+"@@e is ephemeral service, can't register persistent instance. ")
	g.wantHTTP("DELETE", "/v1/ns/instance?"+form("s"), "", 200, text, "ok")
	p.wantPush("deregistered over HTTP", "s")
	g.wantHTTP("DELETE", "/v1/ns/instance?"+form("s"), "", 200, text, "ok")
	for _, c := range []struct {
		query, media, want string
	}{
		{"", text, "Param 'serviceName' is required."},
		{"serviceName=x", text, "Param 'ip' is required."},
		{"serviceName=x&ip=1.1.1.1", text, "Param 'port' is required."},
		{"serviceName=x&ip=1.1.1.1&port=x&ephemeral=false", "", "Param 'port' is illegal, the value should be between 0 and 65535.\r\n"},
		{"serviceName=x&ip=1.1.1.1&port=1&ephemeral=false&clusterName=a+b", "", "Param 'cluster' is illegal, illegal characters should not appear in the param.\r\n"},
		{"serviceName=x+y&ip=1.1.1.1&port=1&ephemeral=false", "", "Param 'serviceName' is illegal, illegal characters should not appear in the param.\r\n"},
		{"serviceName=x&ip=1.1.1.1&port=1&ephemeral=false&weight=x", text, `For input string: "x"`},
		{"serviceName=x&ip=1.1.1.1&port=1&ephemeral=false&weight=10001", text, "instance format invalid: The weights range from 0.0 to 10000.0"},
	} {
		g.wantHTTP("POST", "/v1/ns/instance?"+c.query, "", 400, c.media, c.want)
	}
}
