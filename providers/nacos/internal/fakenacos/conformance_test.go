package fakenacos_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The tests whose names begin with TestConformance are true of real servers as well. They run
// against this one as a 2.3 and as a 3.0, and against a real one when NACRE_NACOS_ADDR names it
// ("127.0.0.1:8848"; a 2.3.2 or a 3.0.3, which the test finds out, with login off, unless
// NACRE_NACOS_USERNAME and NACRE_NACOS_PASSWORD are set). Where the two differ, fakenacos is wrong.
// Where the two versions differ, [by] has what each of them answers.

// target is the server under test, and a group that is this test's own.
type target struct {
	t     *testing.T
	three bool // it is a Nacos 3
	addr  string
	group string
	user  string
	pass  string
	token string
}

// by returns what is expected of a Nacos 2 or of a Nacos 3.
func by[T any](g *target, two, three T) T {
	if g.three {
		return three
	}
	return two
}

// onEach runs a test against each server.
func onEach(t *testing.T, login bool, test func(*target)) {
	t.Helper()
	onThose(t, login, test, true, true)
}

// onTwo and onThree run a test of what only one version has.
func onTwo(t *testing.T, login bool, test func(*target)) {
	t.Helper()
	onThose(t, login, test, true, false)
}

func onThree(t *testing.T, login bool, test func(*target)) {
	t.Helper()
	onThose(t, login, test, false, true)
}

func onThose(t *testing.T, login bool, test func(*target), two, three bool) {
	t.Helper()
	t.Parallel()
	for version, wanted := range map[string]bool{"2.3": two, "3.0": three} {
		if wanted {
			t.Run(version, func(t *testing.T) {
				t.Parallel()
				test(double(t, version, login))
			})
		}
	}
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		g := realServer(t, login)
		if g.three && !three || !g.three && !two {
			t.Skip("the real server that NACRE_NACOS_ADDR names is of another version")
		}
		test(g.ready())
	})
}

func double(t *testing.T, version string, login bool) *target {
	t.Helper()
	g := &target{t: t, three: version == "3.0"}
	opts := fakenacos.Options{Version: version}
	if login {
		g.user, g.pass = "nacos", "nacos"
		opts.Users = []fakenacos.User{{Name: g.user, Password: g.pass}}
	}
	srv, err := fakenacos.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	g.addr = srv.Addr()
	return g.ready()
}

func realServer(t *testing.T, login bool) *target {
	t.Helper()
	g := &target{t: t, addr: os.Getenv("NACRE_NACOS_ADDR"), user: os.Getenv("NACRE_NACOS_USERNAME"), pass: os.Getenv("NACRE_NACOS_PASSWORD")}
	switch {
	case g.addr == "":
		t.Skip("set NACRE_NACOS_ADDR=host:port (and NACRE_NACOS_USERNAME, NACRE_NACOS_PASSWORD) to run this against a real server")
	case login != (g.user != ""), os.Getenv("NACRE_NACOS_ADMIN") != "":
		t.Skip("the real server that NACRE_NACOS_ADDR names has login on or off, other than this test needs")
	}
	code, _, _ := g.curl("GET", "/v3/admin/core/state", "")
	g.three = code == http.StatusOK
	return g
}

func (g *target) ready() *target {
	g.t.Helper()
	g.group = fmt.Sprintf("nacre-%d", time.Now().UnixNano())
	if g.user != "" {
		g.token = g.login()
	}
	return g
}

func (g *target) connect() *peer {
	g.t.Helper()
	p := connect(g.t, g.addr)
	if g.token != "" {
		p.header["accessToken"] = g.token
	}
	return p
}

// connectAs is connect with more labels of the connection.
func (g *target) connectAs(labels string) *peer {
	g.t.Helper()
	p := dialPeer(g.t, g.addr)
	p.setup(strings.Replace(setupBody, `"labels":{`, `"labels":{`+labels, 1))
	p.registered()
	return p
}

// publish publishes and waits until it is served: the push tells.
func (g *target) publish(p *peer, ns, id, content, addition string) {
	g.t.Helper()
	p.want("ConfigPublishRequest", publishBody(ns, g.group, id, content, "", addition), "ConfigPublishResponse", done200)
	g.t.Cleanup(func() { _, _, _ = p.try("ConfigRemoveRequest", keyBody(ns, g.group, id)) })
}

// settled waits until all that was published before is served, by way of a config of its own: dumps
// of one moment come out together, so that the second push of another key is after them.
func (g *target) settled(p *peer) {
	g.t.Helper()
	const id = "settled"
	p.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, id, ""))
	for range 2 {
		g.publish(p, "", id, fmt.Sprint(time.Now().UnixNano()), "")
		for p.next("settle").DataID != id {
		}
	}
}

func TestConformanceBeforeSetup(t *testing.T) { onEach(t, false, conformBeforeSetup) }

func conformBeforeSetup(g *target) {
	t := g.t
	p := dialPeer(t, g.addr)
	p.want("ServerCheckRequest", `{"requestId":"","module":"internal"}`, "ServerCheckResponse",
		`{"resultCode":200,"errorCode":0,"connectionId":"CONNECTION","supportAbilityNegotiation":true,"success":true}`)
	p.want("ServerCheckRequest", `{broken`, "ServerCheckResponse",
		`{"resultCode":200,"errorCode":0,"connectionId":"CONNECTION","supportAbilityNegotiation":true,"success":true}`)
	for _, typ := range []string{
		"HealthCheckRequest", "ConfigQueryRequest", "ConfigPublishRequest", "ConfigRemoveRequest", "ConfigBatchListenRequest",
		"InstanceRequest", "BatchInstanceRequest", "PersistentInstanceRequest", "ServiceQueryRequest", "SubscribeServiceRequest", "ServiceListRequest",
	} {
		p.want(typ, "{broken", "ErrorResponse", failure(301, "Connection is unregistered."))
	}
	p.want("NoSuchRequest", "{}", "ErrorResponse", failure(302, "RequestHandler Not Found"))
}

func TestConformanceSetup(t *testing.T) { onEach(t, false, conformSetup) }

func conformSetup(g *target) {
	t := g.t
	t.Run("an unreadable setup registers nothing", func(t *testing.T) {
		p := dialPeer(t, g.addr)
		p.setup("{broken")
		g.connect() // comes later on another connection, and is served
		p.want("HealthCheckRequest", "{}", "ErrorResponse", failure(301, "Connection is unregistered."))
	})
	t.Run("an empty setup will do", func(t *testing.T) {
		p := dialPeer(t, g.addr)
		p.setup("{}")
		p.registered()
	})
	t.Run("a client with abilities is told the server's", func(t *testing.T) {
		p := dialPeer(t, g.addr)
		p.setup(`{"clientVersion":"Test","labels":{},"abilityTable":{"a":true}}`)
		if got := p.nextOf("SetupAckRequest", "abilities"); !strings.Contains(got.body, `"abilityTable":{`) {
			t.Errorf("SetupAckRequest is %s", got.body)
		}
	})
	t.Run("a second setup does no harm", func(t *testing.T) {
		p := g.connect()
		p.setup(setupBody)
		p.registered()
	})
	t.Run("garbage on the stream does no harm", func(t *testing.T) {
		p := g.connect()
		for _, m := range []string{"", "{}", "{broken", "null"} {
			for _, typ := range []string{"", "NoSuch", "ConnectionSetupRequest", "ConfigQueryRequest", "ConfigChangeNotifyResponse"} {
				if err := p.stream.Send(payload(typ, m, nil)); err != nil {
					t.Fatal(err)
				}
			}
		}
		p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
	})
	t.Run("the registration outlives the stream, as long as the TCP connection", func(t *testing.T) {
		p := g.connect()
		if err := p.stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if err := p.ends("half close"); err != nil {
			t.Errorf("the stream ends with %v", err)
		}
		p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
	})
}

func TestConformanceBadRequests(t *testing.T) { onEach(t, false, conformBadRequests) }

func conformBadRequests(g *target) {
	t := g.t
	p := g.connect()
	unreadable := failure(502, "errCode: 101, errMsg: Nacos deserialize failed.  ")
	null := failure(500, `Cannot invoke "String.length()" because "str" is null`)
	nullQuery := by(g, null, strings.Replace(null, `"success"`, `"lastModified":0,"beta":false,"success"`, 1))
	queryAnswer := by(g, "ErrorResponse", "ConfigQueryResponse")
	badDetail := by(g, 400, 500)
	for _, c := range []struct{ typ, body, answer, want string }{
		{"", "{}", "ErrorResponse", failure(302, "RequestHandler Not Found")},
		{"NoSuchRequest", "{broken", "ErrorResponse", failure(302, "RequestHandler Not Found")},
		{"ConfigChangeNotifyRequest", "{}", "ErrorResponse", failure(302, "RequestHandler Not Found")},
		{"ConnectionSetupRequest", "{}", "ErrorResponse", failure(302, "RequestHandler Not Found")},
		{"ConfigQueryRequest", "{broken", "ErrorResponse", unreadable},
		{"ConfigQueryRequest", "", "ErrorResponse", unreadable},
		{"ConfigQueryRequest", "[]", "ErrorResponse", unreadable},
		{"ConfigQueryRequest", "\xff\xfe", "ErrorResponse", unreadable},
		{"ConfigQueryRequest", "null", "ErrorResponse", failure(502, "Invalid request")},
		{"HealthCheckRequest", "", "ErrorResponse", unreadable},
		{"ConfigQueryRequest", "{}", queryAnswer, nullQuery},
		{"ConfigQueryRequest", `{"dataId":"x"}`, queryAnswer, nullQuery},
		{"ConfigQueryRequest", `{"dataId":"x","group":"y","unknown":1} and more`, "ConfigQueryResponse", notFound},
		{"ConfigQueryRequest", `{"dataId":"","group":""}`, "ConfigQueryResponse", notFound},
		{"ConfigBatchListenRequest", `{"listen":true}`, "ConfigChangeBatchListenResponse", unchanged},
		{"ConfigBatchListenRequest", `{"configListenContexts":[{}]}`, "ErrorResponse", null},
		{"ConfigPublishRequest", `{"group":"G","content":"x"}`, "ConfigPublishResponse", failure(400, "invalid dataId : null")},
		{"ConfigPublishRequest", `{"dataId":"x","content":"x"}`, "ConfigPublishResponse", failure(400, "invalid group : null")},
		{"ConfigPublishRequest", `{"dataId":"x","group":"G"}`, "ConfigPublishResponse", failure(400, "content is blank : null")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "", "", ""), "ConfigPublishResponse", failure(400, "content is blank : ")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "  ", "", ""), "ConfigPublishResponse", failure(400, "content is blank :   ")},
		{"ConfigPublishRequest", publishBody("", "G", "", "x", "", ""), "ConfigPublishResponse", failure(400, "invalid dataId : ")},
		{"ConfigPublishRequest", publishBody("", "", "x", "x", "", ""), "ConfigPublishResponse", failure(400, "invalid group : ")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "x", "", `{"config_tags":"a,b,c,d,e,f"}`), "ConfigPublishResponse", failure(badDetail, "too much config_tags, over 5")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "x", "", `{"config_tags":"`+strings.Repeat("t", 65)+`"}`), "ConfigPublishResponse", failure(badDetail, "too long tag, over 64")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "x", "", `{"desc":"`+strings.Repeat("d", 129)+`"}`), "ConfigPublishResponse", failure(badDetail, "too long desc, over 128")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "x", "", `{"use":"`+strings.Repeat("d", 33)+`"}`), "ConfigPublishResponse", failure(badDetail, "too long use, over 32")},
		{"ConfigPublishRequest", publishBody("", "G", "x", "x", "", `{"tag":"a b"}`), "ConfigPublishResponse", failure(500, "invalid tag : a b")},
		{"ConfigRemoveRequest", `{"group":"G"}`, "ConfigRemoveResponse", failure(0, "invalid dataId : null")},
		{"ConfigRemoveRequest", keyBody("", "G", ""), "ConfigRemoveResponse", failure(0, "invalid dataId : ")},
		{"ConfigRemoveRequest", keyBody("", "", "x"), "ConfigRemoveResponse", failure(0, "invalid group : ")},
	} {
		t.Run(c.typ+" "+c.body[:min(len(c.body), 40)], func(t *testing.T) {
			p.t = t
			p.want(c.typ, c.body, c.answer, c.want)
		})
	}
	p.t = t
}

func TestConformanceNames(t *testing.T) { onEach(t, false, conformNames) }

func conformNames(g *target) {
	p := g.connect()
	illegal := func(what string) string {
		return "Param check invalid:Param '" + what + "' is illegal, illegal characters should not appear in the param."
	}
	long := func(what string, n int) string {
		return fmt.Sprintf("Param check invalid:Param '%s' is illegal, the param length should not exceed %d.", what, n)
	}
	for _, id := range []string{"a b", "a/b", "a@b", "ä", "中文", `a\b`, "a*b", " a", "a+b", "a,b", "a#b"} {
		p.want("ConfigQueryRequest", fmt.Sprintf(`{"dataId":%s,"group":"G"}`, quote(id)), "ConfigQueryResponse",
			fmt.Sprintf(`{"resultCode":500,"errorCode":400,"message":%s,"lastModified":0,"beta":false,"success":false}`, quote(illegal("dataId"))))
	}
	for _, c := range []struct{ ns, group, id, want string }{
		{"", "G", strings.Repeat("x", 256), ""},
		{"", "G", strings.Repeat("x", 257), long("dataId", 256)},
		{"", strings.Repeat("g", 128), "x", ""},
		{"", strings.Repeat("g", 129), "x", long("group", 128)},
		{strings.Repeat("t", 64), "G", "x", ""},
		{strings.Repeat("t", 65), "G", "x", long("namespaceId/tenant", 64)},
		{"", "a b", "x", illegal("group")},
		{"a.b", "G", "x", illegal("namespaceId/tenant")},
		{"a:b", "G", "x", illegal("namespaceId/tenant")},
		{"a_b-C9", "a.b:c-d_E9", "a.b:c-d_E9", ""},
	} {
		want, wantListen := done200, unchanged
		if c.want != "" {
			want = failure(400, c.want)
			wantListen = fmt.Sprintf(`{"resultCode":500,"errorCode":400,"message":%s,"changedConfigs":[],"success":false}`, quote(c.want))
		}
		p.want("ConfigRemoveRequest", keyBody(c.ns, c.group, c.id), "ConfigRemoveResponse", want)
		p.want("ConfigBatchListenRequest", listenBody(true, c.ns, c.group, c.id, ""), "ConfigChangeBatchListenResponse", wantListen)
	}
	p.want("ConfigBatchListenRequest", listenBody(true, "", "G", "", ""), "ConfigChangeBatchListenResponse", unchanged)
}

func TestConformancePublishAndQuery(t *testing.T) { onEach(t, false, conformPublishAndQuery) }

func conformPublishAndQuery(g *target) {
	t := g.t
	p := g.connect()
	query := func(ns, id, want string) {
		t.Helper()
		p.want("ConfigQueryRequest", keyBody(ns, g.group, id), "ConfigQueryResponse", want)
	}
	query("", "a", notFound)
	g.publish(p, "", "a", "v: 1", `{"type":"yaml","src_user":"me"}`)
	g.publish(p, "", "odd", "x", `{"type":"nosuchtype"}`)
	g.publish(p, "", "uni", "中文 é <&>\n\t\"", "")
	g.publish(p, "public", "pub", "in public", "")
	g.publish(p, "nacre-no-such-namespace", "ns", "elsewhere", "")
	p.want("ConfigPublishRequest", fmt.Sprintf(`{"dataId":5,"group":%q,"content":7}`, g.group), "ConfigPublishResponse", done200)
	g.settled(p)
	query("", "a", found("v: 1", "yaml"))
	query("", "odd", found("x", by(g, "nosuchtype", "text")))
	query("", "uni", found("中文 é <&>\n\t\"", "text"))
	query("public", "pub", found("in public", "text"))
	query("", "pub", by(g, notFound, found("in public", "text")))
	query("public", "a", by(g, notFound, found("v: 1", "yaml")))
	query("nacre-no-such-namespace", "ns", found("elsewhere", "text"))
	query("", "5", found("7", "text"))
	p.want("ConfigRemoveRequest", keyBody("", g.group, "5"), "ConfigRemoveResponse", done200)
	p.want("ConfigQueryRequest", fmt.Sprintf(`{"dataId":"a","group":%q}`, g.group), "ConfigQueryResponse", found("v: 1", "yaml"))

	g.publish(p, "", "a", "v: 2", "") // the type is not kept from the version before
	g.settled(p)
	query("", "a", found("v: 2", "text"))
}

// A publish is answered before it can be read. On a real server the read right after it may, once
// in many times, see it already: one in ten must miss.
func TestConformanceReadAfterPublishMisses(t *testing.T) {
	onEach(t, false, conformReadAfterPublishMisses)
}

func conformReadAfterPublishMisses(g *target) {
	t := g.t
	p := g.connect()
	missed := 0
	for i := range 10 {
		id := fmt.Sprint("fresh", i)
		g.publish(p, "", id, "x", "")
		if _, body := p.ask("ConfigQueryRequest", keyBody("", g.group, id)); normal(body) == notFound {
			missed++
		}
	}
	if missed == 0 {
		t.Error("each publish could be read as soon as it was answered; a real server needs the dump delay")
	}
}

func TestConformanceCompareAndSet(t *testing.T) { onEach(t, false, conformCompareAndSet) }

func conformCompareAndSet(g *target) {
	t := g.t
	p := g.connect()
	publish := func(id, content, cas, want string) {
		t.Helper()
		p.want("ConfigPublishRequest", publishBody("", g.group, id, content, cas, ""), "ConfigPublishResponse", want)
	}
	lost := failure(500, by(g, "Cas publish fail,server md5 may have changed.", "Cas publish fail, server md5 may have changed."))
	g.publish(p, "", "a", "1", "")
	publish("a", "2", "deadbeef", lost)
	publish("a", "2", digest("1"), done200) // it compares with what is stored, dumped or not
	publish("a", "3", digest("1"), lost)
	publish("a", "3", digest("2"), done200)
	g.publish(p, "", "new", "placeholder", "")
	p.want("ConfigRemoveRequest", keyBody("", g.group, "new"), "ConfigRemoveResponse", done200)
	publish("new", "1", "deadbeef", done200) // there is nothing to differ from
	publish("new", "2", "", done200)
	g.settled(p)
	p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", found("3", "text"))
	p.want("ConfigQueryRequest", keyBody("", g.group, "new"), "ConfigQueryResponse", found("2", "text"))
}

func TestConformanceListen(t *testing.T) { onEach(t, false, conformListen) }

func conformListen(g *target) {
	t := g.t
	p, q := g.connect(), g.connect()
	listen := func(want string, quads ...string) {
		t.Helper()
		p.want("ConfigBatchListenRequest", listenBody(true, quads...), "ConfigChangeBatchListenResponse", want)
	}
	const typ = "ConfigChangeBatchListenResponse"
	listen(unchanged)
	listen(unchanged, "", g.group, "a", "", "nsx", g.group, "a", "")
	listen(changed("", g.group, "gone"), "", g.group, "gone", "abc") // a deleted config counts as changed
	listen(unchanged, "", g.group, "gone", "")
	p.want("ConfigBatchListenRequest", fmt.Sprintf(`{"configListenContexts":[{"dataId":"x","group":%q}]}`, g.group), typ,
		fmt.Sprintf(`{"resultCode":200,"errorCode":0,"changedConfigs":[{"group":%q,"dataId":"x"}],"success":true}`, g.group))

	g.publish(q, "", "a", "1", "")
	if got := p.next("another client publishes"); got.DataID != "a" || got.Group != g.group || strings.Contains(got.body, `"tenant"`) {
		t.Errorf("the push is %s; in the public namespace it names no tenant", got.body)
	}
	listen(unchanged, "", g.group, "a", digest("1"))
	listen(changed("", g.group, "a"), "", g.group, "a", digest("0"))
	listen(changed("", g.group, "a"), "", g.group, "a", "")
	listen(by(g, unchanged, changed("public", g.group, "a")), "public", g.group, "a", "")

	g.publish(p, "", "a", "2", "")
	p.next("the publisher's own connection listens")

	g.publish(q, "nsx", "a", "3", "")
	if got := p.next("a config of a namespace"); got.Tenant != "nsx" {
		t.Errorf("the push is %s; it has to name the namespace", got.body)
	}

	listen(changed("", g.group, "a"), "", g.group, "a", digest("4"))
	g.publish(q, "", "a", "4", "")
	p.next("the client has told the md5 that comes; it is pushed all the same")

	q.want("ConfigRemoveRequest", keyBody("", g.group, "a"), "ConfigRemoveResponse", done200)
	p.next("a delete is pushed")
	listen(changed("", g.group, "a"), "", g.group, "a", digest("4"))
	listen(unchanged, "", g.group, "a", "")
	p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", notFound)
}

// What is not pushed is proven by another push that comes after it.
func TestConformanceNotPushed(t *testing.T) { onEach(t, false, conformNotPushed) }

func conformNotPushed(g *target) {
	t := g.t
	p := g.connect()
	p.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", "", "", g.group, "b", ""), "ConfigChangeBatchListenResponse", unchanged)
	g.publish(p, "", "a", "1", "")
	p.next("first publish")
	quiet := func(why string) {
		t.Helper()
		for i := range 2 {
			g.publish(p, "", "b", fmt.Sprint(why, i), "")
			if got := p.next(why); got.DataID != "b" {
				t.Errorf("%s: %s is pushed", why, got.DataID)
			}
		}
	}
	g.publish(p, "", "a", "1", "")
	quiet("the same content again")
	p.want("ConfigRemoveRequest", keyBody("", g.group, "none"), "ConfigRemoveResponse", done200)
	quiet("a delete of nothing")
	p.want("ConfigBatchListenRequest", listenBody(false, "", g.group, "a", ""), "ConfigChangeBatchListenResponse", unchanged)
	g.publish(p, "", "a", "2", "")
	quiet("no longer listened to")
}

func TestConformanceBurstEndsInTheLastContent(t *testing.T) {
	onEach(t, false, conformBurstEndsInTheLastContent)
}

func conformBurstEndsInTheLastContent(g *target) {
	t := g.t
	p := g.connect()
	p.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", ""), "ConfigChangeBatchListenResponse", unchanged)
	for i := range 50 {
		g.publish(p, "", "a", fmt.Sprint("burst ", i), "")
	}
	for n := 1; ; n++ {
		p.next("burst")
		if n > 50 {
			t.Fatal("more pushes than publishes")
		}
		if _, body := p.ask("ConfigQueryRequest", keyBody("", g.group, "a")); normal(body) == found("burst 49", "text") {
			return
		}
	}
}

func TestConformanceManyKeysInOneListen(t *testing.T) { onEach(t, false, conformManyKeysInOneListen) }

func conformManyKeysInOneListen(g *target) {
	t := g.t
	p := g.connect()
	for _, n := range []int{3000, 3001} { // the 3000 that is told everywhere is the clients' custom, not the server's limit
		var quads []string
		for i := range n {
			quads = append(quads, "", g.group, fmt.Sprint("k", i), "abc")
		}
		_, body := p.ask("ConfigBatchListenRequest", listenBody(true, quads...))
		if got := strings.Count(body, `"dataId"`); got != n {
			t.Errorf("of %d unknown keys with an md5 %d count as changed", n, got)
		}
		p.ask("ConfigBatchListenRequest", listenBody(false, quads...))
	}
}

func TestConformanceSize(t *testing.T) { onEach(t, false, conformSize) }

func conformSize(g *target) {
	t := g.t
	p := g.connect()
	big := strings.Repeat("x", 1<<20)
	p.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, "big", ""))
	g.publish(p, "", "big", big, "")
	p.next("a large content")
	p.want("ConfigQueryRequest", keyBody("", g.group, "big"), "ConfigQueryResponse", found(big, "text"))
	_, _, err := p.try("ConfigPublishRequest", publishBody("", g.group, "big", strings.Repeat("x", 10<<20), "", ""))
	if want := by(g, codes.Canceled, codes.ResourceExhausted); status.Code(err) != want {
		t.Errorf("a message of more than 10 MiB gets %v; a real server ends the stream with %v", err, want)
	}
}

func TestConformanceGray(t *testing.T) { onEach(t, false, conformGray) }

func conformGray(g *target) {
	p := g.connect()
	// The tag of a client is a header of its requests, on a Nacos 3 a label of its connection.
	tagged := g.connectAs(by(g, "", `"app_Vipserver-Tag":"gray",`))
	tagged.header["Vipserver-Tag"] = by(g, "gray", "ignored")
	p.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", ""))
	g.publish(p, "", "a", "formal", "")
	p.next("formal")
	g.publish(p, "", "a", "beta", `{"betaIps":"127.0.0.1"}`)
	p.next("beta")
	p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", fmt.Sprintf(
		`{"resultCode":200,"errorCode":0,"content":"beta",%s"contentType":"text","md5":%q,"lastModified":1,"beta":true,"success":true}`, by(g, `"encryptedDataKey":"",`, ""), digest("beta")))
	p.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", digest("beta")), "ConfigChangeBatchListenResponse", unchanged)
	p.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", digest("formal")), "ConfigChangeBatchListenResponse", changed("", g.group, "a"))

	g.publish(p, "", "other", "beta", `{"betaIps":"192.0.2.1"}`)
	g.publish(p, "", "t", "formal", "")
	g.settled(p)
	g.publish(p, "", "t", "tagged", `{"tag":"gray"}`)
	g.settled(p)
	p.want("ConfigQueryRequest", keyBody("", g.group, "other"), "ConfigQueryResponse", by(g,
		`{"resultCode":500,"errorCode":300,"message":"config data not exist","contentType":"text","md5":"","lastModified":0,"beta":false,"success":false}`, notFound))
	p.want("ConfigQueryRequest", keyBody("", g.group, "t"), "ConfigQueryResponse", found("formal", "text"))
	withTag := fmt.Sprintf(`{"resultCode":200,"errorCode":0,"content":"tagged","contentType":"text","md5":%q,"lastModified":1,"tag":"gray","beta":false,"success":true}`, digest("tagged"))
	tagged.want("ConfigQueryRequest", keyBody("", g.group, "t"), "ConfigQueryResponse", withTag)
	p.want("ConfigQueryRequest", tagBody(g.group, "t", "gray"), "ConfigQueryResponse", withTag)

	delete(tagged.header, "Vipserver-Tag")
	md5 := digest(by(g, "formal", "tagged"))
	tagged.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "t", md5), "ConfigChangeBatchListenResponse", unchanged)
	// In a listen, the header counts on both.
	p.header["Vipserver-Tag"] = "gray"
	p.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "t", digest("tagged")), "ConfigChangeBatchListenResponse", unchanged)
}

// tagBody is keyBody for a gray version.
func tagBody(group, id, tag string) string {
	return strings.Replace(keyBody("", group, id), `"tag":""`, fmt.Sprintf(`"tag":%q`, tag), 1)
}

// What is different about gray versions on a Nacos 3.
func TestConformanceGrayOfThree(t *testing.T) { onThree(t, false, conformGrayOfThree) }

func conformGrayOfThree(g *target) {
	p := g.connect()
	tagged, old := g.connectAs(`"app_Vipserver-Tag":"gray",`), g.connectAs(`"Vipserver-Tag":"gray",`)
	pushed := func(why, toTagged, toOld string) {
		g.t.Helper()
		for p, want := range map[*peer]string{tagged: toTagged, old: toOld} {
			p.next(why)
			p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", want)
		}
	}
	gray := func(content, typ string) string {
		return fmt.Sprintf(`{"resultCode":200,"errorCode":0,"content":%q,%s"md5":%q,"lastModified":1,"tag":"gray","beta":false,"success":true}`, content, typ, digest(content))
	}
	remove := func(tag, want string) {
		g.t.Helper()
		p.want("ConfigRemoveRequest", tagBody(g.group, "a", tag), "ConfigRemoveResponse", want)
	}
	for _, p := range []*peer{tagged, old} {
		p.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", ""))
	}
	g.publish(p, "", "a", "g: 1", `{"tag":"gray","type":"json","encryptedDataKey":"k"}`)
	pushed("a gray version without a formal one has no type; a label needs the prefix", gray("g: 1", ""), notFound)
	p.want("ConfigQueryRequest", tagBody(g.group, "a", "none"), "ConfigQueryResponse", strings.Replace(notFound, `"beta"`, `"tag":"none","beta"`, 1))

	g.publish(p, "", "a", "formal", `{"type":"yaml"}`)
	pushed("it has the type of the formal one", gray("g: 1", `"contentType":"yaml",`), found("formal", "yaml"))
	p.want("ConfigQueryRequest", tagBody(g.group, "a", "none"), "ConfigQueryResponse", strings.Replace(notFound, `"beta"`, `"tag":"none","beta"`, 1))

	for _, md5 := range []string{"abc", digest("g: 1")} { // no compare-and-set of a gray version changes anything, or fails
		p.want("ConfigPublishRequest", publishBody("", g.group, "a", "g: 2", md5, `{"tag":"gray"}`), "ConfigPublishResponse", done200)
	}
	missing := failure(0, `Cannot invoke "com.alibaba.nacos.config.server.model.ConfigInfoGrayWrapper.getId()" because "oldConfigAllInfo4Gray" is null`)
	remove("gray", missing) // it has the name of its kind, too
	remove("tag_none", missing)
	remove("a b", failure(0, "invalid tag : a b"))
	g.settled(p)
	tagged.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", gray("g: 1", `"contentType":"yaml",`))

	remove("", done200)
	pushed("the gray version is not served without the formal one", notFound, notFound)
	g.publish(p, "", "a", "formal 2", "")
	pushed("nor with the next one", found("formal 2", "text"), found("formal 2", "text"))
	g.publish(p, "", "a", "g: 1", `{"tag":"gray"}`)
	pushed("until it is published again", gray("g: 1", `"contentType":"text",`), found("formal 2", "text"))
	remove("tag_gray", done200)
	pushed("removed", found("formal 2", "text"), found("formal 2", "text"))
	remove("tag_gray", missing)

	p.want("ConfigPublishRequest", publishBody("", g.group, "a", "x", "", `{"tag":"longer-than-16-ch"}`), "ConfigPublishResponse", failure(500, "too long tag, over 16"))
	for i := range 10 {
		p.want("ConfigPublishRequest", publishBody("", g.group, "many", "x", "", fmt.Sprintf(`{"tag":"t%d"}`, i)), "ConfigPublishResponse", done200)
	}
	g.t.Cleanup(func() {
		for i := range 10 {
			_, _, _ = p.try("ConfigRemoveRequest", tagBody(g.group, "many", fmt.Sprintf("tag_t%d", i)))
		}
	})
	p.want("ConfigPublishRequest", publishBody("", g.group, "many", "x", "", `{"tag":"t10"}`), "ConfigPublishResponse", failure(500, "gray config version is over max count :10"))
	p.want("ConfigPublishRequest", publishBody("", g.group, "many", "y", "", `{"tag":"t1"}`), "ConfigPublishResponse", done200)
}

// For configs, "" and "public" are two namespaces on a Nacos 2, and one on a Nacos 3, where a push
// calls it as the client has.
func TestConformancePublicNamespace(t *testing.T) { onEach(t, false, conformPublicNamespace) }

func conformPublicNamespace(g *target) {
	p, q := g.connect(), g.connect()
	p.ask("ConfigBatchListenRequest", listenBody(true, "public", g.group, "a", ""))
	q.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, "b", ""))
	g.publish(p, by(g, "public", ""), "a", "1", "")
	if got := p.next("listened to as public"); got.Tenant != "public" {
		g.t.Errorf("the push is %s; it has to name the namespace as the client did", got.body)
	}
	g.publish(p, by(g, "", "public"), "b", "1", "")
	if got := q.next("listened to without a namespace"); strings.Contains(got.body, "tenant") {
		g.t.Errorf("the push is %s; it has to name no namespace", got.body)
	}
	p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", by(g, notFound, found("1", "text")))
	p.want("ConfigQueryRequest", keyBody("public", g.group, "b"), "ConfigQueryResponse", by(g, notFound, found("1", "text")))
	p.want("ConfigRemoveRequest", keyBody("public", g.group, "b"), "ConfigRemoveResponse", done200)
	g.settled(p)
	p.want("ConfigQueryRequest", keyBody("", g.group, "b"), "ConfigQueryResponse", by(g, found("1", "text"), notFound))
}
