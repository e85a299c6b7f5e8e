package oncetest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/fleetonce/etcdonce"
	"github.com/nacre-go/nacre/fleetonce/fleetoncetest"
	"github.com/nacre-go/nacre/providers/memory"
)

// startServer starts a server of etcd in the process, and returns its address.
func startServer(t *testing.T) string {
	t.Helper()
	c := embed.NewConfig()
	c.Dir, c.LogLevel, c.LogOutputs = t.TempDir(), "error", []string{"/dev/null"}
	loopback := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	c.ListenClientUrls, c.ListenPeerUrls = []url.URL{loopback}, []url.URL{loopback}
	server, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(time.Minute):
		t.Fatal("etcd is not ready after a minute")
	}
	return server.Clients[0].Addr().String()
}

func newClient(t *testing.T, addr string) *clientv3.Client {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{addr}, DialTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEtcd(t *testing.T) {
	addr := startServer(t)
	t.Run("conformance", func(t *testing.T) {
		keys := 0
		fleetoncetest.Run(t, func(t *testing.T) (a, b fleetonce.Store) {
			t.Helper()
			keys++
			key := fmt.Sprintf("/once/%d", keys)
			return etcdonce.New(newClient(t, addr), key), etcdonce.New(newClient(t, addr), key)
		})
	})
	t.Run("creation is atomic", func(t *testing.T) {
		var created atomic.Int32
		var all sync.WaitGroup
		for range 12 {
			store := etcdonce.New(newClient(t, addr), "/once/created")
			all.Go(func() {
				if store.Create(t.Context(), []byte("record")) == nil {
					created.Add(1)
				}
			})
		}
		all.Wait()
		if n := created.Load(); n != 1 {
			t.Errorf("%d of 12 creations succeeded, want one", n)
		}
	})
	t.Run("a fleet", func(t *testing.T) { fleet(t, addr) })
}

type config struct {
	Size int `config:"size"`
}

func fleet(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	silent := slog.New(slog.DiscardHandler)
	if err := fleetonce.Create(ctx, etcdonce.New(newClient(t, addr), "/once/fleet"), "warm"); err != nil {
		t.Fatal(err)
	}
	document := memory.New("orders.yaml", []byte("size: 1"))
	var runs atomic.Int32
	var hooks []*fleetonce.Hook
	for range 5 {
		cfg, err := nacre.OpenWith[config](ctx, nacre.Options{LastKnownGoodDisabled: true, Logger: silent}, document)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cfg.Close() })
		hook, err := fleetonce.Do(cfg, etcdonce.New(newClient(t, addr), "/once/fleet"), "warm",
			func(context.Context, fleetonce.Run[config]) error { runs.Add(1); return nil }, fleetonce.Options{Logger: silent})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = hook.Close() })
		hooks = append(hooks, hook)
	}
	version := ""
	for size := 1; size <= 2; size++ {
		document.Set(fmt.Appendf(nil, "size: %d", size))
		for _, hook := range hooks {
			s, err := hook.Wait(ctx, func(s fleetonce.Status) bool {
				return s.State == fleetonce.Done && (s.Version != version || hook != hooks[0] && s.Version == hooks[0].Status().Version)
			})
			if err != nil {
				t.Fatalf("%v; the status is %+v", err, s)
			}
		}
		version = hooks[0].Status().Version
	}
	if n := runs.Load(); n != 2 {
		t.Errorf("the fleet ran %d times for two versions", n)
	}
}
