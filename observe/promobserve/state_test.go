package promobserve_test

import (
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/source"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

var update = flag.Bool("update", false, "write the golden files")

func at(seconds int64) time.Time { return time.Unix(1_800_000_000+seconds, 0).UTC() }

// full is a Health in which everything has something to report.
func full() observe.Health {
	return observe.Health{
		Version: 7, Sum: "v2-0123456789abcdef0123456789abcdef", Since: at(70), Pinned: true, Pending: []string{"server.addr a.yaml:1:2"},
		Instance: observe.Instance{Service: "orders", Version: "v2.3.1", ID: "orders-3", Host: "web-1", Process: "abc"}, Struct: "s1-0123456789ab",
		Layers: []observe.LayerHealth{
			{
				Name: "orders.yaml", Release: "2026-11-29", VerifiedAt: at(80), Stale: true, FromLastKnownGood: true, Absent: []string{"gone.yaml"},
				Down: "unavailable", DownSince: at(75), Rejected: []string{"no"}, Held: []string{"no", "not yet"}, Unused: []string{"x", "y"}, Deprecated: []string{"z"},
			},
			{Name: "env", VerifiedAt: at(90)},
		},
		Subscribers: []observe.SubscriberHealth{
			{Name: "pool", Calls: 2, LastVersion: 6, RunningSince: at(71), Pending: true},
			{Name: "log level", Calls: 1, LastVersion: 7},
		},
		Resources: []observe.ResourceHealth{{Name: "db", Builds: 1, Users: 3}},
		Hooks: []observe.HookHealth{
			{Name: "warm", State: "failed", Error: "unavailable"}, {Name: "migrate", State: "running"},
			{Name: "notify", State: "no record", Error: "not found"}, {Name: "index", State: "bad record"}, {Name: "clean", State: "done"},
		},
		LastKnownGood: observe.LastKnownGoodHealth{Path: "/var/cache/orders", SavedAt: at(60), Error: "disk full"},
	}
}

// eventful has every event that is counted.
func eventful() []observe.Event {
	in := func(layer string) source.Position { return source.Position{Layer: layer} }
	return []observe.Event{
		{Kind: observe.Applied, Time: at(1), Version: 1, Took: 20 * time.Millisecond, Causes: []observe.Cause{{Position: in("orders.yaml"), Modified: at(-90_000)}}},
		{Kind: observe.Applied, Time: at(65), Version: 7, Took: 2 * time.Millisecond, Causes: []observe.Cause{
			{Position: in("orders.yaml"), Modified: at(63)}, {Position: in("env")}, {Position: in("env"), Modified: at(66)},
			{Position: source.Position{Document: "back to version 2"}, Modified: at(1)}}},
		{Kind: observe.Unchanged, Time: at(66)},
		{Kind: observe.Rejected, Time: at(67), Causes: []observe.Cause{{Position: in("env")}}, Problems: source.Problems{
			{Kind: source.UnknownKey, Position: in("orders.yaml")}, {Kind: source.UnknownKey, Position: in("orders.yaml")},
			{Kind: source.WrongType, Position: in("orders.yaml")}, {Kind: source.Missing}}},
		{Kind: observe.Held}, {Kind: observe.RolledBack}, {Kind: observe.RollbackFailed},
		{Kind: observe.LayerDown, Layer: "orders.yaml"}, {Kind: observe.LayerDown, Layer: "orders.yaml"},
		{Kind: observe.LayerUp, Layer: "orders.yaml"}, {Kind: observe.LayerDown, Layer: "orders.yaml"},
		{Kind: observe.BreakerOpened, Layer: "env", Count: 10},
		{Kind: observe.SubscriberCalled, Name: "pool", Took: 30 * time.Millisecond},
		{Kind: observe.SubscriberCalled, Name: "pool", Took: time.Second, Err: errors.New("no")},
		{Kind: observe.SubscriberCalled, Name: "log level", Took: time.Millisecond, Err: &observe.PanicError{Text: "no"}},
		{Kind: observe.SubscriberSlow, Name: "pool"},
		{Kind: observe.ResourceBuilt, Name: "db"},
		{Kind: observe.ResourceBuilt, Name: "db", Err: errors.New("no")},
		{Kind: observe.ResourceBuilt, Name: "db", Err: &observe.PanicError{Text: "no"}},
		{Kind: observe.ContentReceived, Layer: "orders.yaml"}, {Kind: observe.Opened}, {Kind: 200},
	}
}

// fed returns metrics that have counted the events, and watch a Health.
func fed(m *promobserve.Metrics, h observe.Health, events ...observe.Event) *promobserve.Metrics {
	for _, e := range events {
		m.Observe(e)
	}
	m.Observe(observe.Event{Kind: observe.Closed}) // it waits until the others are counted
	m.Watch(func() observe.Health { return h })
	return m
}

// exposition returns what a scrape of the collectors gets, in the format of the Accept header.
func exposition(t *testing.T, accept string, collectors ...prometheus.Collector) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	for _, c := range collectors {
		if err := r.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	return scrape(t, r, accept)
}

func scrape(t *testing.T, g prometheus.Gatherer, accept string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	promhttp.HandlerFor(g, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(rec, req)
	body, err := io.ReadAll(rec.Body)
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("a scrape gets %d, %v: %s", rec.Code, err, body)
	}
	return string(body)
}

// The whole exposition is what testdata/metrics.txt has.
func TestTheExposition(t *testing.T) {
	t.Parallel()
	got := exposition(t, "", fed(promobserve.New("orders"), full(), eventful()...))
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
}

// promlint has nothing to say about any metric.
func TestTheMetricsFollowTheConventions(t *testing.T) {
	t.Parallel()
	problems, err := testutil.CollectAndLint(fed(promobserve.New("orders"), full(), eventful()...))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// series returns the lines of the exposition that begin with the prefixes, without their comments.
func series(text string, prefixes ...string) (lines []string) {
	for line := range strings.Lines(text) {
		for _, p := range prefixes {
			if strings.HasPrefix(line, p) {
				lines = append(lines, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	return lines
}

// Before Open has succeeded and after Close, a config is not ready, and has no other state that an
// alert could take for current.
func TestAConfigThatIsNotOpenHasNoState(t *testing.T) {
	t.Parallel()
	closed, never := full(), observe.Health{NotReady: []string{"config is not open"}}
	closed.Closed, closed.NotReady = true, []string{"config is closed"}
	for name, m := range map[string]*promobserve.Metrics{
		"never watched":     promobserve.New("orders"),
		"not open":          fed(promobserve.New("orders"), never),
		"closed":            fed(promobserve.New("orders"), closed, eventful()...),
		"no longer watched": fed(promobserve.New("orders"), full()),
		"panics":            promobserve.New("orders"),
	} {
		switch name {
		case "no longer watched":
			m.Watch(nil)
		case "panics":
			m.Watch(func() observe.Health { panic("no") })
		}
		text := exposition(t, "", m)
		if got := series(text, "nacre_config_", "nacre_layer_up", "nacre_layer_verified", "nacre_subscriber_version", "nacre_last"); len(got) != 1 || got[0] != `nacre_config_ready{config="orders"} 0` {
			t.Errorf("%s: the state is %q, want nacre_config_ready 0 alone", name, got)
		}
		if !strings.Contains(text, `nacre_changes_total{config="orders",result="rejected"} `) {
			t.Errorf("%s: the counters are missing", name)
		}
	}
	if m := fed(promobserve.New(""), full()); !strings.Contains(exposition(t, "", m), `nacre_config_ready{config="default"} 1`) {
		t.Error("a config without a name, which is open, is not the ready config default")
	}
}

// The digest before has no series once another one is live.
func TestTheInfoOfAnOldSumEnds(t *testing.T) {
	t.Parallel()
	h := full()
	m := promobserve.New("orders")
	m.Watch(func() observe.Health { return h })
	r := prometheus.NewPedanticRegistry()
	if err := m.Register(r); err != nil {
		t.Fatal(err)
	}
	for _, sum := range []string{"v2-aaaaaaaaaaaaaaaaaaaa", "v2-bbbbbbbbbbbbbbbbbbbb", "short", ""} {
		h.Sum = sum
		shown := sum[:min(len(sum), 15)]
		if sum == "" {
			shown = "unnamed"
		}
		want := `nacre_config_info{config="orders",release="2026-11-29",sum="` + shown + `"} 1`
		if got := series(scrape(t, r, ""), "nacre_config_info"); len(got) != 1 || got[0] != want {
			t.Errorf("the info is %q, want %q", got, want)
		}
	}
}

// The ID is a label only where it says more than the address of the scrape, and IDs that differ
// have labels that differ.
func TestTheIDOfAnInstance(t *testing.T) {
	t.Parallel()
	h := full()
	m := promobserve.New("orders")
	m.Watch(func() observe.Health { return h })
	r := prometheus.NewPedanticRegistry()
	if err := m.Register(r); err != nil {
		t.Fatal(err)
	}
	labels := func(id string) string {
		h.Instance.ID = id
		got := series(scrape(t, r, ""), "nacre_instance_info")
		if len(got) != 1 {
			t.Fatalf("the ID %q has the series %q, want one", id, got)
		}
		return got[0]
	}
	for id, want := range map[string]string{"orders-3": "orders-3", "": "", "web-1": ""} {
		if got := labels(id); got != `nacre_instance_info{config="orders",id="`+want+`",struct="s1-0123456789ab"} 1` {
			t.Errorf("the ID %q has the series %s, want the label %q", id, got, want)
		}
	}
	long, seen := strings.Repeat("long-", 20), map[string]string{}
	for _, id := range []string{"bad\xffid", "bad\xfeid", long + "1", long + "2", " ", "  ", strings.Repeat("ä", 50)} {
		got := labels(id)
		if of, is := seen[got]; is || strings.Contains(got, `id=""`) || len(got) > len(`nacre_instance_info{config="orders",id="",struct="s1-0123456789ab"} 1`)+64 {
			t.Errorf("the ID %q has the series %s, which is too long, without an ID, or that of %q", id, got, of)
		}
		seen[got] = id
	}
	h = observe.Health{Version: 1}
	if got := labels(""); got != `nacre_instance_info{config="orders",id="",struct=""} 1` {
		t.Errorf("without names the series is %s", got)
	}
}
