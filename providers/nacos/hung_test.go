package nacos_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// lateLogins is a cluster whose logins wait, before the token is made and before it is answered.
type lateLogins struct {
	*cluster
	before, after func(server string) time.Duration // nil: not at all
}

// never is as long as whoever asks has patience.
const never = 1000 * time.Hour

func (l *lateLogins) Login(ctx context.Context, server nacos.Address, as nacos.Settings) (grant nacos.Grant, err error) {
	late := func(by func(server string) time.Duration) error {
		if by == nil {
			return nil
		}
		select {
		case <-time.After(by(server.String())):
			return nil
		case <-ctx.Done():
			return &source.Error{Kind: source.Timeout, Op: "login to", Document: server.String()}
		}
	}
	if err := late(l.before); err != nil {
		return grant, err
	}
	if grant, err = l.cluster.Login(ctx, server, as); err != nil {
		return grant, err
	}
	return grant, late(l.after)
}

// A login that has no answer is one login: it is neither waited for for ever, nor does it keep
// those at other servers from being made.
func TestLoginWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		servers []string
		hangs   func(server string, before int) bool
	}{
		"once":                  {[]string{"a:8848"}, func(_ string, before int) bool { return before == 0 }},
		"of one of two servers": {[]string{"a:8848", "b:8848"}, func(server string, _ int) bool { return server == "a:8848" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newCluster()
				f.password, f.ttl, f.down["b:8848"] = "p", time.Hour, true
				well, hung := true, 0
				via := &lateLogins{cluster: f, before: func(server string) time.Duration {
					f.mu.Lock()
					defer f.mu.Unlock()
					if well || !tc.hangs(server, hung) {
						return 0
					}
					hung++
					return never
				}}
				c, err := nacos.NewClientVia(via, nacos.Config{Servers: tc.servers, Username: "u", Password: nacos.NewPassword("p")})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				f.put("x.yaml", "a: 1")
				r := follow(t, c.Config("x.yaml"))
				r.until("a: 1")
				f.do(func() { well, f.down["b:8848"] = false, false })
				for range 600 {
					time.Sleep(time.Minute)
					if unproven([]*reader{r}) > 0 {
						t.Fatalf("nothing has been proven for %v", time.Since(r.src.VerifiedAt()))
					}
				}
				if n := len(f.calls("login")); n < 10 {
					t.Errorf("%d logins in ten hours, with tokens of an hour", n)
				}
			})
		})
	}
}

// Whoever asks for a token waits no longer than it wants to, and what comes of the login is there
// for the next.
func TestLoginGoesOnWithoutWhoAskedForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newCluster()
		f.password, f.ttl = "p", time.Hour
		slow := &lateLogins{cluster: f, before: func(string) time.Duration { return 4 * time.Second }}
		c, err := nacos.NewClientVia(slow, nacos.Config{Servers: []string{"a:8848"}, Username: "u", Password: nacos.NewPassword("p")})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f.put("x.yaml", "a: 1")
		begin := time.Now()
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err = c.Get(ctx, "x.yaml"); err == nil {
				cancel()
				break
			}
			cancel()
		}
		if err != nil || time.Since(begin) > 5*time.Second {
			t.Errorf("a login that takes 4 s, for callers that wait 1 s: after %v, %v", time.Since(begin), err)
		}
		if n := len(f.calls("login")); n != 1 {
			t.Errorf("%d logins, want one", n)
		}
	})
}

// A secret that is rotated while a login is under way: what that gives is no use, and the next one
// is.
func TestSecretRotatedDuringLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newCluster()
		f.password, f.ttl = "p", 100*time.Second
		var by atomic.Int64
		late := &lateLogins{cluster: f, after: func(string) time.Duration { return time.Duration(by.Load()) }}
		c, err := nacos.NewClientVia(late, nacos.Config{Servers: []string{"a:8848"}, Username: "u", Password: nacos.NewPassword("p")})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f.put("x.yaml", "a: 1")
		follow(t, c.Config("x.yaml")).until("a: 1")
		by.Store(int64(time.Second))
		for len(f.calls("login")) < 2 {
			time.Sleep(10 * time.Millisecond)
		}
		f.do(func() { f.token = "rotated" })
		by.Store(0)
		if _, err := c.Get(t.Context(), "x.yaml"); err != nil {
			t.Errorf("a read when the secret was rotated during a login: %v", err)
		}
		if n := len(f.calls("login")); n > 3 {
			t.Errorf("%d logins, want the renewal and one more", n-1)
		}
	})
}
