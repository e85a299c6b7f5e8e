package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// TestMain lets the test's own program be a client under test, as the command does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == listenCommand {
		os.Exit(runListener(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func startServer(t *testing.T, opts nacostest.Options) *nacostest.Server {
	t.Helper()
	srv, err := nacostest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// configsOn asks a server without login how many configs it has.
func configsOn(t *testing.T, srv *nacostest.Server) int {
	t.Helper()
	answer, err := http.Get(srv.URL() + "/v1/cs/configs?search=blur&dataId=&group=&pageNo=1&pageSize=10")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var page struct{ TotalCount *int }
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil || page.TotalCount == nil {
		t.Fatalf("the server does not tell what it has: status %d, %v", answer.StatusCode, err)
	}
	return *page.TotalCount
}

// measured runs the command and returns the lines that it writes.
func measured(t *testing.T, args ...string) []line {
	t.Helper()
	var out, log bytes.Buffer
	if status := run(append(args, "-json"), &out, &log); status != 0 {
		t.Fatalf("status %d: %s", status, log.String())
	}
	var lines []line
	for d := json.NewDecoder(&out); ; {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return lines
		} else if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
}

func TestNacreIsFresh(t *testing.T) {
	t.Parallel()
	srv := startServer(t, nacostest.Options{})
	lines := measured(t, "-addr", srv.Addr(), "-n", "2,20", "-clients", "nacre,open", "-tries", "1", "-singles", "3", "-adding", "30", "-settle", "0s", "-idle", "0", "-binaries=false")
	if len(lines) != 7 || !lines[6].Adding {
		t.Fatalf("%d rows, want 7 and the last of listeners that are added: %+v", len(lines), lines)
	}
	for _, l := range lines {
		if l.AllFresh == nil || *l.Fresh30s != 1 || l.P50 == nil || *l.P50 <= 0 || *l.P99 < *l.P50 {
			t.Errorf("%s with %d configs: a change was lost or the figures are wrong: %+v", l.Client, l.N, l)
		}
	}
	if n := configsOn(t, srv); n != 0 {
		t.Errorf("%d configs stay on the server", n)
	}
}

// The SDK may have all of them or not: that it can be measured is what this is about.
func TestSDKIsMeasured(t *testing.T) {
	if raceDetector {
		t.Skip("the SDK has races of its own")
	}
	t.Parallel()
	srv := startServer(t, nacostest.Options{})
	lines := measured(t, "-addr", srv.Addr(), "-n", "2,20", "-clients", "sdk", "-tries", "1", "-singles", "0", "-adding", "0", "-wait", "1s", "-idle", "0", "-binaries=false")
	if len(lines) != 2 {
		t.Fatalf("%d rows, want 2: %+v", len(lines), lines)
	}
	for _, l := range lines {
		if len(l.EachFresh) != 1 {
			t.Fatalf("%d configs: %v fresh, want one try", l.N, l.EachFresh)
		}
		t.Logf("the SDK has %d of %d fresh after a second", l.EachFresh[0], l.N)
	}
	if n := configsOn(t, srv); n != 0 {
		t.Errorf("%d configs stay on the server", n)
	}
}

func TestCounterCountsCalls(t *testing.T) {
	t.Parallel()
	srv := startServer(t, nacostest.Options{})
	counted, err := count(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer counted.close()
	client, err := dial(t.Context(), counted.addr, "", "", "counted")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Publish(t.Context(), "counted.yaml", []byte("a: 1")); err != nil {
		t.Fatalf("through the counter: %v", err)
	}
	if err := readable(t.Context(), client, "counted.yaml"); err != nil {
		t.Fatal(err)
	}
	before := counted.requests.Load()
	for range 10 {
		if _, err := client.Get(t.Context(), "counted.yaml"); err != nil {
			t.Fatal(err)
		}
	}
	if n := counted.requests.Load() - before; n != 10 {
		t.Errorf("ten reads are counted as %d requests", n)
	}
	answer, err := http.Get("http://" + counted.addr + "/nacos/v1/console/server/state")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if n := counted.requests.Load() - before; n != 11 {
		t.Errorf("a request of HTTP makes %d of 10", n)
	}
}

func TestIdleListenersAreMeasured(t *testing.T) {
	t.Parallel()
	srv := startServer(t, nacostest.Options{})
	opts, err := parse([]string{"-addr", srv.Addr(), "-clients", "nacre", "-idle", "50", "-idle-for", "1s", "-idle-until", "11s"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	at, err := connect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer at.close()
	b := &bench{opts: opts, server: at, log: io.Discard}
	all, err := b.idles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].n != 50 || all[0].requests > 10 {
		t.Errorf("idle listeners cost %+v, want those of one client, and few requests", all)
	}
	if n := configsOn(t, srv); n != 0 {
		t.Errorf("%d configs stay on the server", n)
	}
}

func TestLogin(t *testing.T) {
	t.Setenv(envUsername, "bench")
	t.Setenv(envPassword, "secret")
	srv := startServer(t, nacostest.Options{Users: []nacostest.User{{Name: "bench", Password: "secret"}}})
	clients := "nacre,open,sdk"
	if raceDetector {
		clients = "nacre,open"
	}
	lines := measured(t, "-addr", srv.Addr(), "-n", "1", "-clients", clients, "-tries", "1", "-singles", "0", "-adding", "0", "-settle", "0s", "-wait", "10s", "-idle", "0", "-binaries=false")
	for _, l := range lines {
		if l.Client != "sdk" && l.AllFresh == nil {
			t.Errorf("%s with a login: %v fresh of 1", l.Client, l.EachFresh)
		}
	}

	t.Setenv(envPassword, "wrong-canary")
	var out, log bytes.Buffer
	if status := run([]string{"-addr", srv.Addr(), "-n", "1"}, &out, &log); status != 1 {
		t.Errorf("status %d with a wrong password, want 1", status)
	}
	if text := out.String() + log.String(); strings.Contains(text, "canary") || !strings.Contains(text, "push:") {
		t.Errorf("with a wrong password it says %q", text)
	}
}

func TestInterruptCleansUp(t *testing.T) {
	t.Parallel()
	srv := startServer(t, nacostest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opts, err := parse([]string{"-addr", srv.Addr(), "-n", "5", "-clients", "nacre", "-singles", "0", "-settle", "1h"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- measure(ctx, opts, io.Discard, io.Discard) }()
	listening := func(s nacostest.Stats) bool { return s.Listening == 5 }
	within, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	if err := srv.Wait(within, listening); err != nil {
		t.Fatal("nobody listens")
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("a run that was interrupted passes for a whole one")
	}
	if n := configsOn(t, srv); n != 0 {
		t.Errorf("%d configs stay on the server after an interrupt", n)
	}
	gone, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if err := srv.Wait(gone, func(s nacostest.Stats) bool { return s.Connections == 0 }); err != nil {
		t.Error("the client stays connected after an interrupt")
	}
}

func TestClientThatDiesIsToldOf(t *testing.T) {
	t.Parallel()
	proc, err := startChild(t.Context(), job{Client: "java"}, func(note) {})
	if err != nil {
		t.Fatal(err)
	}
	defer proc.stop()
	err = wait(t.Context(), proc, nil, time.Minute)
	if err == nil || !strings.Contains(err.Error(), `no client "java"`) {
		t.Errorf("a client that ends by itself gives the error %v, want what it said", err)
	}
}
