package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// service is the service on a Nacos server of its own.
type service struct {
	nacos *nacostest.Server
	cfg   *nacre.Config[Config]
	level *slog.LevelVar
	http  http.Handler
}

func newService(t *testing.T, document string) *service {
	t.Helper()
	server, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if err := server.Put("", "DEFAULT_GROUP", "orders.yaml", document); err != nil {
		t.Fatal(err)
	}
	client, err := nacos.NewClient(nacos.Config{Servers: []string{server.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	opts := nacre.Options{LastKnownGoodDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	cfg, err := open(t.Context(), opts, client.Source("orders.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	s := &service{nacos: server, cfg: cfg, level: new(slog.LevelVar)}
	if s.http, err = router(cfg, s.level); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) get(path string) (status int, body string) {
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// publish publishes a document and waits until the subscriber of the log level has been called.
func (s *service) publish(t *testing.T, document string, level slog.Level) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	seen := make(chan struct{}, 1)
	sub, err := nacre.Subscribe(s.cfg, func(c *Config) slog.Level { return c.LogLevel },
		func(_ context.Context, ch nacre.Change[slog.Level]) error {
			if ch.New == level {
				seen <- struct{}{}
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Stop()
	if err := s.nacos.Publish("", "DEFAULT_GROUP", "orders.yaml", document); err != nil {
		t.Fatal(err)
	}
	select {
	case <-seen:
	case <-ctx.Done():
		t.Fatalf("the change is not live after 10 s: %v", s.cfg.Health())
	}
}

func TestAChangeReachesRequestsAndTheLogger(t *testing.T) {
	s := newService(t, "currency: EUR\n")
	if status, body := s.get("/orders/7"); status != http.StatusOK || body != `{"currency":"EUR","id":"7"}` {
		t.Fatalf("GET /orders/7: %d %s", status, body)
	}
	s.publish(t, "currency: CHF\nlog_level: debug\n", slog.LevelDebug)
	if status, body := s.get("/orders/7"); status != http.StatusOK || body != `{"currency":"CHF","id":"7"}` {
		t.Errorf("GET /orders/7 after the change: %d %s", status, body)
	}
}

func TestTheLimitIsSetBeforeTheFirstRequest(t *testing.T) {
	s := newService(t, "currency: EUR\nlimit: {per_second: 0.001, burst: 1}\n")
	if status, _ := s.get("/orders/1"); status != http.StatusOK {
		t.Errorf("the first request: %d, want 200", status)
	}
	if status, _ := s.get("/orders/2"); status != http.StatusTooManyRequests {
		t.Errorf("the second request: %d, want 429", status)
	}
	if status, _ := s.get("/readyz"); status != http.StatusOK {
		t.Errorf("a probe is limited too: %d", status)
	}
}
