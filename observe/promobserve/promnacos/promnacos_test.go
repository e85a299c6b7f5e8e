package promnacos_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

var update = flag.Bool("update", false, "write the golden files")

func refused() error { return fmt.Errorf("connect: %w", nacos.ConnectionRefused) }

// eventful has every event that is counted.
func eventful() []nacos.Event {
	return []nacos.Event{
		{Kind: nacos.EventConnectFailed, Attempt: 1, Err: refused()},
		{Kind: nacos.EventOutage, Attempt: 10, Err: refused()}, // the same error as the one before it
		{Kind: nacos.EventConnected, Server: "nacos:8848", Attempt: 2},
		{Kind: nacos.EventReconciled, Keys: 3, Changed: 3},
		{Kind: nacos.EventConfigRead}, {Kind: nacos.EventConfigRead},
		{Kind: nacos.EventReadFailed, Err: nacos.PermissionDenied},
		{Kind: nacos.EventListenFailed, Attempt: 1, Err: nacos.CredentialsMissing},
		{Kind: nacos.EventContentDiscarded, Err: nacos.ContentCorrupt},
		{Kind: nacos.EventPushReceived},
		{Kind: nacos.EventHeartbeatMissed, Attempt: 1},
		{Kind: nacos.EventConnectionLost, Err: nacos.ConnectionLost},
		{Kind: nacos.EventConnected, Server: "nacos:8848", Attempt: 1},
		{Kind: nacos.EventReconciled, Keys: 3, Changed: 2, Lost: 1},
		{Kind: nacos.EventReconciled, Keys: 3, Changed: -1, Lost: -1},
		{Kind: nacos.EventConnectionLost, Err: errors.New("no code"), Dropped: 4},
		{Kind: nacos.EventRouted, Document: "prod/DEFAULT_GROUP/orders.routes.yaml", Route: "rule 1: every instance", Keys: 2},
		{Kind: nacos.EventRouted, Document: "prod/DEFAULT_GROUP/orders.routes.yaml", Route: "rule 2 (canary: 1): version v2.3.*, 10 %", Keys: 3},
		{Kind: nacos.EventRouteRejected, Document: "prod/DEFAULT_GROUP/orders.routes.yaml", Err: nacos.InvalidRoutes},
		{Kind: 200, Err: nacos.Code(200)},
	}
}

func fed() *promnacos.Metrics {
	m := promnacos.New("orders")
	for _, e := range eventful() {
		m.Observe(e)
	}
	m.Watch(func() nacos.Status { return nacos.Status{Server: "nacos:8848", Keys: 3} })
	return m
}

func scrape(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(c); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(rec.Body)
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("a scrape gets %d, %v: %s", rec.Code, err, body)
	}
	return string(body)
}

// The whole exposition is what testdata/metrics.txt has, and promlint has nothing to say about it.
func TestTheExposition(t *testing.T) {
	t.Parallel()
	got := scrape(t, fed())
	const golden = "testdata/metrics.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the exposition differs from %s; run the test with -update and read the difference:\n%s", golden, got)
	}
	problems, err := testutil.CollectAndLint(fed())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestASessionWithoutAConnection(t *testing.T) {
	t.Parallel()
	for name, watch := range map[string]func() nacos.Status{
		"not watched":   nil,
		"not connected": func() nacos.Status { return nacos.Status{Keys: 3, Err: nacos.ConnectionRefused} },
		"panics":        func() nacos.Status { panic("no") },
	} {
		m := promnacos.New("")
		m.Watch(func() nacos.Status { return nacos.Status{Server: "nacos:8848"} })
		m.Watch(watch)
		text := scrape(t, m)
		if !strings.Contains(text, `nacre_nacos_connected{client="default"} 0`) || strings.Contains(text, "nacre_nacos_server_info{") {
			t.Errorf("%s: the session is connected to a server:\n%s", name, text)
		}
	}
	m := promnacos.New("bad \xff name")
	m.Watch(func() nacos.Status { return nacos.Status{Server: "\xff\n"} })
	if text := scrape(t, m); !strings.Contains(text, `nacre_nacos_server_info{client="bad _ name",server="__"} 1`) {
		t.Errorf("a hostile server is shown as:\n%s", text)
	}
}

// Events of ten thousand documents, servers and codes make no series of their own.
func TestHostileEventsAddNoSeries(t *testing.T) {
	t.Parallel()
	m := promnacos.New(strings.Repeat("\x1bü\xff", 100_000))
	m.Watch(func() nacos.Status { return nacos.Status{Server: strings.Repeat("\x1bü\xff", 100_000), Keys: 10_000} })
	for i := range 10_000 {
		name := fmt.Sprint(i, "\n\x1b\xff")
		m.Observe(nacos.Event{Kind: nacos.EventReadFailed, Server: name, Document: name, MD5: name, Dropped: -1, Err: fmt.Errorf("%s: %w", name, nacos.Code(i%256))})
	}
	text := scrape(t, m)
	if n := strings.Count(text, "\nnacre_"); n > 60 || len(text) > 20<<10 {
		t.Errorf("hostile events make %d series of %d bytes", n, len(text))
	}
	if !strings.Contains(text, `result="failed"} 10000`) || !strings.Contains(text, "nacre_nacos_events_dropped_total{client=\"_ü__ü__ü") {
		t.Errorf("the events are not counted:\n%s", text)
	}
}

// However many routing documents there are, and whatever their names, a scrape works.
func TestManyRoutes(t *testing.T) {
	t.Parallel()
	m := promnacos.New("")
	for i := range 1000 {
		m.Observe(nacos.Event{Kind: nacos.EventRouted, Document: fmt.Sprint("public/G/", strings.Repeat("x", i%100), i, "\xff"), Route: strings.Repeat("\n", i)})
	}
	if n := strings.Count(scrape(t, m), "nacre_nacos_route_info{"); n != 16 {
		t.Errorf("there are %d series of routes, want 16", n)
	}
}
