package main

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

// buffer is an output that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// The story is told to its end, and each chapter shows what its title says, for both instances.
func TestStory(t *testing.T) {
	t.Parallel()
	var out buffer
	if err := run(t.Context(), nil, &out); err != nil {
		t.Errorf("the story broke off: %v", err)
	}
	text := out.String()
	for _, want := range []string{
		// the trace of the good change, as a tree
		`publisher  release r2
  publisher    config.publish PRODUCER           public/DEFAULT_GROUP/orders.yaml
  orders-1       ~> config.apply CONSUMER        applied
  orders-1         config.decode                 orders.yaml
  orders-1         config.merge
  orders-1         config.validate
  orders-1         config.build
  orders-1           config.build.resource       db
  orders-1         config.swap
  orders-1         config.subscriber             limiter
  orders-2       ~> config.apply CONSUMER        applied
`,
		"orders-1       ~> config.apply CONSUMER        rejected error.type=wrong_type\n",
		"orders-2       ~> config.apply CONSUMER        held\n",
		"orders-2         config.subscriber.slow        cache error.type=timeout\n",
		// the metrics
		`nacre_changes_total{config="orders",result="applied"} 2`,
		`nacre_subscriber_calls_total{config="orders",result="ok",subscriber="limiter"} 1`,
		`nacre_config_last_apply_successful{config="orders"} 0`,
		`nacre_rejections_total{config="orders",kind="wrong_type",layer="orders.yaml"} 1`,
		`nacre_layer_held{config="orders",layer="orders.yaml"} 1`,
		`nacre_layer_held{config="orders",layer="orders.yaml"} 0`,
		`nacre_subscriber_slow_total{config="orders",subscriber="cache"} 1`,
		`nacre_subscriber_pending{config="orders",subscriber="cache"} 1`,
		`nacre_subscriber_pending{config="orders",subscriber="cache"} 0`,
		`nacre_nacos_reconcile_changed_total{client="orders"} 1`,
		"nacre.changes config=orders result=rejected 1\n",
		"nacre.nacos.reconcile_changed client=orders 1\n",
		// what the debug page says
		"orders.yaml:2:7 pool: must be a whole number, not a string\n",
		"orders.yaml: loses 6 of 7 keys\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the story does not say %s", want)
		}
		if series := strings.HasPrefix(want, "nacre"); series && strings.Count(text, want) < 2 {
			t.Errorf("not both instances have %s", want)
		}
	}
	for _, release := range []string{"r1", "r2", "r7"} { // the two instances run the same
		sums := regexp.MustCompile(`orders-([12])   nacre_config_info\{config="orders",release="`+release+`",sum="([^"]*)"\} 1`).FindAllStringSubmatch(text, -1)
		if len(sums) < 2 || sums[0][1] == sums[1][1] || sums[0][2] != sums[1][2] {
			t.Errorf("with release %s, the sums are %v", release, sums)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// With -listen, the instances keep running with their pages and metrics, and the program says how
// to scrape them.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	var out buffer
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-listen", "127.0.0.1:0"}, &out) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(out.String(), "targets: [") {
		select {
		case <-tick.C:
		case err := <-ended:
			t.Fatalf("the program has ended: %v\n%s", err, out.String())
		}
	}
	targets := regexp.MustCompile(`targets: \["(.*)", "(.*)"\]`).FindStringSubmatch(out.String())
	if len(targets) != 3 || targets[1] == targets[2] {
		t.Fatalf("the targets are %q", targets)
	}
	for _, target := range targets[1:] {
		for path, want := range map[string]string{"/metrics": "nacre_config_ready", "/debug/config": "<html", "/debug/config.json": `"health"`, "/readyz": "true", "/livez": "true"} {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			_, _ = body.ReadFrom(response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusOK || !strings.Contains(body.String(), want) {
				t.Errorf("%s%s answers %d", target, path, response.StatusCode)
			}
		}
		if !strings.Contains(out.String(), "http://"+target+"/debug/config") {
			t.Errorf("the output does not name the page of %s", target)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if errors := []error{run(t.Context(), []string{"-listen", "nowhere"}, &out), run(t.Context(), []string{"-listen", "127.0.0.1:x"}, &out), run(t.Context(), []string{"-no"}, &out)}; errors[0] == nil || errors[1] == nil || errors[2] == nil {
		t.Errorf("bad flags are accepted: %v", errors)
	}
}
