package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/cli"
	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus/prometheustest"
)

// applied are the metrics of an instance that has verified and accepted its content at a time.
func applied(at time.Time) string {
	const labels = `{job="orders",instance="10.0.0.7:8080",config="default"`
	return fmt.Sprintf("up{job=\"orders\",instance=\"10.0.0.7:8080\"} 1\nnacre_config_ready%[1]s} 1\nnacre_config_version%[1]s} 2\n"+
		"nacre_config_last_apply_success_timestamp_seconds%[1]s} %[2]d\nnacre_layer_up%[1]s,layer=\"orders.yaml\"} 1\n"+
		"nacre_layer_verified_timestamp_seconds%[1]s,layer=\"orders.yaml\"} %[2]d\n", labels, at.Unix())
}

// A Prometheus that restarts, or is slow for a while, does not end the wait for a rollout.
func TestRolloutOutlivesAnOutageOfPrometheus(t *testing.T) {
	t.Parallel()
	srv, prom := start(t), prometheustest.New()
	t.Cleanup(prom.Close)
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}\n"); err != nil {
		t.Fatal(err)
	}
	prom.Set(applied(time.Unix(1, 0)))
	out, errs, ended := newOutput(), newOutput(), make(chan int, 1)
	go func() {
		ended <- cli.Main(&cli.Env{
			Args: []string{
				"rollout", "status", "orders.yaml", "--server", srv.Addr(), "--prometheus", prom.URL, "--selector", `job="orders"`,
				"--interval", "20ms", "--timeout", "1m",
			},
			Out: out, Err: errs, Now: time.Now, Environ: []string{"NACRE_CONFIG=" + filepath.Join(t.TempDir(), "config.yaml")},
		})
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, step := range []struct {
		shown string
		then  func()
	}{
		{"1 instance: 0 received", func() { prom.Fail(503, "") }},
		{"0 refused; asking again: ask Prometheus at ", func() { prom.Set(applied(time.Now().Add(time.Second))); prom.Fail(0, "") }},
		{"1 received, 1 applied, 1 acted", func() {}},
	} {
		for !strings.Contains(errs.String(), step.shown) {
			select {
			case <-errs.written:
			case code := <-ended:
				t.Fatalf("the command has ended with %d before %q: %s", code, step.shown, errs)
			case <-ctx.Done():
				t.Fatalf("%q is not shown: %s", step.shown, errs)
			}
		}
		step.then()
	}
	if code := <-ended; code != 0 {
		t.Errorf("code %d: %s", code, errs)
	}
}

// A Prometheus that never answers ends with --timeout.
func TestRolloutOfASilentPrometheus(t *testing.T) {
	t.Parallel()
	srv, prom, hang := start(t), prometheustest.New(), make(chan struct{})
	t.Cleanup(func() { close(hang); prom.Close() })
	prom.Hang(hang)
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}\n"); err != nil {
		t.Fatal(err)
	}
	code, out, errs := run(t, "rollout", "status", "orders.yaml", "--server", srv.Addr(), "--prometheus", prom.URL, "--selector", `job="orders"`, "--timeout", "1s")
	if code != 3 || out != "" || !strings.Contains(errs, "ask Prometheus at ") {
		t.Errorf("code %d, %q on stdout and %q on stderr", code, out, errs)
	}
}

// An instance that hides the md5 of its document, since it holds a secret, has the content only if
// it has verified that since the publish: it does not count as done while the content is on its
// way.
func TestRolloutOfADocumentWithASecret(t *testing.T) {
	t.Parallel()
	srv := start(t)
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {password: hunter2}\n"); err != nil {
		t.Fatal(err)
	}
	const before, after = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
	for name, c := range map[string]struct{ layer, health, want string }{
		"applied":                   {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + after + `"`, ``, "yes yes yes current"},
		"on its way":                {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + before + `"`, ``, "no no no behind"},
		"never verified":            {`"applied":"keyed-1","latest":"keyed-1"`, ``, "no no no behind"},
		"not decided":               {`"applied":"keyed-1","latest":"keyed-2","verified_at":"` + after + `"`, ``, "no no no behind"},
		"rejected":                  {`"applied":"keyed-1","latest":"keyed-2","verified_at":"` + after + `","rejected":["db.pool: must be at most 100"]`, ``, "yes no no rejected"},
		"an earlier one rejected":   {`"applied":"keyed-1","latest":"keyed-2","verified_at":"` + before + `","rejected":["db.pool: must be at most 100"]`, ``, "no no no behind"},
		"an earlier one held":       {`"applied":"keyed-1","latest":"keyed-2","verified_at":"` + before + `","held":["pinned"]`, ``, "no no no behind"},
		"down":                      {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + before + `","down":"no route"`, ``, "no no no down"},
		"stale":                     {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + before + `","stale":true`, ``, "no no no stale"},
		"applied, and not yet used": {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + after + `"`, `"not_ready":["layer orders.yaml is stale"],`, "yes yes no current"},
	} {
		instance := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"health":{"version":1,%s"layers":[{"name":"orders.yaml","documents":["orders.yaml"],%s}]}}`, c.health, c.layer)
		}))
		_, out, errs := run(t, "rollout", "status", "orders.yaml", "--server", srv.Addr(), "--instance", instance.URL, "--watch=false", "--max-refused", "100")
		instance.Close()
		if row := strings.Join(strings.Fields(out), " "); !strings.Contains(row, instance.URL+" "+c.want+" ") {
			t.Errorf("%s: the row is not %q: %s%s", name, c.want, out, errs)
		}
	}
}
