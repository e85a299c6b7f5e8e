package nacos_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// reset asks the client of the newest link to go to another server.
func (f *cluster) reset(host, port string) {
	f.do(func() {
		b := body{"requestId": "1", "serverIp": host, "serverPort": port}
		f.links[len(f.links)-1].sendLocked("ConnectResetRequest", b)
	})
}

// visited returns the servers that the session has connected to or sent a password to.
func (f *cluster) visited() map[string]bool {
	all := map[string]bool{}
	for _, o := range f.attempts() {
		all[o.server] = true
	}
	for _, c := range f.calls("login") {
		all[c.key] = true
	}
	return all
}

// A server, or who speaks in its place, cannot send the session and its password to a host that
// nobody has listed.
func TestRedirectToAnUnlistedHost(t *testing.T) {
	t.Parallel()
	for _, to := range [][2]string{
		{"evil", "8848"}, {"a", "8849"}, {"a.evil", "8848"}, {"A@evil", "8848"}, {"evil/a", "8848"},
		{"evil\nlevel=ERROR", "8848"}, {strings.Repeat("x", 1<<20), "8848"}, {"evil", "-1"}, {"::1%evil", "8848"},
		{"169.254.169.254", "80"}, {"127.0.0.1", "8848"},
	} {
		cfg := login
		cfg.Servers = []string{"a:8848", "b:8848"}
		name := to[0][:min(20, len(to[0]))]
		prepare := func(f *cluster) { f.password = "p" }
		bubble(t, cfg, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
			for i := range 3 {
				log.wait(t, nacos.EventConnected, i+1)
				f.do(func() { f.token = "rotated" }) // the host that it goes to refuses the token
				f.reset(to[0], to[1])
				log.wait(t, nacos.EventConnectionLost, i+1)
			}
			time.Sleep(time.Minute)
			ready(t, c)
			for server := range f.visited() {
				if server != "a:8848" && server != "b:8848" {
					t.Errorf("sent to %q the session went to %q, which is not listed", name, server)
				}
			}
			for _, e := range log.list(nacos.EventRedirected) {
				if strings.ContainsAny(e.Server, "\n@/% ") || len(e.Server) > 300 {
					t.Errorf("the event of a redirect to %q repeats what no host can be", name)
				}
			}
		})
	}
}

// With an address server its list counts, as it is now, and the servers of the Config.
func TestRedirectWithAnAddressServer(t *testing.T) {
	t.Parallel()
	cfg := nacos.Config{Servers: []string{"s:8848"}, Endpoint: "finder:8080"}
	prepare := func(f *cluster) { f.list = []string{"a:8848", "b:8848"} }
	bubble(t, cfg, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		log.wait(t, nacos.EventServersChanged, 1)
		time.Sleep(3 * time.Second)
		for _, to := range []string{"a", "b", "a", "s"} {
			f.reset(to, "8848")
			time.Sleep(30 * time.Second)
			if got := c.Status().Server; got != to+":8848" {
				t.Errorf("sent to %s, which is listed, the session is at %q", to, got)
			}
		}
		f.do(func() { f.list = []string{"b:8848"} })
		time.Sleep(time.Minute)
		f.reset("a", "8848") // was listed
		time.Sleep(30 * time.Second)
		if got := c.Status().Server; got != "b:8848" {
			t.Errorf("sent to a server that the address server names no longer the session is at %q", got)
		}
	})
}

// A server that sends its clients away as soon as they come, to itself, to another one that does
// the same, or to nowhere, costs some connections a minute, and not a processor.
func TestRedirectsInALoop(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{"itself": "a", "each other": "other", "anywhere": "", "unlisted": "evil"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{Servers: []string{"a:8848", "b:8848"}}, nil, func(t *testing.T, f *cluster, _ *nacos.Client, log *events) {
				host := to
				for i := 1; ; i++ {
					e := log.wait(t, nacos.EventConnected, i)
					if to == "other" {
						host = map[string]string{"a:8848": "b", "b:8848": "a"}[e.Server]
					}
					for range 50 { // many at once are one
						f.reset(host, "8848")
					}
					log.wait(t, nacos.EventConnectionLost, i)
					if e.Time.Sub(log.wait(t, nacos.EventConnected, 1).Time) > time.Hour {
						break
					}
				}
				if n := len(f.attempts()); n > 400 {
					t.Errorf("in an hour of redirects the session connected %d times, want a back-off of 30 s", n)
				}
				if lost, told := len(log.list(nacos.EventConnectionLost)), len(log.list(nacos.EventRedirected)); told > lost {
					t.Errorf("%d redirects were told of %d connections", told, lost)
				}
			})
		})
	}
}

// wavering is a cluster that is starting on every other try, and unreachable on those between.
type wavering struct{ *cluster }

func (w wavering) Open(ctx context.Context, server nacos.Address) (nacos.Link, error) {
	link, err := w.cluster.Open(ctx, server)
	if err == nil && len(w.attempts())%2 == 0 {
		return nil, &source.Error{Kind: source.Unavailable, Op: "ask", Document: server.String(), Err: nacos.NotReady}
	} else if err == nil {
		return nil, errFakeRefused
	}
	return link, err
}

// Nor does a server that is starting, and away, and starting: each of these changes would be a
// reason to try soon.
func TestServerThatWavers(t *testing.T) {
	t.Parallel()
	prepare := func(f *cluster) { f.via = wavering{f} }
	bubble(t, nacos.Config{Servers: []string{"a:8848"}}, prepare, func(t *testing.T, f *cluster, _ *nacos.Client, _ *events) {
		time.Sleep(time.Hour)
		if n := len(f.attempts()); n > 3600 {
			t.Errorf("within an hour there were %d tries, want at most one a second", n)
		}
	})
}

// A password goes to no server that the address server has taken out of its list.
func TestNoLoginAtAServerThatIsListedNoLonger(t *testing.T) {
	t.Parallel()
	cfg := login
	cfg.Endpoint = "finder:8080"
	prepare := func(f *cluster) {
		f.list, f.password, f.ttl = []string{"a:8848"}, "p", 20*time.Minute
		f.down["b:8848"] = true
	}
	bubble(t, cfg, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		ready(t, c)
		f.do(func() { f.list = []string{"b:8848"} })
		log.wait(t, nacos.EventServersChanged, 2)
		before := len(f.calls("login"))
		time.Sleep(time.Hour) // the token ends
		for _, one := range f.calls("login")[before:] {
			if one.key != "b:8848" {
				t.Fatalf("the password was sent to %s, which is listed no longer", one.key)
			}
		}
		if e := log.list(nacos.EventLoginFailed); len(e) > 0 && errors.Is(e[0].Err, source.PermissionDenied) {
			t.Errorf("that no login is made is told as %v", e[0].Err)
		}
	})
}

// What Config.AllowRedirects names is gone to, with the password, for ten minutes at a time.
func TestAllowedRedirect(t *testing.T) {
	t.Parallel()
	cfg := login
	cfg.Servers = []string{"a:8848", "b:8848"}
	cfg.AllowRedirects = []string{"Spare", "other:8850", "10.1.0.0/16", "fd00::/8"}
	prepare := func(f *cluster) { f.password = "p" }
	for _, tc := range []struct {
		host, port string
		goes       bool
	}{
		{"spare", "8848", true}, {"spare", "1", true}, {"other", "8850", true}, {"other", "8848", false},
		{"10.1.2.3", "8848", true}, {"::ffff:10.1.2.3", "8848", true}, {"10.2.2.3", "8848", false}, {"fd00::1", "8848", true},
		{"spare.evil", "8848", false},
	} {
		bubble(t, cfg, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
			log.wait(t, nacos.EventConnected, 1)
			f.do(func() { f.token = "rotated" })
			f.reset(tc.host, tc.port)
			log.wait(t, nacos.EventConnected, 2)
			listed := func() bool {
				return strings.HasPrefix(c.Status().Server, "a:") || strings.HasPrefix(c.Status().Server, "b:")
			}
			if listed() == tc.goes {
				t.Fatalf("sent to %s:%s the session is at %q", tc.host, tc.port, c.Status().Server)
			}
			if e := log.list(nacos.EventRedirected)[0]; tc.goes != (e.Err == nil) || !tc.goes && !errors.Is(e.Err, nacos.UnlistedServer) {
				t.Errorf("the redirect to %s is told with error %v", tc.host, e.Err)
			}
			if !tc.goes {
				return
			}
			f.do(func() { f.down["a:8848"], f.down["b:8848"] = true, true })
			time.Sleep(30 * time.Minute)
			if listed() || len(log.list(nacos.EventConnectionLost)) > 1 {
				t.Fatal("the session has left for a list of which no server can be reached")
			}
			f.do(func() { f.down["a:8848"], f.down["b:8848"] = false, false })
			time.Sleep(2 * time.Minute)
			if !listed() {
				t.Errorf("half an hour later the session is at %q, and not back at the list", c.Status().Server)
			}
			f.reset(tc.host, tc.port)
			time.Sleep(8 * time.Minute)
			if listed() {
				t.Error("the session has come back before its time")
			}
			time.Sleep(4 * time.Minute)
			if !listed() {
				t.Error("after ten minutes the session is not back at the list")
			}
		})
	}
}

func TestAllowedRedirectsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a b", "h:0", "h:99999", "10.0.0.0/33", "canary@h/8", "http://canary", "fe80::1%eth0"} {
		_, err := nacos.NewClient(nacos.Config{Servers: []string{"h"}, AllowRedirects: []string{text}})
		if !errors.Is(err, nacos.InvalidConfig) || !strings.Contains(err.Error(), "allowed redirect 1") || strings.Contains(err.Error(), "canary") {
			t.Errorf("redirects to %q are allowed: %v, want %v", text, err, nacos.InvalidConfig)
		}
	}
}
