package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus"
)

const vector = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"orders"},"value":[1.5,"1"]},{"metric":{},"value":[1.5,"NaN"]}]}}`

// serve returns the client of a server with these answers.
func serve(t *testing.T, answer http.HandlerFunc) *prometheus.Client {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	c, err := prometheus.New(srv.URL+"/prefix/", func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer hunter2")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestQuery(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prefix/api/v1/query" || r.FormValue("query") != `up{job="orders"}` || r.Header.Get("Authorization") != "Bearer hunter2" {
			t.Errorf("the request is %s %v", r.URL, r.Header)
		}
		if got := r.FormValue("time"); got != "" && got != "1700000000.250" {
			t.Errorf("the time is %q", got)
		}
		fmt.Fprint(w, strings.Replace(vector, `"data"`, `"warnings":["a store is down"],"data"`, 1))
	})
	for _, at := range []time.Time{{}, time.UnixMilli(1700000000250)} {
		got, err := c.Query(t.Context(), `up{job="orders"}`, at)
		if err != nil {
			t.Fatal(err)
		}
		if s := got.Samples; len(s) != 2 || s[0].Labels["job"] != "orders" || s[0].Value != 1 || s[1].Value == s[1].Value || len(got.Warnings) != 1 {
			t.Errorf("the answer is %+v", got)
		}
	}
	scalar := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"scalar","result":[1,"+Inf"]}}`)
	})
	if got, err := scalar.Query(t.Context(), "1/0", time.Time{}); err != nil || len(got.Samples) != 1 || got.Samples[0].Value < 1e300 {
		t.Errorf("a scalar is %+v, %v", got, err)
	}
}

// The exit code of a failure says who can correct it. Its text has the answer of Prometheus.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   exit.Code
		text   string
	}{
		"not understood":     {400, `{"status":"error","errorType":"bad_data","error":"parse error: x"}`, exit.Usage, "parse error: x; correct the expression"},
		"no credentials":     {401, "who is it?", exit.Denied, "status 401; set NACRE_PROMETHEUS_TOKEN"},
		"forbidden":          {403, `{"error":"no"}`, exit.Denied, "status 403"},
		"another server":     {404, "<html>", exit.Usage, "the answer is not that of Prometheus; check the path"},
		"a page":             {200, "<html>", exit.Usage, "the answer is not that of Prometheus"},
		"not evaluated":      {422, `{"status":"error","errorType":"execution","error":"too many samples"}`, exit.Failed, "too many samples"},
		"too many requests":  {429, "", exit.Unreachable, "status 429; the server is starting or busy"},
		"starting":           {503, "Service Unavailable", exit.Unreachable, "status 503; the server is starting or busy"},
		"too slow":           {503, `{"status":"error","errorType":"timeout","error":"query timed out"}`, exit.Unreachable, "query timed out"},
		"a gateway":          {502, "<html>", exit.Unreachable, "status 502"},
		"a matrix":           {200, `{"status":"success","data":{"resultType":"matrix","result":[]}}`, exit.Usage, "returns a matrix"},
		"no type":            {200, `{"status":"success","data":{}}`, exit.Usage, "result of no type"},
		"no number":          {200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}`, exit.Usage, "not a number"},
		"no text":            {200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,1]}]}}`, exit.Usage, "not a number"},
		"no vector":          {200, `{"status":"success","data":{"resultType":"vector","result":{}}}`, exit.Usage, "not that of Prometheus"},
		"an error with 200":  {200, `{"status":"error","error":"odd"}`, exit.Failed, "odd"},
		"the page of logins": {302, "", exit.Denied, "redirects, as for a login"},
	} {
		client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/login")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := client.Query(t.Context(), "up", time.Time{})
		if err == nil || exit.Of(err) != c.code || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v with code %d, want %q with %d", name, err, exit.Of(err), c.text, c.code)
		}
	}
}

// A server that does not answer ends with the context, and one that is not there says where it was
// looked for.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	c := serve(t, func(http.ResponseWriter, *http.Request) { <-hang })
	defer close(hang)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Query(ctx, "up", time.Time{}); !errors.Is(err, context.Canceled) || exit.Of(err) != exit.Interrupted {
		t.Errorf("an interrupted query: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Query(ctx, "up", time.Time{}); exit.Of(err) != exit.Unreachable {
		t.Errorf("a slow server: %v", err)
	}
	gone, err := prometheus.New("http://127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Query(t.Context(), "up", time.Time{}); exit.Of(err) != exit.Unreachable || !strings.Contains(err.Error(), "ask Prometheus at 127.0.0.1:1: ") {
		t.Errorf("a server that is not there: %v", err)
	}
	denied, err := prometheus.New("http://127.0.0.1:1", func(*http.Request) error { return exit.With(exit.Denied, errors.New("no token"), "") })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := denied.Query(t.Context(), "up", time.Time{}); exit.Of(err) != exit.Denied {
		t.Errorf("credentials that are missing: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "prometheus:9090", "ftp://prometheus", "http://", "http://ann:hunter2@prometheus", "http://prometheus?x=1", "http://prom\x00"} {
		_, err := prometheus.New(bad, nil)
		if exit.Of(err) != exit.Usage {
			t.Errorf("%q: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error has the password: %v", err)
		}
	}
}

func TestSelector(t *testing.T) {
	t.Parallel()
	const names = `{__name__=~"a|b"`
	for selector, want := range map[string]string{
		`job="orders"`:                 names + `,layer=~"o\\.yaml|",job="orders"}`,
		` {job="orders", zone="eu",} `: names + `,layer=~"o\\.yaml|",job="orders", zone="eu"}`,
		"":                             names + `,layer=~"o\\.yaml|"}`,
	} {
		if got := prometheus.Selector(selector, []string{"a", "b"}, map[string]string{"layer": "o.yaml", "config": ""}); got != want {
			t.Errorf("%q: %s, want %s", selector, got, want)
		}
	}
}
