package fakenacos_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestConformanceBadServiceRequests(t *testing.T) { onEach(t, false, conformBadServiceRequests) }

func conformBadServiceRequests(g *target) {
	t := g.t
	p := g.connectNaming()
	unreadable := failure(502, "errCode: 101, errMsg: Nacos deserialize failed.  ")
	thrown := func(text string) string {
		return strings.Replace(failure(400, text), `"resultCode":500`, `"resultCode":400`, 1)
	}
	typed := func(service, rest string) string { return serviceBody("public", g.group, service, rest) }
	register := func(instance string) string {
		return instanceOf("public", g.group, "bad", "registerInstance", instance)
	}
	noService := failure(500, "Param 'serviceName' is illegal, serviceName is blank")
	noGroup := failure(500, "Param 'groupName' is illegal, groupName is blank")
	noType := failure(500, `Cannot invoke "String.hashCode()" because "<local4>" is null`)
	invalid := func(text string) string { return failure(400, "Param check invalid:"+text) }
	empty := `,"cacheMillis":10000,"hosts":[],"lastRefTime":1,"checksum":"","` + by(g, "allIPs", "allIps") + `":false,"reachProtectionThreshold":false,"valid":true}`
	long := strings.Repeat("v", 1000)
	for _, c := range []struct{ typ, body, answer, want string }{
		{"InstanceRequest", `{broken`, "ErrorResponse", unreadable},
		{"InstanceRequest", `null`, "ErrorResponse", failure(502, "Invalid request")},
		{"InstanceRequest", `{}`, "ErrorResponse", noService},
		{"InstanceRequest", `{"namespace":"public","serviceName":"x"}`, "ErrorResponse", noGroup},
		{"InstanceRequest", typed("bad", ""), "ErrorResponse", noType},
		{"InstanceRequest", typed("bad", `"type":"registerInstance"`), "ErrorResponse", thrown("Instance can not be null.")},
		{"InstanceRequest", typed("bad", `"type":"deregisterInstance"`), "ErrorResponse", failure(500, `Cannot invoke "com.alibaba.nacos.api.naming.pojo.Instance.getIp()" because the return value of "com.alibaba.nacos.api.naming.remote.request.InstanceRequest.getInstance()" is null`)},
		{"InstanceRequest", typed("bad", `"type":"nonsense","instance":{}`), "ErrorResponse", thrown("Unsupported request type nonsense")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":"x"}`), "ErrorResponse", unreadable},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":99999999999}`), "ErrorResponse", unreadable},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":70000}`), "InstanceResponse", invalid("Param 'port' is illegal, the value should be between 0 and 65535.")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":-1}`), "InstanceResponse", invalid("Param 'port' is illegal, the value should be between 0 and 65535.")},
		{"InstanceRequest", register(`{"ip":"1 1","port":1}`), "InstanceResponse", invalid("Param 'ip' is illegal, illegal characters should not appear in the param.")},
		{"InstanceRequest", register(`{"ip":"` + long + `","port":1}`), "InstanceResponse", invalid("Param 'ip' is illegal, the param length should not exceed 128.")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":1,"clusterName":"a b"}`), "InstanceResponse", invalid("Param 'cluster' is illegal, illegal characters should not appear in the param.")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":1,"clusterName":"` + long + `"}`), "InstanceResponse", invalid("Param 'cluster' is illegal, the param length should not exceed 64.")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":1,"clusterName":"a_b"}`), "ErrorResponse", thrown("Instance 'clusterName' should be characters with only 0-9a-zA-Z-. (current: a_b)")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":1,"metadata":{"preserved.heart.beat.interval":"5000","preserved.heart.beat.timeout":"1000"}}`), "ErrorResponse", thrown("Instance 'heart beat interval' must less than 'heart beat timeout' and 'ip delete timeout'.")},
		{"InstanceRequest", register(`{"ip":"1.1.1.1","port":1,"metadata":{"k":"` + long + `","l":"` + long + `"}}`), "InstanceResponse", invalid("Param 'Metadata' is illegal, the param length should not exceed 1024.")},
		{"InstanceRequest", fmt.Sprintf(`{"serviceName":"bad","groupName":%q,"type":"registerInstance","instance":{"ip":"1.1.1.1","port":1}}`, g.group), "ErrorResponse", `{"resultCode":500,"errorCode":500,"success":false}`},
		{"BatchInstanceRequest", `{}`, "ErrorResponse", noService},
		{"BatchInstanceRequest", typed("bad", ""), "ErrorResponse", noType},
		{"BatchInstanceRequest", typed("bad", `"type":"nonsense"`), "ErrorResponse", thrown("Unsupported request type nonsense")},
		{"BatchInstanceRequest", typed("bad", `"type":"batchRegisterInstance"`), "ErrorResponse", failure(500, `Cannot invoke "java.util.List.iterator()" because "instances" is null`)},
		{"BatchInstanceRequest", typed("bad", `"type":"batchRegisterInstance","instances":[null]`), "BatchInstanceResponse", invalid(`Cannot invoke "com.alibaba.nacos.api.naming.pojo.Instance.getIp()" because "instance" is null`)},
		{"BatchInstanceRequest", typed("bad", `"type":"batchRegisterInstance","instances":[{"ip":"1.1.1.1","port":1,"clusterName":"a b"}]`), "BatchInstanceResponse", invalid("Param 'cluster' is illegal, illegal characters should not appear in the param.")},
		{"SubscribeServiceRequest", `{}`, "ErrorResponse", noService},
		{"SubscribeServiceRequest", typed("none", ""), "SubscribeServiceResponse", subscribed(g.info("none", ""))},
		{"SubscribeServiceRequest", typed("none", `"clusters":"a b"`), "SubscribeServiceResponse", invalid("Param 'cluster' is illegal, illegal characters should not appear in the param.")},
		{"ServiceQueryRequest", `{"namespace":"public"}`, "QueryServiceResponse", queried(`{"clusters":""` + empty)},
		{"ServiceQueryRequest", `{"namespace":"public","serviceName":"","groupName":""}`, "QueryServiceResponse", queried(`{"name":"","groupName":"","clusters":""` + empty)},
		{"ServiceQueryRequest", typed("none", `"cluster":"a,b c"`), "QueryServiceResponse", invalid("Param 'cluster' is illegal, illegal characters should not appear in the param.")},
		{"ServiceListRequest", `{}`, "ErrorResponse", failure(500, `Cannot invoke "Object.hashCode()" because "key" is null`)},
		{"ServiceListRequest", serviceBody("public", "a b", "", ""), "ServiceListResponse", strings.Replace(invalid("Param 'group' is illegal, illegal characters should not appear in the param."), `,"success"`, `,"count":0,"success"`, 1)},
		{"NotifySubscriberRequest", `{}`, "ErrorResponse", failure(302, "RequestHandler Not Found")},
		{"NamingFuzzyWatchRequest", `{}`, "ErrorResponse", failure(302, "RequestHandler Not Found")},
	} {
		if g.three && c.typ == "NamingFuzzyWatchRequest" {
			continue // the double has none
		}
		t.Run(c.typ+" "+c.body[:min(len(c.body), 40)], func(t *testing.T) {
			p.t = t
			p.want(c.typ, c.body, c.answer, c.want)
		})
	}
	p.t = t
}

// A connection for configs may read services, and that is all.
func TestConformanceServiceOnAConfigConnection(t *testing.T) {
	onEach(t, false, conformServiceOnAConfigConnection)
}

func conformServiceOnAConfigConnection(g *target) {
	t := g.t
	p := g.connect()
	const gone = `{"resultCode":-401,"errorCode":-401,"message":"errCode: -401, errMsg: Client [CONNECTION] connection already disconnect, can't register ephemeral instance. ","success":false}`
	register := func(p *peer, answer, want string) {
		t.Helper()
		p.want("InstanceRequest", instanceOf("public", g.group, "s", "registerInstance", at("10.0.0.1", 1)), answer, want)
	}
	register(p, "ErrorResponse", gone)
	p.want("BatchInstanceRequest", serviceBody("public", g.group, "s", `"type":"batchRegisterInstance","instances":[]`), "ErrorResponse", gone)
	p.want("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":true`), "ErrorResponse", gone)
	p.want("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":false`), "ErrorResponse", gone)
	q := g.connectNaming()
	q.ask("SubscribeServiceRequest", serviceBody("public", g.group, "s", `"subscribe":true`))
	q.wantPush("a new subscription", "s")
	register(q, "InstanceResponse", registered)
	q.wantPush("an instance", "s", "10.0.0.1:1")
	p.want("InstanceRequest", instanceOf("public", g.group, "s", "deregisterInstance", at("10.0.0.1", 1)), "ErrorResponse", gone)
	p.want("InstanceRequest", instanceOf("public", g.group, "none", "deregisterInstance", at("10.0.0.1", 1)), "InstanceResponse", deregistered)
	g.reads(p, "s", "", "", g.host("s", "10.0.0.1", 1))
}

func TestConformanceServiceNames(t *testing.T) { onEach(t, false, conformServiceNames) }

func conformServiceNames(g *target) {
	p := g.connectNaming()
	for _, c := range []struct{ ns, group, name, problem string }{
		{"public", g.group, "a/b:c#d,é", ""},
		{"public", g.group, "a@b", ""},
		{"public", g.group, "中x", ""}, // only the first character may be Chinese
		{"public", g.group, "x中", "serviceName"},
		{"public", g.group, "a b", "serviceName"},
		{"public", g.group, "@a", "serviceName"},
		{"public", g.group, "@@a", "serviceName"},
		{"public", g.group, "a@@b", "serviceName"},
		{"public", "a b", "x", "group"},
		{"a b", g.group, "x", "namespaceId/tenant"},
		{"nacre-nowhere", g.group, "x", ""},
	} {
		want := registered
		if c.problem != "" {
			want = failure(400, "Param check invalid:Param '"+c.problem+"' is illegal, illegal characters should not appear in the param.")
		}
		p.want("InstanceRequest", instanceOf(c.ns, c.group, c.name, "registerInstance", at("10.0.0.1", 1)), "InstanceResponse", want)
	}
	p.want("InstanceRequest", instanceOf("public", g.group, strings.Repeat("s", 513), "registerInstance", at("10.0.0.1", 1)), "InstanceResponse",
		failure(400, "Param check invalid:Param 'serviceName' is illegal, the param length should not exceed 512."))
}

func TestConformanceServiceList(t *testing.T) { onEach(t, false, conformServiceList) }

func conformServiceList(g *target) {
	t := g.t
	p := g.connectNaming()
	list := func(more string) (count int, names []string) {
		t.Helper()
		typ, body := p.ask("ServiceListRequest", serviceBody("public", g.group, "", more))
		got := struct {
			Count *int      `json:"count"`
			Names *[]string `json:"serviceNames"`
		}{}
		if err := json.Unmarshal([]byte(body), &got); err != nil || typ != "ServiceListResponse" || got.Count == nil || got.Names == nil {
			t.Fatalf("the list is %s %s", typ, body)
		}
		return *got.Count, *got.Names
	}
	p.want("ServiceListRequest", serviceBody("public", g.group, "", `"pageNo":1,"pageSize":10,"selector":""`), "ServiceListResponse",
		`{"resultCode":200,"errorCode":0,"count":0,"serviceNames":[],"success":true}`)
	all := []string{"a", "b", "c", "d", "e"}
	for _, name := range all {
		g.register(p, name, at("10.0.0.1", 1))
	}
	g.deregister(p, "a", at("10.0.0.1", 1)) // a service without instances stays for a while
	p.ask("SubscribeServiceRequest", serviceBody("public", g.group, "subscribed", `"subscribe":true`))
	var got []string
	for page, want := range []int{0, 2, 2, 1, 0} {
		if page == 0 {
			continue
		}
		count, names := list(fmt.Sprintf(`"pageNo":%d,"pageSize":2`, page))
		if count != 5 || len(names) != want {
			t.Errorf("page %d has %q of %d", page, names, count)
		}
		got = append(got, names...)
	}
	if slices.Sort(got); !slices.Equal(got, all) {
		t.Errorf("the pages have %q", got)
	}
	for more, want := range map[string]int{"": 0, `"pageNo":0,"pageSize":100`: 5, `"pageNo":2147483647,"pageSize":2147483647`: 5} {
		if count, names := list(more); count != 5 || len(names) != want {
			t.Errorf("%q lists %q of %d", more, names, count)
		}
	}
	p.want("ServiceListRequest", serviceBody("public", g.group, "", `"pageNo":-1,"pageSize":-2`), "ErrorResponse", failure(500, "fromIndex(4) > toIndex(2)"))
}
