package confighttp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// ask asks a handler for a path of a host.
func ask(h http.Handler, method, host, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, nil)
	r.Host = host
	h.ServeHTTP(w, r)
	return w
}

// open opens a config that is good enough to be shown.
func open(t *testing.T) *nacre.Config[config] {
	t.Helper()
	cfg, err := nacre.OpenWith[config](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, memory.New("canary-document.yaml", []byte("pool: 1\ntoken: canary-token")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	return cfg
}

// A page that makes a browser resolve its own name to this machine is refused what this machine
// shows.
func TestOnlyKnownHostsAreServed(t *testing.T) {
	t.Parallel()
	cfg := open(t)
	for _, test := range []struct {
		host    string
		options []confighttp.Option
		want    int
	}{
		{host: "localhost", want: http.StatusOK},
		{host: "LOCALHOST:8080", want: http.StatusOK},
		{host: "app.localhost.", want: http.StatusOK},
		{host: "127.0.0.1:8080", want: http.StatusOK},
		{host: "10.1.2.3", want: http.StatusOK},
		{host: "[::1]:8080", want: http.StatusOK},
		{host: "[::1]", want: http.StatusOK},
		{host: "[fe80::1%25eth0]:80", want: http.StatusOK},
		{host: "evil.example", want: http.StatusForbidden},
		{host: "evil.example:8080", want: http.StatusForbidden},
		{host: "localhost.evil.example", want: http.StatusForbidden},
		{host: "evillocalhost", want: http.StatusForbidden},
		{host: "127.0.0.1.evil.example", want: http.StatusForbidden},
		{host: "127.0.0.1.evil.example:80", want: http.StatusForbidden},
		{host: "", want: http.StatusForbidden},
		{host: ":80", want: http.StatusForbidden},
		{host: "localhost@evil.example", want: http.StatusForbidden},
		{host: "localhost:80:evil.example", want: http.StatusForbidden},
		{host: "orders.internal", options: []confighttp.Option{confighttp.Hosts("orders.internal")}, want: http.StatusOK},
		{host: "Orders.Internal.:443", options: []confighttp.Option{confighttp.Hosts("ORDERS.internal:80")}, want: http.StatusOK},
		{host: "localhost", options: []confighttp.Option{confighttp.Hosts("orders.internal")}, want: http.StatusOK},
		{host: "a.orders.internal", options: []confighttp.Option{confighttp.Hosts("orders.internal")}, want: http.StatusForbidden},
		{host: "a.b.orders.internal", options: []confighttp.Option{confighttp.Hosts("x", "*.orders.internal")}, want: http.StatusOK},
		{host: "orders.internal", options: []confighttp.Option{confighttp.Hosts("*.orders.internal")}, want: http.StatusForbidden},
		{host: "evilorders.internal", options: []confighttp.Option{confighttp.Hosts("*.orders.internal")}, want: http.StatusForbidden},
		{host: "evil.example", options: []confighttp.Option{confighttp.Hosts("", "*", "*."), nil}, want: http.StatusForbidden},
		{host: "", options: []confighttp.Option{confighttp.Hosts("")}, want: http.StatusForbidden},
		{host: "evil.example", options: []confighttp.Option{confighttp.AnyHost()}, want: http.StatusOK},
	} {
		h := mux(cfg, test.options...)
		for _, path := range []string{"/debug/config/", "/debug/config.json"} {
			w := ask(h, http.MethodGet, test.host, path)
			if w.Code != test.want {
				t.Errorf("host %q: %s is %d, want %d", test.host, path, w.Code, test.want)
			}
			if body := w.Body.String(); w.Code != http.StatusOK && (strings.Contains(body, "canary") || strings.Contains(body, "evil") || !strings.Contains(body, "confighttp.Hosts")) {
				t.Errorf("host %q is refused with %q: want the fix, and nothing of the config or the request", test.host, body)
			}
		}
		// A probe comes by whatever name the service has, and is told nothing that could be stolen.
		for _, path := range []string{"/readyz", "/livez"} {
			if w := ask(h, http.MethodGet, test.host, path); w.Code != http.StatusOK {
				t.Errorf("host %q: a probe of %s is %d", test.host, path, w.Code)
			}
		}
	}
}

// Whoever can reach a probe may know whether the service takes traffic, and nothing else.
func TestProbesShowOneWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		document := memory.New("canary-document.yaml", []byte("pool: 1\ntoken: canary-token"))
		cfg, err := nacre.OpenWith[config](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, document)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nacre.Subscribe(cfg, func(c *config) int { return c.Pool }, func(context.Context, nacre.Change[int]) error { return errors.New("canary-error") }); err != nil {
			t.Fatal(err)
		}
		document.Set([]byte("pool: 2\ntoken: canary-token"))
		settle()
		if got := cfg.Health().Subscribers[0].LastError; got != "canary-error" {
			t.Fatalf("the last error is %q", got)
		}
		sum := cfg.Snapshot().Sum
		look := func(ready bool) {
			t.Helper()
			for _, probe := range []struct {
				path, want string
				handler    http.Handler
				fails      bool
			}{{"/readyz", "ready", confighttp.Ready(cfg), !ready}, {"/livez", "live", confighttp.Live(), false}} {
				code := http.StatusOK
				if probe.fails {
					code = http.StatusServiceUnavailable
				}
				want := fmt.Sprintf(`{"%s":%t}`, probe.want, !probe.fails)
				for what, h := range map[string]http.Handler{"alone": probe.handler, "in a mux": mux(cfg)} {
					w := ask(h, http.MethodGet, "svc", probe.path)
					if got := strings.Join(strings.Fields(w.Body.String()), ""); w.Code != code || got != want {
						t.Errorf("%s: %s is %d %s, want %d %s and no more", what, probe.path, w.Code, got, code, want)
					}
					if strings.Contains(w.Body.String(), sum) {
						t.Errorf("%s: %s shows the sum", what, probe.path)
					}
				}
			}
		}
		look(true)
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		look(false)
	})
}

// Every answer, a refusal included, is told to be what it is, to load nothing, and to stand in no
// frame.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	cfg := open(t)
	for what, h := range map[string]http.Handler{"Page": confighttp.Page(cfg), "JSON": confighttp.JSON(cfg), "Ready": confighttp.Ready(cfg), "Live": confighttp.Live()} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, "TRACE", "PROPFIND"} {
			for _, host := range []string{"localhost", "evil.example"} {
				for _, path := range []string{"/", "/debug/config/", "/debug/config/x", "/readyz"} {
					w := ask(h, method, host, path)
					header := w.Header()
					if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
						t.Errorf("%s: %s %s %s: the policy is %q", what, method, host, path, csp)
					}
					for name, want := range map[string]string{
						"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
					} {
						if got := header.Get(name); got != want {
							t.Errorf("%s: %s %s %s: %s is %q, want %q", what, method, host, path, name, got, want)
						}
					}
					if header.Get("Access-Control-Allow-Origin") != "" {
						t.Errorf("%s: another origin may read %s", what, path)
					}
					if read := method == http.MethodGet || method == http.MethodHead; !read && w.Code != http.StatusMethodNotAllowed {
						t.Errorf("%s: %s %s is %d", what, method, path, w.Code)
					}
				}
			}
		}
	}
}

// A handler serves one thing wherever it is mounted, and nothing below its mount point: a page with
// the values of a config never answers a probe.
func TestEachHandlerServesOneThing(t *testing.T) {
	t.Parallel()
	cfg := open(t)
	page, probe := confighttp.Page(cfg), confighttp.Ready(cfg)
	for _, test := range []struct {
		pattern, path string
		handler       http.Handler
		want          int
		isPage        bool
	}{
		{"/x", "/x", page, http.StatusOK, true},
		{"/x/", "/x/", page, http.StatusOK, true},
		{"GET localhost/x/", "/x/", page, http.StatusOK, true},
		{"/x/", "/x/ready", page, http.StatusNotFound, true},
		{"/x/", "/x/readyz", page, http.StatusNotFound, true},
		{"/x/", "/x/json", page, http.StatusNotFound, true},
		{"/x/", "/x/y/", page, http.StatusNotFound, true},
		{"/", "/", page, http.StatusOK, true},
		{"/", "/readyz", page, http.StatusNotFound, true},
		{"/x/{$}", "/x/", page, http.StatusOK, true},
		{"/x/", "/x/", http.StripPrefix("/x", page), http.StatusOK, true},
		{"/x/", "/x/", http.StripPrefix("/x/", page), http.StatusOK, true},
		{"/x/", "/x/ready", http.StripPrefix("/x", page), http.StatusNotFound, true},
		{"/{name}/config", "/a/config", page, http.StatusOK, true},
		{"/readyz", "/readyz", probe, http.StatusOK, false},
		{"/health/ready", "/health/ready", probe, http.StatusOK, false},
		{"/probe", "/probe", probe, http.StatusOK, false},
		{"/probe/", "/probe/live", probe, http.StatusNotFound, false},
	} {
		m := http.NewServeMux()
		m.Handle(test.pattern, test.handler)
		w := ask(m, http.MethodGet, "localhost", test.path)
		body := w.Body.String()
		if w.Code != test.want || test.want != http.StatusOK && strings.Contains(body, "canary") {
			t.Errorf("mounted at %s, %s is %d, want %d", test.pattern, test.path, w.Code, test.want)
		}
		if isPage := strings.Contains(body, "<table"); test.want == http.StatusOK && isPage != test.isPage {
			t.Errorf("mounted at %s, %s serves the wrong thing: %q", test.pattern, test.path, body)
		}
	}
	for path := range map[string]bool{"/readyz": true, "/": true, "/any/where": true} { // a router without patterns
		if w := ask(page, http.MethodGet, "localhost", path); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Type"), "html") {
			t.Errorf("the page under %s is %d", path, w.Code)
		}
		if w := ask(probe, http.MethodGet, "localhost", path); strings.Contains(w.Body.String(), "canary") || w.Body.Len() > 40 {
			t.Errorf("the probe under %s shows more than a word: %s", path, w.Body)
		}
	}
}
