package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
)

func TestRequestsUseTheConfiguration(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	catalog := memory.New("catalog.yaml", []byte("title: Books\n"))
	cfg, err := open(t.Context(), nacre.Options{Logger: quiet, Window: nacre.Off}, catalog)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	server := newServer(cfg, quiet)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	if status, body := get("/items/7"); status != http.StatusOK || body != `{"id":"7","title":"Books"}` {
		t.Errorf("GET /items/7: %d %s", status, body)
	}
	if status, _ := get("/readyz"); status != http.StatusOK {
		t.Errorf("GET /readyz: %d", status)
	}
}

func TestARequestHasTheTimeoutOfItsVersion(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	catalog := memory.New("catalog.yaml", []byte("server: {timeout: 1ms}\n"))
	cfg, err := open(t.Context(), nacre.Options{Logger: quiet}, catalog)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	handle := oneVersion(cfg)(func(ctx context.Context, _ any) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if _, err := handle(t.Context(), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a request that takes longer than server.timeout ends with %v, want the deadline", err)
	}
}
