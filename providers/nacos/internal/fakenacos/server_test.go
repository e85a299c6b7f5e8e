package fakenacos_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

func TestZeroOptionsListenOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	host, port, err := net.SplitHostPort(srv.Addr())
	if err != nil || host != "127.0.0.1" || port != strconv.Itoa(srv.Port()) {
		t.Fatalf("Addr is %s, %v", srv.Addr(), err)
	}
	for _, p := range []int{srv.Port(), srv.Port() + 1000} {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			t.Errorf("port %d: %v", p, err)
			continue
		}
		_ = c.Close()
	}
	if c, err := net.Dial("tcp", fmt.Sprintf("[::1]:%d", srv.Port())); err == nil {
		_ = c.Close()
		t.Error("it listens on ::1")
	}
}

func TestAPortThatIsTakenIsAnError(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	for _, port := range []int{srv.Port(), srv.Port() + 1000, srv.Port() - 1000} {
		if other, err := fakenacos.Start(fakenacos.Options{Port: port}); err == nil {
			other.Close()
			t.Errorf("started on %d and %d beside one on %d and %d", port, port+1000, srv.Port(), srv.Port()+1000)
		}
	}
}

func TestServersSideBySideShareNothing(t *testing.T) {
	t.Parallel()
	a, b := start(t, fakenacos.Options{}), start(t, fakenacos.Options{})
	put(t, a, "x", "of a")
	p := connect(t, b.Addr())
	p.want("ConfigQueryRequest", keyBody("", group, "x"), "ConfigQueryResponse", notFound)
	a.Close()
	p.want("ConfigQueryRequest", keyBody("", group, "x"), "ConfigQueryResponse", notFound)
}

func TestPublishIsServedAfterTheDump(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: time.Hour})
	p := connect(t, srv.Addr())
	p.listen("a")
	query := func(why, want string) {
		t.Helper()
		p.t = t
		if _, body := p.ask("ConfigQueryRequest", keyBody("", group, "a")); normal(body) != want {
			t.Errorf("%s: a query gets %s, want %s", why, normal(body), want)
		}
	}
	for i := range 3 {
		if err := srv.Publish("public", group, "a", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	query("published", notFound)
	if got, ok := srv.Get("", group, "a"); got != "2" || !ok {
		t.Errorf("Get returns %q, %v", got, ok)
	}
	srv.Flush()
	query("dumped", found("2", "text"))
	p.next("dumped")
	if s := srv.Stats(); s.Pushes != 1 || s.Publishes != 3 || s.Dumps != 1 {
		t.Errorf("three publishes within the dump delay: %+v", s)
	}
	srv.Delete("", group, "a")
	query("deleted", found("2", "text"))
	srv.Faults().HoldDumps(true)
	srv.Faults().HoldDumps(false)
	query("delete dumped", notFound)
	p.next("delete dumped")
	if h := srv.History("", group, "a"); len(h) != 4 || h[0].Op != "D" || h[0].Content != "2" || h[3].Op != "I" || h[3].Content != "0" {
		t.Errorf("history is %+v", h)
	}

	quick := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
	p = connect(t, quick.Addr())
	if err := quick.Publish("", group, "a", "1"); err != nil {
		t.Fatal(err)
	}
	query("no dump delay", found("1", "text"))
	quick.Faults().HoldDumps(true)
	if err := quick.Publish("", group, "a", "2"); err != nil {
		t.Fatal(err)
	}
	query("held", found("1", "text"))
	quick.Flush()
	query("flushed", found("2", "text"))
}

func TestPublishRefusesWhatAServerRefuses(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	for _, c := range []struct{ ns, group, id, content string }{
		{"", group, "", "x"}, {"", "", "a", "x"}, {"", group, "a b", "x"}, {"a b", group, "a", "x"},
		{"", group, "a", ""}, {"", group, "a", " \n"}, {"", group, "a", "\xff"}, {"", group, "a", strings.Repeat("x", 10<<20+1)},
	} {
		err := srv.Publish(c.ns, c.group, c.id, c.content)
		if err == nil {
			t.Errorf("%s/%s/%s: no error", c.ns, c.group, c.id)
		} else if len(c.content) > 9 && strings.Contains(err.Error(), c.content[:9]) {
			t.Errorf("the error carries the content: %.100v", err)
		}
	}
	if err := srv.Publish("", group, "a", strings.Repeat("x", 10<<20)); err != nil {
		t.Errorf("a content of 10 MiB: %v", err)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: time.Hour})
	addr := srv.Addr()
	p := connect(t, addr)
	p.listen("a")
	put(t, srv, "a", "served")
	if err := srv.Publish("", group, "b", "stored only"); err != nil {
		t.Fatal(err)
	}
	srv.Stop()
	if err := p.ends("crash"); err == nil {
		t.Error("a crash ends the stream in good order")
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		_ = c.Close()
		t.Error("a stopped server takes connections")
	}
	put(t, srv, "c", "while it was down")
	if err := srv.Start(bounded(t), true); err != nil {
		t.Fatal(err)
	}
	if srv.Addr() != addr {
		t.Errorf("it is on %s now, was on %s", srv.Addr(), addr)
	}
	p = connect(t, addr)
	for id, want := range map[string]string{"a": "served", "b": "stored only", "c": "while it was down"} {
		p.want("ConfigQueryRequest", keyBody("", group, id), "ConfigQueryResponse", found(want, "text"))
	}
	if got := srv.Listeners("", group, "a"); len(got) != 0 {
		t.Errorf("a restarted server has listeners: %v", got)
	}
	if err := srv.Start(bounded(t), true); err == nil {
		t.Error("a running server starts again")
	}
	if err := srv.Restart(bounded(t), false); err != nil {
		t.Fatal(err)
	}
	p = connect(t, addr)
	p.want("ConfigQueryRequest", keyBody("", group, "a"), "ConfigQueryResponse", notFound)
	if h := srv.History("", group, "a"); len(h) != 0 {
		t.Errorf("history without memory: %v", h)
	}
	srv.Close()
	if err := srv.Start(bounded(t), true); err == nil {
		t.Error("a closed server starts again")
	}
}

func TestStartWaitsForItsPorts(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	srv.Stop()
	squat, err := net.Listen("tcp4", srv.Addr())
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := srv.Start(ctx, true); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), srv.Addr()) {
		t.Errorf("the port is taken: %v; the error has to name it", err)
	}
	_ = squat.Close()
	if err := srv.Start(bounded(t), true); err != nil {
		t.Error(err)
	}
}

func TestConnectionsAndListeners(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	p := dialPeer(t, srv.Addr())
	p.setup(`{"clientVersion":"Nacre:v1","tenant":"team","labels":{"app":"orders"}}`)
	p.registered()
	p.want("ConfigBatchListenRequest", listenBody(true, "", group, "a", "md5-of-a", "", group, "b", ""), "ConfigChangeBatchListenResponse", changed("", group, "a"))
	cs := srv.Connections()
	if len(cs) != 1 || cs[0].IP != "127.0.0.1" || cs[0].ClientVersion != "Nacre:v1" || cs[0].Namespace != "team" || cs[0].Labels["app"] != "orders" || cs[0].Listens != 2 {
		t.Errorf("connections are %+v", cs)
	}
	ls := srv.Listeners("public", group, "a")
	if len(ls) != 1 || ls[0].MD5 != "md5-of-a" || ls[0].IP != "127.0.0.1" || ls[0].Connection != cs[0].ID {
		t.Errorf("listeners are %+v", ls)
	}
	if s := srv.Stats(); s.Listening != 2 || s.Connections != 1 || s.Streams != 1 || s.Requests["ConfigBatchListenRequest"] != 1 || s.Requests["ConnectionSetupRequest"] != 1 {
		t.Errorf("stats are %+v", s)
	}
}

func TestOnRequestStopsTheWorld(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan fakenacos.Request), make(chan struct{})
	srv := start(t, fakenacos.Options{OnRequest: func(r fakenacos.Request) {
		if r.Type == "ConfigQueryRequest" || strings.HasPrefix(r.Type, "GET ") {
			asked <- r
			<-goOn
		}
	}})
	p := connect(t, srv.Addr())
	put(t, srv, "a", "before")
	var wg sync.WaitGroup
	wg.Go(func() {
		p.want("ConfigQueryRequest", keyBody("", group, "a"), "ConfigQueryResponse", found("after", "text"))
	})
	r := <-asked
	if r.Key != (fakenacos.Key{Group: group, DataID: "a"}) || r.Connection != srv.Connections()[0].ID {
		t.Errorf("the hook is told %+v", r)
	}
	put(t, srv, "a", "after")
	goOn <- struct{}{}
	wg.Wait()
	wg.Go(func() {
		resp, err := httpClient.Get(srv.URL() + "/v1/cs/configs?dataId=a&group=G")
		if err == nil {
			_ = resp.Body.Close()
		}
	})
	if r := <-asked; r.Type != "GET /nacos/v1/cs/configs" || r.Key.DataID != "a" || r.Connection != "" {
		t.Errorf("the hook is told %+v of an HTTP request", r)
	}
	goOn <- struct{}{}
	wg.Wait()
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := srv.Wait(ctx, func(fakenacos.Stats) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait returns %v", err)
	}
	if err := srv.Wait(ctx, func(fakenacos.Stats) bool { return true }); err != nil {
		t.Errorf("the condition holds, Wait returns %v", err)
	}
}

// Everything at once, for the race detector; and in the end each client has heard of the last
// content.
func TestConcurrentSafe(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: time.Millisecond, AckTimeout: 50 * time.Millisecond, RetryDelay: time.Millisecond})
	f := srv.Faults()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			p := connect(t, srv.Addr())
			for n := range 30 {
				p.listen("a", "b")
				_, _, _ = p.try("ConfigPublishRequest", publishBody("", group, "a", fmt.Sprint(i, n), "", ""))
				_, _, _ = p.try("ConfigQueryRequest", keyBody("", group, "a"))
				_, _, _ = p.try("ConfigRemoveRequest", keyBody("", group, "b"))
			}
		})
	}
	wg.Go(func() {
		for n := range 30 {
			f.DropPushes(n % 3)
			f.DoublePushes(1)
			f.ReorderPushes(n % 4)
			f.DelayPushes(time.Duration(n%2) * time.Millisecond)
			f.WrongMD5(1)
			f.HoldDumps(n%2 == 0)
			f.Detect()
			srv.Flush()
			_ = srv.Put("", group, "b", fmt.Sprint(n))
			_, _, _, _ = srv.Stats(), srv.Connections(), srv.Listeners("", group, "a"), srv.History("", group, "b")
			f.StallStreams(true)
			f.StallStreams(false)
		}
		if err := f.Clear(); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	put(t, srv, "a", "the last")
	p := connect(t, srv.Addr())
	p.want("ConfigQueryRequest", keyBody("", group, "a"), "ConfigQueryResponse", found("the last", "text"))
}

// However many goroutines close a server in the middle of its pushes: when they have returned, what
// was connected to its ports is cut off, and it counts no connection.
func TestClosingInTheMiddle(t *testing.T) {
	t.Parallel()
	for range 10 {
		srv := start(t, fakenacos.Options{DumpDelay: time.Millisecond, AckTimeout: time.Millisecond, RetryDelay: time.Millisecond})
		p := dialPeer(t, srv.Addr())
		p.noAck = func(push) bool { return true }
		p.setup(setupBody)
		p.registered()
		p.listen("a")
		put(t, srv, "a", "1")
		_ = srv.Publish("", group, "a", "2")
		idle, err := net.Dial("tcp", srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(srv.Close)
		}
		wg.Wait()
		if n := srv.Stats().Connections; n != 0 {
			t.Errorf("a server that is closed counts %d connections", n)
		}
		select {
		case <-p.ended:
		case <-time.After(patience):
			t.Fatal("the stream of a client outlives the server")
		}
		_ = idle.SetReadDeadline(time.Now().Add(patience))
		if _, err := idle.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a connection to the HTTP port outlives the server: %v", err)
		}
		idle.Close()
	}
}
