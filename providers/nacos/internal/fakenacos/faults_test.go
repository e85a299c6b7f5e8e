package fakenacos_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const group = "G"

func start(t testing.TB, opts fakenacos.Options) *fakenacos.Server {
	t.Helper()
	srv, err := fakenacos.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// until waits for something to become true of the server.
func until(t testing.TB, srv *fakenacos.Server, why string, condition func(fakenacos.Stats) bool) {
	t.Helper()
	if err := srv.Wait(bounded(t), condition); err != nil {
		t.Fatalf("%s: %v; stats %+v", why, err, srv.Stats())
	}
}

func put(t testing.TB, srv *fakenacos.Server, id, content string) {
	t.Helper()
	if err := srv.Put("", group, id, content); err != nil {
		t.Fatal(err)
	}
}

func (p *peer) listen(ids ...string) {
	p.t.Helper()
	var quads []string
	for _, id := range ids {
		quads = append(quads, "", group, id, "")
	}
	if typ, body := p.ask("ConfigBatchListenRequest", listenBody(true, quads...)); typ != "ConfigChangeBatchListenResponse" {
		p.t.Fatalf("listen gets %s %s", typ, body)
	}
}

// nextIDs returns the data IDs of the next n pushes.
func (p *peer) nextIDs(n int, why string) []string {
	p.t.Helper()
	var ids []string
	for range n {
		ids = append(ids, p.next(why).DataID)
	}
	return ids
}

func TestPushFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		set  func(*fakenacos.Faults)
		want []string // pushes of a, b, c, d in turn
	}{
		{"none", func(*fakenacos.Faults) {}, []string{"a", "b", "c", "d"}},
		{"drop", func(f *fakenacos.Faults) { f.DropPushes(2) }, []string{"c", "d"}},
		{"drop of one key", func(f *fakenacos.Faults) {
			f.DropPushes(fakenacos.Always, fakenacos.Match{Key: fakenacos.Key{DataID: "b"}})
		}, []string{"a", "c", "d"}},
		{"drop of another namespace", func(f *fakenacos.Faults) {
			f.DropPushes(1, fakenacos.Match{Key: fakenacos.Key{Namespace: "x"}})
		}, []string{"a", "b", "c", "d"}},
		{"drop of the public namespace", func(f *fakenacos.Faults) {
			f.DropPushes(1, fakenacos.Match{Key: fakenacos.Key{Namespace: "public"}})
		}, []string{"b", "c", "d"}},
		{"set again", func(f *fakenacos.Faults) { f.DropPushes(fakenacos.Always); f.DropPushes(1) }, []string{"b", "c", "d"}},
		{"ended", func(f *fakenacos.Faults) { f.DropPushes(fakenacos.Always); f.DropPushes(0) }, []string{"a", "b", "c", "d"}},
		{"cleared", func(f *fakenacos.Faults) { f.DropPushes(fakenacos.Always); f.DoublePushes(9); _ = f.Clear() }, []string{"a", "b", "c", "d"}},
		{"double", func(f *fakenacos.Faults) { f.DoublePushes(1) }, []string{"a", "a", "b", "c", "d"}},
		{"reorder", func(f *fakenacos.Faults) { f.ReorderPushes(4) }, []string{"d", "c", "b", "a"}},
		{"reorder in pairs", func(f *fakenacos.Faults) { f.ReorderPushes(2) }, []string{"b", "a", "d", "c"}},
		{"delay", func(f *fakenacos.Faults) { f.DelayPushes(time.Millisecond) }, []string{"", "", "", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{})
			p := connect(t, srv.Addr())
			p.listen("a", "b", "c", "d", "end")
			c.set(srv.Faults())
			for _, id := range []string{"a", "b", "c", "d"} {
				put(t, srv, id, "1")
			}
			got := p.nextIDs(len(c.want), c.name)
			if c.want[0] == "" { // in any order
				slices.Sort(got)
				c.want = []string{"a", "b", "c", "d"}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("pushes are %v, want %v", got, c.want)
			}
			if err := srv.Faults().Clear(); err != nil {
				t.Fatal(err)
			}
			put(t, srv, "end", "1")
			if got := p.next("after the fault"); got.DataID != "end" {
				t.Errorf("there is one push more: %s", got.DataID)
			}
		})
	}
}

func TestReorderReleasesWhatItHolds(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	p := connect(t, srv.Addr())
	p.listen("a", "b")
	srv.Faults().ReorderPushes(10)
	put(t, srv, "a", "1")
	put(t, srv, "b", "1")
	srv.Faults().ReorderPushes(0)
	if got := p.nextIDs(2, "release"); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("pushes are %v, want them last first", got)
	}
}

func TestPushIsRepeatedUntilAcknowledgedAndThenTheConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	opts := fakenacos.Options{AckTimeout: 5 * time.Millisecond, RetryDelay: time.Millisecond, PushTries: 4}
	t.Run("acknowledged", func(t *testing.T) {
		t.Parallel()
		opts := opts
		opts.PushTries = 1000
		srv := start(t, opts)
		p := dialPeer(t, srv.Addr())
		var seen atomic.Int32
		p.noAck = func(got push) bool { return got.DataID == "a" && seen.Add(1) <= 2 }
		p.setup(setupBody)
		p.registered()
		p.listen("a")
		put(t, srv, "a", "1")
		ids := map[string]bool{}
		for range 3 {
			ids[p.next("repeat").RequestID] = true
		}
		if len(ids) != 3 {
			t.Errorf("the repeats have %d request IDs of their own, want 3", len(ids))
		}
		until(t, srv, "acknowledged", func(s fakenacos.Stats) bool { return s.Acks > 0 && s.Repeats >= 2 })
	})
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		srv := start(t, opts)
		p := dialPeer(t, srv.Addr())
		p.noAck = func(push) bool { return true }
		p.setup(setupBody)
		p.registered()
		p.listen("a")
		put(t, srv, "a", "1")
		if err := p.ends("never acknowledged"); err != nil {
			t.Errorf("the stream ends with %v, want a good end", err)
		}
		if s := srv.Stats(); s.Pushes != 4 || s.Repeats != 3 || s.Acks != 0 || s.Connections != 0 {
			t.Errorf("after 4 tries: %+v", s)
		}
		p.want("HealthCheckRequest", "{}", "ErrorResponse", failure(301, "Connection is unregistered."))
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		opts := opts
		opts.AckTimeout = time.Hour
		srv := start(t, opts)
		p := dialPeer(t, srv.Addr())
		p.noAck = func(push) bool { return true }
		p.setup(setupBody)
		p.registered()
		p.listen("a")
		put(t, srv, "a", "1")
		got := p.next("first")
		if err := p.stream.Send(payload("NoSuchResponse", fmt.Sprintf(`{"resultCode":200,"requestId":%q}`, got.RequestID), nil)); err != nil {
			t.Fatal(err)
		}
		if err := p.stream.Send(payload("ConfigChangeNotifyResponse", fmt.Sprintf(`{"resultCode":500,"requestId":%q}`, got.RequestID), nil)); err != nil {
			t.Fatal(err)
		}
		got = p.next("a refused push is repeated before the timeout")
		if err := p.stream.Send(payload("ConfigChangeNotifyResponse", fmt.Sprintf(`{"requestId":%q}`, got.RequestID), nil)); err != nil {
			t.Fatal(err)
		}
		until(t, srv, "an answer without a result code is an acknowledgement", func(s fakenacos.Stats) bool { return s.Acks == 1 })
	})
}

func TestIdleConnections(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{IdleTimeout: 20 * time.Millisecond, DetectTimeout: 2 * time.Second})
	alive := connect(t, srv.Addr())
	dead := dialPeer(t, srv.Addr())
	dead.noAck = func(push) bool { return true }
	dead.setup(setupBody)
	if err := dead.ends("a client that does not say that it is alive"); err != nil {
		t.Errorf("the stream ends with %v", err)
	}
	for range 2 {
		alive.nextOf("ClientDetectionRequest", "the silent are asked")
	}
	alive.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
}

func TestContentFaults(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	p := connect(t, srv.Addr())
	put(t, srv, "a", "first content")
	put(t, srv, "a", "second content")
	query := func(want string) {
		t.Helper()
		p.want("ConfigQueryRequest", keyBody("", group, "a"), "ConfigQueryResponse", want)
	}
	good := found("second content", "text")
	f := srv.Faults()
	f.WrongMD5(1)
	query(strings.Replace(good, digest("second content"), digest(digest("second content")), 1))
	query(good)
	f.TornContent(1)
	query(strings.Replace(good, `"second content"`, `"second "`, 1))
	query(good)
	f.StaleReads(1)
	query(found("first content", "text"))
	query(good)
	f.StaleReads(1)
	p.want("ConfigBatchListenRequest", listenBody(true, "", group, "a", digest("first content")), "ConfigChangeBatchListenResponse", unchanged)
	p.want("ConfigBatchListenRequest", listenBody(true, "", group, "a", digest("second content")), "ConfigChangeBatchListenResponse", unchanged)
	f.WrongMD5(1, fakenacos.Match{Type: "GET /nacos/v1/cs/configs"})
	query(good)
	g := &target{t: t, addr: srv.Addr(), group: group}
	if _, head, body := g.curl("GET", "/v1/cs/configs?dataId=a&group=G", ""); head.Get("Content-MD5") == digest(body) {
		t.Error("WrongMD5 does not reach HTTP")
	}
	f.TornContent(1)
	if _, head, body := g.curl("GET", "/v2/cs/config?dataId=a&group=G", ""); !strings.Contains(body, `"second "`) || head.Get("Content-MD5") != digest("second content") {
		t.Errorf("TornContent over HTTP gives %s with %s", body, head.Get("Content-MD5"))
	}
	for name, want := range map[string]int{"WrongMD5": 2, "TornContent": 2, "StaleReads": 2} {
		if got := srv.Stats().Faults[name]; got != want {
			t.Errorf("%s struck %d times, is counted %d times", name, want, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	p := connect(t, srv.Addr())
	g := &target{t: t, addr: srv.Addr(), group: group}
	f := srv.Faults()
	put(t, srv, "a", "1")
	query := keyBody("", group, "a")

	f.Deny(2)
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse",
		`{"resultCode":500,"errorCode":403,"message":"authorization failed!","lastModified":0,"beta":false,"success":false}`)
	g.wantHTTP("GET", "/v1/cs/configs?dataId=a&group=G", "", 403, jsonUTF8, `{"timestamp":"NOW","status":403,"error":"Forbidden","path":"/nacos/v1/cs/configs"}`)
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse", found("1", "text"))

	f.Fail(1, 400)
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse",
		`{"resultCode":500,"errorCode":400,"message":"fault 400 as ordered","lastModified":0,"beta":false,"success":false}`)
	f.Fail(1, 301, fakenacos.Match{Type: "ConfigQueryRequest"})
	p.want("ConfigRemoveRequest", query, "ConfigRemoveResponse", done200)
	p.want("ConfigQueryRequest", query, "ErrorResponse", failure(301, "fault 301 as ordered"))
	f.Fail(1, 500)
	g.wantHTTP("GET", "/v1/console/health/readiness", "", 500, textUTF8, "fault 500 as ordered")

	f.Unavailable(true)
	if _, _, err := p.try("HealthCheckRequest", "{}"); status.Code(err) != codes.Unavailable {
		t.Errorf("an unavailable server answers gRPC with %v", err)
	}
	g.wantHTTP("GET", "/v1/console/health/readiness", "", 503, textUTF8, "server is away as ordered")
	f.Unavailable(false)

	f.NotReady(true)
	starting := failure(300, "Server is starting,please try later.")
	p.want("ServerCheckRequest", "{}", "ErrorResponse", starting)
	p.want("HealthCheckRequest", "{}", "ErrorResponse", starting)
	p.want("NoSuchRequest", "{}", "ErrorResponse", starting)
	if code, _, _ := g.curl("GET", "/v1/console/health/readiness", ""); code != 500 {
		t.Errorf("the readiness page of a server that is not ready answers %d", code)
	}
	f.NotReady(false)
	p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
}

func TestConnectionFaults(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	f := srv.Faults()
	t.Run("unregister", func(t *testing.T) {
		p, other := connect(t, srv.Addr()), connect(t, srv.Addr())
		p.listen("a")
		var id string
		for _, l := range srv.Listeners("", group, "a") {
			id = l.Connection
		}
		f.Unregister(fakenacos.Match{Connection: id})
		p.want("HealthCheckRequest", "{}", "ErrorResponse", failure(301, "Connection is unregistered."))
		other.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
		if got := srv.Listeners("", group, "a"); len(got) != 0 {
			t.Errorf("a forgotten connection listens: %v", got)
		}
		if err := p.stream.Send(payload("ConnectionSetupRequest", setupBody, nil)); err != nil {
			t.Fatal(err)
		}
		p.registered() // on the same stream
		p.listen("a")
		put(t, srv, "a", "1")
		p.next("set up again on the same stream")
	})
	t.Run("end", func(t *testing.T) {
		p := connect(t, srv.Addr())
		f.EndStreams()
		if err := p.ends("ended"); err != nil {
			t.Errorf("the stream ends with %v, want a good end", err)
		}
	})
	t.Run("cut", func(t *testing.T) {
		p := connect(t, srv.Addr())
		f.CutStreams()
		if err := p.ends("cut"); status.Code(err) != codes.Unavailable {
			t.Errorf("the stream ends with %v, want Unavailable", err)
		}
		until(t, srv, "cut connections are forgotten", func(s fakenacos.Stats) bool { return s.Connections == 0 })
	})
	t.Run("reset", func(t *testing.T) {
		p := connect(t, srv.Addr())
		f.ResetStreams("127.0.0.1:4711")
		if got := p.nextOf("ConnectResetRequest", "reset"); !strings.Contains(got.body, `"serverIp":"127.0.0.1","serverPort":"4711"`) {
			t.Errorf("the reset is %s", got.body)
		}
	})
	t.Run("detect", func(t *testing.T) {
		p := connect(t, srv.Addr())
		f.Detect()
		p.nextOf("ClientDetectionRequest", "detect")
		p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
	})
	t.Run("a closed client is forgotten", func(t *testing.T) {
		p := connect(t, srv.Addr())
		before := srv.Stats().Connections
		if err := p.conn.Close(); err != nil {
			t.Fatal(err)
		}
		until(t, srv, "closed", func(s fakenacos.Stats) bool { return s.Connections < before })
	})
}

func TestLoseAnswersCarriesOutTheRequest(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
	p := connect(t, srv.Addr())
	srv.Faults().LoseAnswers(1, fakenacos.Match{Type: "ConfigPublishRequest"})
	if _, _, err := p.try("ConfigPublishRequest", publishBody("", group, "a", "1", "", "")); status.Code(err) != codes.Unavailable {
		t.Errorf("the lost answer is %v, want Unavailable", err)
	}
	if got, _ := srv.Get("", group, "a"); got != "1" {
		t.Error("the publish whose answer was lost is not stored")
	}
	srv.Faults().LoseAnswers(1)
	if resp, err := httpClient.Get(srv.URL() + "/v1/console/health/readiness"); err == nil {
		_ = resp.Body.Close()
		t.Errorf("HTTP answers %d, want a broken connection", resp.StatusCode)
	}
}

func TestStallAndRefuse(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	p := connect(t, srv.Addr())
	f := srv.Faults()

	f.StallStreams(true)
	answered := make(chan error, 1)
	go func() {
		_, _, err := p.try("HealthCheckRequest", "{}")
		answered <- err
	}()
	c, err := net.DialTimeout("tcp", srv.Addr(), patience)
	if err != nil {
		t.Fatalf("a stalled server takes no connection: %v", err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /nacos/v1/console/health/readiness HTTP/1.0\r\n\r\n")
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	var timeout net.Error
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a stalled server answers %d bytes, %v", n, err)
	}
	select {
	case err := <-answered:
		t.Errorf("a stalled server answers gRPC: %v", err)
	default:
	}
	if got := srv.Stats().Requests["GET /nacos/v1/console/health/readiness"]; got != 0 {
		t.Errorf("a stalled server reads: it has seen %d requests", got)
	}
	f.StallStreams(false)
	if err := <-answered; err != nil {
		t.Errorf("what was sent to a stalled server is answered when it goes on: %v", err)
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if n, err := c.Read(make([]byte, 1)); n != 1 {
		t.Errorf("HTTP after the stall: %v", err)
	}

	if err := f.RefuseConnections(true); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", srv.Addr()); err == nil {
		_ = c.Close()
		t.Error("a refusing server takes connections")
	}
	p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200) // open ones live on
	if err := srv.Restart(bounded(t), true); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", srv.Addr()); err == nil {
		_ = c.Close()
		t.Error("a restart ends a refusal")
	}
	if err := f.RefuseConnections(false); err != nil {
		t.Fatal(err)
	}
	connect(t, srv.Addr())
}

func TestLatency(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	p := connect(t, srv.Addr())
	srv.Faults().Latency(30 * time.Millisecond)
	begin := time.Now()
	p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
	if took := time.Since(begin); took < 30*time.Millisecond {
		t.Errorf("a latency of 30 ms takes %v", took)
	}
	srv.Faults().Latency(time.Hour)
	go func() { _, _, _ = p.try("HealthCheckRequest", "{}") }()
	until(t, srv, "request arrives", func(s fakenacos.Stats) bool { return s.Requests["HealthCheckRequest"] >= 3 })
	srv.Close() // does not wait for the hour
}

func TestTokens(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: []fakenacos.User{
		{Name: "nacos", Password: "nacos"},
		{Name: "reader", Password: "r", Grants: []fakenacos.Grant{{Namespace: "team", Read: true}}},
		{Name: "gone", Password: "g", Grants: []fakenacos.Grant{}},
	}, DumpDelay: fakenacos.Off})
	g := &target{t: t, addr: srv.Addr(), group: group, user: "nacos", pass: "nacos"}
	p := connect(t, srv.Addr())
	query := func(why, code string) {
		t.Helper()
		if _, body := p.ask("ConfigQueryRequest", keyBody("team", group, "a")); !strings.Contains(body, code) {
			t.Errorf("%s: a query gets %s, want %s", why, body, code)
		}
	}
	const fine = `"errorCode":300` // not found, but allowed
	p.header["accessToken"] = g.login()
	query("fresh token", fine)
	srv.Faults().ExpireTokens()
	query("expired token", `"token expired!"`)
	p.header["accessToken"] = g.login()
	query("new token", fine)
	srv.Faults().RotateSecret()
	query("token of another secret", `"Invalid signature"`)
	p.header["accessToken"] = g.login()
	if err := srv.Restart(bounded(t), true); err != nil {
		t.Fatal(err)
	}
	p = connectWith(t, srv.Addr(), p.header)
	query("a restart with memory keeps tokens", fine)
	if err := srv.Restart(bounded(t), false); err != nil {
		t.Fatal(err)
	}
	p = connectWith(t, srv.Addr(), p.header)
	query("a restart without memory has another secret", `"Invalid signature"`)

	g.user, g.pass = "reader", "r"
	p.header["accessToken"] = g.login()
	query("granted", fine)
	for _, c := range []struct{ typ, body string }{
		{"ConfigQueryRequest", keyBody("", group, "a")},
		{"ConfigRemoveRequest", keyBody("team", group, "a")},
		{"ConfigPublishRequest", publishBody("team", group, "a", "x", "", "")},
		{"ConfigBatchListenRequest", listenBody(true, "other", group, "a", "")},
	} {
		if _, body := p.ask(c.typ, c.body); !strings.Contains(body, `"authorization failed!"`) {
			t.Errorf("%s outside the grants gets %s", c.typ, body)
		}
	}
	g.user, g.pass = "gone", "g"
	p.header["accessToken"] = g.login()
	query("no grants", `"authorization failed!"`)
	if s := srv.Stats(); s.Logins != 5 || s.Refused == 0 {
		t.Errorf("logins %d, refused %d", s.Logins, s.Refused)
	}
}

func connectWith(t testing.TB, addr string, header map[string]string) *peer {
	p := connect(t, addr)
	p.header = header
	return p
}

func TestTokenLifeAndPlainRefusal(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{TokenTTL: time.Nanosecond, PlainRefusal: true, Users: []fakenacos.User{{Name: "u", Password: "p"}}})
	g := &target{t: t, addr: srv.Addr(), group: group, user: "u", pass: "p"}
	p := connect(t, srv.Addr())
	p.header["accessToken"] = g.login()
	if _, body := p.ask("ConfigQueryRequest", keyBody("", group, "a")); !strings.Contains(body, `"token expired!"`) {
		t.Errorf("a token that has outlived its time gets %s", body)
	}
	g.wantHTTP("POST", "/v1/auth/login", "username=u&password=wrong", 403, textUTF8, "unknown user!")
}
