package nacos_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

var located = nacos.Config{Endpoint: "finder:8080"}

// The servers that the address server names are used, and when it names others the session goes
// there.
func TestEndpointIsFollowed(t *testing.T) {
	t.Parallel()
	bubble(t, located, func(f *cluster) { f.list = []string{"a:8848"} }, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		ready(t, c)
		if got := c.Status().Server; got != "a:8848" {
			t.Fatalf("the session is at %q, want a:8848", got)
		}
		if got := fmt.Sprint(c); got != "nacos://finder:8080/public" {
			t.Errorf("the client is called %q: its name must not hang on the servers of the day", got)
		}
		f.do(func() { f.list = []string{"c:8848", "a"} })
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if got := c.Status().Server; got != "a:8848" || len(f.attempts()) != 1 {
			t.Errorf("a second server was named, and the session is at %q after %d tries: it must stay", got, len(f.attempts()))
		}
		f.do(func() { f.list = []string{"b:8848", "b:8848", "not a host", "", "b"} })
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if got := c.Status().Server; got != "b:8848" {
			t.Errorf("the server was taken out, and the session is at %q, want b:8848", got)
		}
		if n := len(log.list(nacos.EventServersChanged)); n != 3 {
			t.Errorf("%d lists were told, want 3: %s", n, log)
		}
		if n := len(log.list(nacos.EventConnectionLost)); n != 1 {
			t.Errorf("the connection was lost %d times, want once", n)
		}
	})
}

// The list may come while the session connects to a server of the list before.
func TestEndpointAnswersWhileConnecting(t *testing.T) {
	t.Parallel()
	cfg := nacos.Config{Servers: []string{"a:8848"}, Endpoint: "finder:8080"}
	bubble(t, cfg, func(f *cluster) { f.list, f.latency = []string{"b:8848"}, 200*time.Millisecond }, func(t *testing.T, _ *cluster, c *nacos.Client, log *events) {
		log.wait(t, nacos.EventServersChanged, 1)
		time.Sleep(3 * time.Second)
		if got := c.Status().Server; got != "b:8848" {
			t.Errorf("three seconds after the address server has named b:8848 alone the session is at %q", got)
		}
	})
}

// The list may change at any time between two connections; the session does not stay at a server
// that is not in it.
func TestListThatChangesBetweenTwoConnections(t *testing.T) {
	t.Parallel()
	for range 20 {
		prepare := func(f *cluster) { f.list = []string{"a:8848", "b:8848", "c:8848"} }
		bubble(t, located, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
			for i := range 12 { // the waits between two connections have grown
				log.wait(t, nacos.EventConnected, i+1)
				f.cut()
				log.wait(t, nacos.EventConnectionLost, i+1)
			}
			f.do(func() { f.list = []string{"z:8848"} })
			time.Sleep(2 * time.Minute)
			if got := c.Status().Server; got != "z:8848" {
				t.Errorf("two minutes after the address server has named z:8848 alone the session is at %q", got)
			}
		})
	}
}

// An address server that names the same servers in another order each time has said nothing new.
func TestListInAnotherOrderIsNoOther(t *testing.T) {
	t.Parallel()
	bubble(t, located, func(f *cluster) { f.list = []string{"a:8848", "b:8848"} }, func(t *testing.T, f *cluster, _ *nacos.Client, log *events) {
		log.wait(t, nacos.EventConnected, 1)
		f.do(func() { f.down["a:8848"], f.down["b:8848"] = true, true })
		f.cut()
		time.Sleep(10 * time.Minute)
		before := len(f.attempts())
		for range 120 {
			f.do(func() { f.list[0], f.list[1] = f.list[1], f.list[0] })
			time.Sleep(30 * time.Second)
		}
		if n := len(log.list(nacos.EventServersChanged)); n != 1 {
			t.Errorf("%d lists were told, want the first", n)
		}
		if n := len(f.attempts()) - before; n > 2*400 {
			t.Errorf("%d tries within an hour of two servers that are down: the back-off allows some 250 of each", n)
		}
	})
}

// An address server that says nonsense ends no connection that is well.
func TestEndpointThatNamesNobody(t *testing.T) {
	t.Parallel()
	prepare := func(f *cluster) { f.list, f.down["maintenance:8848"] = []string{"a:8848"}, true }
	bubble(t, located, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		ready(t, c)
		f.do(func() { f.list = []string{"maintenance"} })
		time.Sleep(10 * time.Minute)
		if got := c.Status().Server; got != "a:8848" || len(log.list(nacos.EventConnectionLost)) > 0 {
			t.Errorf("the address server names a host that is none, and the session is at %q:\n%s", got, log)
		}
		f.do(func() { f.down["maintenance:8848"] = false }) // and now it is one
		time.Sleep(40 * time.Second)
		if got := c.Status().Server; got != "maintenance:8848" {
			t.Errorf("the only server that is named can be reached, and the session is at %q", got)
		}
	})
}

// While the address server cannot be asked, what it said last is used, and before its first word
// the servers of the Config.
func TestEndpointIsDown(t *testing.T) {
	t.Parallel()
	bubble(t, located, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		err := follow(t, c.Config("x.yaml")).trouble()
		if !errors.Is(err, source.Unavailable) || !strings.Contains(err.Error(), "finder:8080") {
			t.Errorf("without any server the source tells %v, want the address server's trouble", err)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := len(log.list(nacos.EventAddressServerFailed)); n != 1 {
			t.Errorf("the same trouble with the address server was told %d times, want once", n)
		}
		if n := len(f.calls("fetch")); n < 20 || n > 60 {
			t.Errorf("the address server was asked %d times in 10 minutes, want about every 30 s", n)
		}
		f.do(func() { f.list = []string{"a:8848"} })
		time.Sleep(40 * time.Second)
		ready(t, c)
		f.do(func() { f.list = nil })
		time.Sleep(2 * time.Minute)
		f.cut()
		time.Sleep(time.Second)
		if err := c.WaitReady(within(t)); err != nil {
			t.Errorf("what the address server said last is not used: %v", err)
		}
	})
	both := nacos.Config{Endpoint: "finder:8080", Servers: []string{"s:8848"}}
	bubble(t, both, nil, func(t *testing.T, _ *cluster, c *nacos.Client, _ *events) {
		ready(t, c)
		if got := c.Status().Server; got != "s:8848" {
			t.Errorf("with the address server down the session is at %q, want that of the Config", got)
		}
	})
}

// The whole way over HTTP, with what an address server can do wrong.
func TestEndpointOverHTTP(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	var answer atomic.Value
	answer.Store("")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := answer.Load().(string)
		if r.URL.Path != "/nacos/serverlist" || text == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(web.Close)
	log := newEvents()
	c := newClient(t, nacos.Config{Endpoint: strings.TrimPrefix(web.URL, "http://")}, log.hook())
	if e := log.wait(t, nacos.EventAddressServerFailed, 1); !errors.Is(e.Err, nacos.NoServers) || !strings.Contains(e.Err.Error(), "404") {
		t.Errorf("a status of 404 is told as %v", e.Err)
	}
	answer.Store("<html>\n")
	if e := log.wait(t, nacos.EventAddressServerFailed, 2); !errors.Is(e.Err, nacos.NoServers) {
		t.Errorf("an answer without a server is told as %v", e.Err)
	}
	answer.Store(" " + srv.Addr() + " \r\n")
	log.wait(t, nacos.EventServersChanged, 1)
	ready(t, c)
}

func TestEndpointAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"h": "http://h:8080/nacos/serverlist", "h:81": "http://h:81/nacos/serverlist", "https://h": "https://h:443/nacos/serverlist",
		"http://h/other/list?env=dev": "http://h:80/other/list?env=dev", "http://[::1]:9": "http://[::1]:9/nacos/serverlist",
	} {
		if got, err := nacos.ParseEndpoint(text); err != nil || got != want {
			t.Errorf("%q is read as %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"http://", "ftp://h", "http://u:canary@h", "h:0", "h:99999", "a b", "h_:x", "%zz"} {
		_, err := nacos.NewClient(nacos.Config{Endpoint: text})
		if !errors.Is(err, nacos.InvalidConfig) || !strings.Contains(err.Error(), "endpoint") || strings.Contains(err.Error(), "canary") {
			t.Errorf("the endpoint %q: %v, want %v and nothing of a password", text, err, nacos.InvalidConfig)
		}
	}
}
