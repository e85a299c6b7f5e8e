package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus/prometheustest"
)

// metricsKey is the key under which a script has its Prometheus.
type metricsKey struct{}

// metrics starts a Prometheus with series, or changes it.
func metrics(ts *testscript.TestScript, _ bool, args []string) {
	srv, started := ts.Value(metricsKey{}).(*metricsServer)
	if !started {
		ts.Fatalf("metrics: the script has none")
	}
	series := func(file string) string {
		now := strconv.FormatFloat(float64(time.Now().UnixMilli())/1e3, 'f', 3, 64)
		return strings.ReplaceAll(ts.ReadFile(file), "NOW", now)
	}
	switch args[0] {
	case "set":
		srv.Set(series(args[1]))
	case "fail":
		code, err := strconv.Atoi(args[1])
		ts.Check(err)
		body := ""
		if len(args) > 2 {
			body = fmt.Sprintf(`{"status":"error","errorType":"execution","error":%q}`, args[2])
		}
		srv.Fail(code, body)
	case "age":
		age, err := time.ParseDuration(args[1])
		ts.Check(err)
		srv.SetAge(age)
	case "require":
		srv.Require(args[1])
	case "ok":
		srv.Fail(0, "")
		srv.Require("")
		srv.SetAge(0)
	default:
		srv.Server = prometheustest.New()
		ts.Defer(srv.Close)
		srv.Set(series(args[1]))
		ts.Setenv(args[0], srv.URL)
	}
}

// metricsServer is the Prometheus of a script, once it has one.
type metricsServer struct{ *prometheustest.Server }
