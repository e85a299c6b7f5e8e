package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

var login = nacos.Config{Username: "u", Password: nacos.NewPassword("p")}

func TestReconnectWaitsExponentiallyWithFullJitter(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.down["a:8848"] = true }, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		src := follow(t, c.Config("x.yaml"))
		if err := src.trouble(); !errors.Is(err, source.Unavailable) {
			t.Errorf("while the server is down the source tells %v, want unavailable", err)
		}
		time.Sleep(30 * time.Minute)
		tries := f.attempts()
		limit := 100 * time.Millisecond
		var over, late int
		for i := 1; i < len(tries); i++ {
			gap := tries[i].at.Sub(tries[i-1].at)
			if gap > limit {
				over++
			}
			if i > 12 && gap < 15*time.Second {
				late++
			}
			limit = min(2*limit, 30*time.Second)
		}
		if over > 0 {
			t.Errorf("%d of %d waits are longer than the limit that doubles from 100 ms to 30 s", over, len(tries))
		}
		if late == 0 || late == len(tries)-13 {
			t.Errorf("%d of %d late waits are in the lower half: the jitter is not full", late, len(tries)-13)
		}
		if last := tries[len(tries)-1].at; time.Since(last) > 31*time.Second {
			t.Errorf("the last try was %v ago: the session has given up", time.Since(last))
		}
		synctest.Wait()
		if n := len(log.list(nacos.EventOutage)); n != 1 {
			t.Errorf("%d outages were told, want 1, after the tenth failure", n)
		} else if e := log.list(nacos.EventOutage)[0]; e.Attempt != 10 || e.Err == nil {
			t.Errorf("the outage has attempt %d and error %v, want 10 and the cause", e.Attempt, e.Err)
		}
		f.do(func() { f.down["a:8848"], f.starts = false, true })
		time.Sleep(20 * time.Second)
		f.do(func() { f.starts = false })
		time.Sleep(31 * time.Second)
		if err := c.WaitReady(t.Context()); err != nil {
			t.Errorf("the server is ready for 31 s and the client is not: %v", err)
		}
	})
}

// A long back-off must not keep a client from a server that has come back.
func TestServerThatComesBackIsFoundSoon(t *testing.T) {
	t.Parallel()
	for _, starts := range []time.Duration{0, 2 * time.Second} {
		bubble(t, nacos.Config{}, func(f *cluster) { f.down["a:8848"] = true }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
			time.Sleep(time.Hour)
			f.do(func() { f.down["a:8848"], f.starts = false, starts > 0 })
			time.Sleep(starts)
			f.do(func() { f.starts = false })
			begin := time.Now()
			if err := c.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("down for an hour and starting for %v, the server was found %v after it was ready", starts, took)
			}
		})
	}
}

// halted is a cluster whose only server is halted, as by SIGSTOP: the kernel accepts connections,
// and what is sent has no answer until the server resumes.
type halted struct {
	*cluster
	resumed chan struct{}
}

func (h *halted) resumes(ctx context.Context, d time.Duration) bool {
	select {
	case <-h.resumed:
		return true
	case <-time.After(d):
	case <-ctx.Done():
	}
	return false
}

func (h *halted) Open(ctx context.Context, server nacos.Address) (nacos.Link, error) {
	if !h.resumes(ctx, time.Hour) {
		return nil, &source.Error{Kind: source.Timeout, Op: "connect to", Document: server.String(), Err: nacos.NoResponse}
	}
	return h.cluster.Open(ctx, server)
}

func (h *halted) ProbePort(ctx context.Context, server nacos.Address) bool {
	return h.resumes(ctx, time.Second) && h.cluster.ProbePort(ctx, server)
}

// docs/nacos-guarantees.md names the bound.
func TestServerThatResumesIsFoundSoon(t *testing.T) {
	t.Parallel()
	for range 30 {
		synctest.Test(t, func(t *testing.T) {
			h := &halted{newCluster(), make(chan struct{})}
			c, err := nacos.NewClientVia(h, nacos.Config{Servers: []string{"a:8848"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			time.Sleep(10*time.Minute + rand.N(time.Minute))
			begin := time.Now()
			close(h.resumed)
			if err := c.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("halted for ten minutes, the server was found %v after it resumed", took)
			}
		})
	}
}

// hosts is a cluster of which some hosts are off: what is sent there has no answer.
type hosts struct {
	*cluster
	off []string
}

func (h *hosts) isOff(server nacos.Address) bool { return slices.Contains(h.off, server.String()) }

func (h *hosts) Open(ctx context.Context, server nacos.Address) (nacos.Link, error) {
	if h.isOff(server) {
		<-ctx.Done()
		return nil, &source.Error{Kind: source.Timeout, Op: "connect to", Document: server.String(), Err: nacos.NoResponse}
	}
	return h.cluster.Open(ctx, server)
}

func (h *hosts) ProbePort(ctx context.Context, server nacos.Address) bool {
	if h.isOff(server) {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
		return false
	}
	return h.cluster.ProbePort(ctx, server)
}

// A server that comes back is tried first, and those beside it that are off cost it at most the two
// tries that are under way.
func TestServerThatComesBackBesideHostsThatAreOff(t *testing.T) {
	t.Parallel()
	for range 30 {
		synctest.Test(t, func(t *testing.T) {
			f := newCluster()
			f.down["c:8848"] = true
			log := newEvents()
			c, err := nacos.NewClientVia(&hosts{f, []string{"a:8848", "b:8848"}}, nacos.Config{Servers: []string{"a:8848", "b:8848", "c:8848"}}, log.hook())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			time.Sleep(10*time.Minute + rand.N(time.Minute))
			f.do(func() { f.down["c:8848"] = false })
			begin := time.Now()
			log.wait(t, nacos.EventConnected, 1)
			if took := time.Since(begin); took > 12*time.Second {
				t.Errorf("beside two hosts that are off it was found after %v", took)
			}
		})
	}
}

// Keys that are declared while a server fails listens neither ask for all keys again and again, nor
// put off what comes when it is well.
func TestKeysDeclaredWhileListensFail(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		if err := c.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, lasts := range []time.Duration{240 * time.Millisecond, 10 * time.Second} {
			f.do(func() { f.failed = 1 << 30 })
			before := len(f.calls("ConfigBatchListenRequest"))
			var readers []*reader
			for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
				id := fmt.Sprintf("%v-%d.yaml", lasts, len(readers))
				f.put(id, "a: 1")
				readers = append(readers, follow(t, c.Config(id)))
			}
			if n := len(f.calls("ConfigBatchListenRequest")) - before; n > 25 {
				t.Errorf("%d listens within %v at a server that fails them all", n, lasts)
			}
			time.Sleep(lasts / 10)
			f.do(func() { f.failed = 0 })
			if took := allRead(readers); took > 4*time.Second {
				t.Errorf("after %v of failures the keys came after %v", lasts, took)
			}
		}
	})
}

// A server that refuses is not asked more often because its port is open.
func TestOpenPortEndsNoBackoff(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.starts = true }, func(t *testing.T, f *cluster, _ *nacos.Client, _ *events) {
		time.Sleep(30 * time.Minute)
		if n := len(f.attempts()); n > 180 {
			t.Errorf("%d tries in half an hour of a server that is not ready; the back-off allows about 120", n)
		}
	})
}

func TestBackoffStartsAnewOnlyAfterAMinuteOfHealth(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		healthy time.Duration
		anew    bool
	}{{59 * time.Second, false}, {61 * time.Second, true}} {
		t.Run(tc.healthy.String(), func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, func(f *cluster) { f.starts = true }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				time.Sleep(10 * time.Minute) // the limit is at 30 s now
				f.do(func() { f.starts = false })
				if err := c.WaitReady(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tc.healthy)
				f.do(func() { f.starts = true })
				n := len(f.attempts())
				f.cut()
				time.Sleep(5 * time.Second) // 0.1 + 0.2 + 0.4 + 0.8 + 1.6 s at most
				got := len(f.attempts()) - n
				if anew := got >= 5; anew != tc.anew {
					t.Errorf("after %v of health %d tries were made in 5 s", tc.healthy, got)
				}
			})
		})
	}
}

func TestEveryServerIsTried(t *testing.T) {
	t.Parallel()
	cfg := nacos.Config{Servers: []string{"a:8848", "b:8848", "c:8848"}}
	bubble(t, cfg, func(f *cluster) { f.down["a:8848"], f.down["c:8848"] = true, true }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		if err := c.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := c.Status().Server; got != "b:8848" {
			t.Errorf("connected to %q, want the one server that is up", got)
		}
		f.do(func() { f.down["b:8848"], f.down["c:8848"] = true, false })
		f.cut()
		time.Sleep(time.Second)
		if got := c.Status().Server; got != "c:8848" {
			t.Errorf("a second after its server broke the client is connected to %q, want c", got)
		}
	})
}

func TestLostPushesAreHealedByReconcile(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "a: 1")
		src := c.Config("x.yaml")
		r := follow(t, src)
		r.until("a: 1")
		f.do(func() { f.lost = true })
		for i := range 20 {
			time.Sleep(time.Duration(i) * 1700 * time.Millisecond)
			text := fmt.Sprintf("a: %d", i+2)
			f.put("x.yaml", text)
			begin := time.Now()
			r.until(text)
			if took := time.Since(begin); took > 33*time.Second {
				t.Errorf("change %d, whose push was lost, was seen after %v; the bound is 33 s", i, took)
			}
			if age := time.Since(src.VerifiedAt()); age > time.Second {
				t.Errorf("right after the read the content was proven %v ago", age)
			}
		}
		n := len(f.calls("ConfigQueryRequest"))
		time.Sleep(10 * time.Minute)
		if got := len(f.calls("ConfigQueryRequest")); got != n {
			t.Errorf("%d reads in ten minutes without a change, want none: reconcile compares md5", got-n)
		}
		if age := time.Since(src.VerifiedAt()); age > 33*time.Second {
			t.Errorf("after ten quiet minutes the content was proven %v ago, want at most 33 s", age)
		}
		recs := log.list(nacos.EventReconciled)
		lost := 0
		for _, r := range recs {
			lost += r.Lost
		}
		if lost != 20 {
			t.Errorf("the reconciles count %d lost pushes, want 20: one for each", lost)
		}
		for i := 1; i < len(recs); i++ {
			if gap := recs[i].Time.Sub(recs[i-1].Time); gap < 27*time.Second || gap > 33*time.Second {
				t.Errorf("reconcile %d came %v after the one before, want 27 to 33 s", i, gap)
			}
		}
	})
}

func TestSilentServerIsFoundOut(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		if err := c.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.put("x.yaml", "a: 1")
		src := follow(t, c.Config("x.yaml"))
		src.until("a: 1")
		for i := range 3 {
			time.Sleep(5 * time.Minute)
			bound := 41 * time.Second
			f.do(func() { f.silent = true })
			begin := time.Now()
			lost := i + 1
			for len(log.list(nacos.EventConnectionLost)) < lost && time.Since(begin) < time.Hour {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(begin); took > bound {
				t.Errorf("a server that fell silent was given up after %v, the bound is %v", took, bound)
			}
			if e := log.list(nacos.EventConnectionLost)[i]; !errors.Is(e.Err, source.Timeout) {
				t.Errorf("the loss has the cause %v, want a timeout", e.Err)
			}
			text := fmt.Sprintf("b: %d", i)
			f.put("x.yaml", text)
			time.Sleep(time.Second)
			f.do(func() { f.silent = false })
			src.until(text)
		}
	})
}

func TestHeartbeatAdaptsToNetwork(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		latency time.Duration
		name    string
		every   time.Duration
	}{
		{10 * time.Millisecond, "good", 30 * time.Second},
		{300 * time.Millisecond, "fair", 15 * time.Second},
		{1500 * time.Millisecond, "bad", 5 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, func(f *cluster) { f.latency = tc.latency }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				if err := c.WaitReady(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Minute)
				if got := c.Status().Network; got != tc.name {
					t.Errorf("with answers after %v the network is called %q, want %q", tc.latency, got, tc.name)
				}
				beats := f.calls("HealthCheckRequest")
				gap := beats[len(beats)-1].at.Sub(beats[len(beats)-2].at)
				if gap < tc.every || gap > tc.every+4*tc.latency+time.Second {
					t.Errorf("heartbeats are %v apart, want %v", gap, tc.every)
				}
			})
		})
	}
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	prepare := func(f *cluster) { f.password, f.ttl = "p", 100*time.Second }
	bubble(t, login, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "a: 1")
		src := follow(t, c.Config("x.yaml"))
		src.until("a: 1")
		time.Sleep(10 * time.Minute)
		logins := f.calls("login")
		if len(logins) < 6 || len(logins) > 8 {
			t.Errorf("%d logins in ten minutes with tokens of 100 s, want one at 80 to 90 s of each", len(logins))
		}
		for i := 1; i < len(logins); i++ {
			if gap := logins[i].at.Sub(logins[i-1].at); gap < 80*time.Second || gap > 91*time.Second {
				t.Errorf("login %d came after %v of a token of 100 s, want 80 to 90 s", i, gap)
			}
		}
		if n := len(log.list(nacos.EventConnectionLost)); n > 0 {
			t.Errorf("the connection was lost %d times while tokens were renewed", n)
		}
	})
}

func TestRotatedSecretCostsOneLogin(t *testing.T) {
	t.Parallel()
	bubble(t, login, func(f *cluster) { f.password = "p" }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		const keys = 100
		var sources []*reader
		for i := range keys {
			f.put(fmt.Sprintf("%d.yaml", i), "a: 1")
			sources = append(sources, follow(t, c.Config(fmt.Sprintf("%d.yaml", i))))
		}
		for _, s := range sources {
			s.until("a: 1")
		}
		time.Sleep(time.Minute)
		n := len(f.calls("login"))
		f.do(func() { f.token += "rotated" })
		for i := range keys {
			f.put(fmt.Sprintf("%d.yaml", i), "a: 2")
		}
		begin := time.Now()
		for _, s := range sources {
			s.until("a: 2")
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("after the token was refused it took %v to read what had changed", took)
		}
		if got := len(f.calls("login")) - n; got != 1 {
			t.Errorf("%d logins for %d keys whose token was refused at once, want 1", got, keys)
		}
	})
}

func TestMissingPermissionDoesNotLoginInACircle(t *testing.T) {
	t.Parallel()
	bubble(t, login, func(f *cluster) { f.password, f.deny = "p", true }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		src := follow(t, c.Config("x.yaml"))
		if err := src.trouble(); !errors.Is(err, source.PermissionDenied) {
			t.Errorf("without the permission the source tells %v, want denied", err)
		}
		time.Sleep(10 * time.Minute)
		if n := len(f.calls("login")); n > 45 {
			t.Errorf("%d logins in ten minutes without the permission", n)
		}
		f.put("x.yaml", "a: 1")
		f.do(func() { f.deny = false })
		begin := time.Now()
		src.until("a: 1")
		if took := time.Since(begin); took > 33*time.Second {
			t.Errorf("after the permission was granted it took %v", took)
		}
	})
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	bubble(t, login, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		src := follow(t, c.Config("x.yaml"))
		if err := src.trouble(); !errors.Is(err, source.PermissionDenied) {
			t.Errorf("with a wrong password the source tells %v, want denied", err)
		}
		time.Sleep(10 * time.Minute)
		if n := len(f.calls("login")); n > 100 || n < 10 {
			t.Errorf("%d logins in ten minutes with a wrong password: want it tried again, with a growing wait", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.WaitReady(ctx); !errors.Is(err, source.PermissionDenied) {
			t.Errorf("Ready says %v, want denied", err)
		}
		if _, err := c.Get(t.Context(), "x.yaml"); !errors.Is(err, source.PermissionDenied) {
			t.Errorf("Get says %v, want denied", err)
		}
		synctest.Wait()
		if len(log.list(nacos.EventLoginFailed)) == 0 {
			t.Error("the refusal was not told as an event")
		}
		f.do(func() { f.password = "p" }) // an administrator mends it
		if err := c.WaitReady(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestServerThatStartsIsWaitedFor(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.starts = true }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		src := follow(t, c.Config("x.yaml"))
		if err := src.trouble(); !errors.Is(err, source.Unavailable) {
			t.Errorf("while the server starts the source tells %v, want unavailable", err)
		}
		time.Sleep(3 * time.Second)
		f.do(func() { f.starts = false })
		src.until("a: 1")
	})
}

func TestUnregisteredConnectionIsMadeAnew(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "a: 1")
		src := follow(t, c.Config("x.yaml"))
		src.until("a: 1")
		f.do(func() {
			f.links[0].registered = false
			clear(f.links[0].listens)
		})
		f.put("x.yaml", "a: 2")
		begin := time.Now()
		src.until("a: 2")
		if took := time.Since(begin); took > 34*time.Second {
			t.Errorf("a connection that the server forgot was found out after %v", took)
		}
		synctest.Wait()
		if n := len(log.list(nacos.EventConnectionLost)); n != 1 {
			t.Errorf("%d losses were told, want 1", n)
		}

		// Whoever asks finds it out at once, and has the answer over a new connection.
		f.do(func() { f.links[len(f.links)-1].registered = false })
		begin = time.Now()
		if item, err := c.Get(t.Context(), "x.yaml"); err != nil || string(item.Content) != "a: 2" {
			t.Errorf("Get over a connection that the server forgot returned %v, %v", item, err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("Get over a connection that the server forgot took %v", took)
		}
	})
}

func TestConnectResetIsFollowed(t *testing.T) {
	t.Parallel()
	cfg := nacos.Config{Servers: []string{"a:8848", "b:8848"}, AllowRedirects: []string{"d"}}
	for _, tc := range []struct{ to, want string }{{"", "other"}, {"a", "a"}, {"c", "other"}, {"d", "d"}} {
		t.Run("to "+tc.to, func(t *testing.T) {
			t.Parallel()
			bubble(t, cfg, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				if err := c.WaitReady(t.Context()); err != nil {
					t.Fatal(err)
				}
				was := c.Status().Server
				b := body{"requestId": "1"}
				if tc.to != "" {
					b["serverIp"], b["serverPort"] = tc.to, "8848"
				}
				f.do(func() { f.links[0].sendLocked("ConnectResetRequest", b) })
				time.Sleep(time.Second)
				got := c.Status().Server
				if tc.want == "other" && (got == was || got == "") || tc.want != "other" && got != tc.want+":8848" {
					t.Errorf("sent from %s to %q the client is connected to %q", was, tc.to, got)
				}
				f.do(func() {
					if len(f.links[0].acks) != 1 || f.links[0].acks[0] != "ConnectResetResponse" {
						t.Errorf("the request was answered with %v", f.links[0].acks)
					}
				})
			})
		})
	}
}

func TestCloseWhileConnecting(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*cluster){
		"silent":  func(f *cluster) { f.silent = true },
		"down":    func(f *cluster) { f.down["a:8848"] = true },
		"login":   func(f *cluster) { f.silent, f.password = true, "p" },
		"denied":  func(f *cluster) { f.deny = true },
		"at once": func(*cluster) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, wait := range []time.Duration{0, 50 * time.Millisecond, 7 * time.Second} {
				bubble(t, login, prepare, func(t *testing.T, _ *cluster, c *nacos.Client, _ *events) {
					src := c.Config("x.yaml")
					time.Sleep(wait)
					done := make(chan error, 1)
					go func() {
						var err error
						for err == nil || !errors.Is(err, source.Closed) {
							_, err = src.Next(t.Context(), "")
						}
						done <- err
					}()
					synctest.Wait()
					if err := c.Close(); err != nil { // bubble measures the second, which must do nothing
						t.Error(err)
					}
					if err := <-done; !errors.Is(err, source.Closed) {
						t.Errorf("Next of a closed client says %v", err)
					}
				})
			}
		})
	}
}

// A timeout that is meant to be none is one of an hour, and not one that has run over.
func TestRequestTimeoutThatIsMeantToBeNone(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.latency, f.lie = time.Millisecond, 3 }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		begin := time.Now()
		follow(t, c.Config("x.yaml")).until("a: 1")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("after three answers with a wrong md5 the content came after %v", took)
		}
		if err := c.Publish(t.Context(), "x.yaml", []byte("a: 2")); errors.Is(err, source.Timeout) {
			t.Errorf("Publish: %v", err)
		}
	}, nacos.RequestTimeout(math.MaxInt64), nacos.ReconcileEvery(math.MaxInt64))
}

// The interval of the comparison is what the source says of it, and an absurd one does not run over
// into a comparison without a pause.
func TestReconcileEveryIsWhatTheSourceSays(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]time.Duration{
		0: time.Second, time.Second: time.Second, 10 * time.Minute: 10 * time.Minute, math.MaxInt64: 24 * time.Hour,
	} {
		t.Run(every.String(), func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
				f.put("x.yaml", "a: 1")
				src := c.Config("x.yaml")
				follow(t, src).until("a: 1")
				bound := source.DescriptionOf(src).VerifyEvery
				if bound != want+want/10 {
					t.Errorf("the source says that it verifies every %v, want %v and a tenth", bound, want)
				}
				time.Sleep(5 * want)
				if n := len(log.list(nacos.EventReconciled)); n < 4 || n > 9 {
					t.Errorf("%d comparisons in five intervals", n)
				}
				for range 20 {
					time.Sleep(want / 7)
					if age := time.Since(src.VerifiedAt()); age > bound+time.Second {
						t.Errorf("the content was verified %v ago, and the source says at most %v", age, bound)
					}
				}
			}, nacos.ReconcileEvery(every))
		})
	}
}

func TestOutageAfter(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.down["a:8848"] = true }, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		time.Sleep(time.Hour)
		if e := log.wait(t, nacos.EventOutage, 1); e.Attempt != 3 || e.Err == nil {
			t.Errorf("the outage has attempt %d and error %v, want 3, as the option says", e.Attempt, e.Err)
		}
		f.do(func() { f.down["a:8848"] = false })
		ready(t, c)
		synctest.Wait()
		if n := len(log.list(nacos.EventOutage)); n != 1 {
			t.Errorf("one outage was told %d times", n)
		}
		if e := log.wait(t, nacos.EventConnected, 1); e.Attempt < 4 {
			t.Errorf("the recovery is told as try %d", e.Attempt)
		}
	}, nacos.OutageAfter(3))
}
