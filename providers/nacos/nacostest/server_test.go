package nacostest_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

const (
	group  = "DEFAULT_GROUP"
	dataID = "orders.yaml"
)

func start(t *testing.T, opts nacostest.Options) *nacostest.Server {
	t.Helper()
	srv, err := nacostest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// follow opens a source of the server and returns a function that waits for its next content.
func follow(t *testing.T, srv *nacostest.Server) (next func() string) {
	t.Helper()
	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}, Plaintext: true}, nacos.ReconcileEvery(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	src := client.Source(dataID)
	var prev source.Revision
	return func() string {
		t.Helper()
		for {
			got, err := src.Next(t.Context(), prev)
			if t.Context().Err() != nil {
				t.Fatalf("the source returns no content: %v", err)
			}
			if err == nil {
				prev = got.Revision
				return string(got.Documents[0].Data)
			}
		}
	}
}

// A test can choose the version of the server that it has in production.
func TestVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"": http.StatusOK, "2.3": http.StatusOK, "3.0": http.StatusGone} {
		srv := start(t, nacostest.Options{Version: version, DumpDelay: nacostest.Off})
		resp, err := http.Get(srv.URL() + "/v1/console/server/state")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("version %q answers the state of a Nacos 2 with %d, want %d", version, resp.StatusCode, want)
		}
		next := follow(t, srv)
		if err := srv.Publish("", group, dataID, "a: 1"); err != nil {
			t.Fatal(err)
		}
		if got := next(); got != "a: 1" {
			t.Errorf("a client of version %q reads %q", version, got)
		}
	}
	srv, err := nacostest.Start(nacostest.Options{Version: "3"})
	if err == nil {
		srv.Close()
	}
	if err == nil || err.Error() != `nacostest: there are the versions "2.3" and "3.0", not "3"` {
		t.Errorf("an unknown version is refused with %v", err)
	}
}

// A client sees what is published through every fault, and the server counts the client while it is
// there.
func TestServer(t *testing.T) {
	t.Parallel()
	srv := start(t, nacostest.Options{DumpDelay: nacostest.Off})
	publish := func(content string) {
		t.Helper()
		if err := srv.Publish("", group, dataID, content); err != nil {
			t.Fatal(err)
		}
	}
	publish("a: 1")
	next := follow(t, srv)
	expect := func(want, after string) {
		t.Helper()
		if got := next(); got != want {
			t.Fatalf("after %s the client has %q, want %q", after, got, want)
		}
	}
	expect("a: 1", "a publish")
	if err := srv.Wait(t.Context(), func(s nacostest.Stats) bool { return s == nacostest.Stats{Connections: 1, Listening: 1} }); err != nil {
		t.Fatal(err)
	}
	if l := srv.Listeners("", group, dataID); len(l) != 1 || l[0].IP != "127.0.0.1" {
		t.Errorf("the listeners are %+v, want the client", l)
	}
	for _, fault := range []struct {
		name string
		do   func()
	}{
		{"a disconnect", srv.Disconnect},
		{"a lost push", func() { srv.DropPushes(1) }},
		{"a failed request", func() { srv.FailRequests(1, 500) }},
		{"a corrupt read", func() { srv.CorruptReads(1) }},
		{"faults that are cleared", func() { srv.Stall(true); srv.FailRequests(nacostest.Always, 500); srv.ClearFaults() }},
		{"a restart", func() {
			srv.Stop()
			if err := srv.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		fault.do()
		content := "a: " + fault.name
		publish(content)
		expect(content, fault.name)
	}
}

// Put needs no flush, Publish does, and Delete takes the config away.
func TestServerStore(t *testing.T) {
	t.Parallel()
	srv := start(t, nacostest.Options{DumpDelay: time.Hour})
	read := func() int {
		t.Helper()
		status, _, err := get(srv)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if err := srv.Publish("", group, dataID, "a: 1"); err != nil || read() != http.StatusNotFound {
		t.Errorf("a publish is readable before the dump delay has passed, or fails: %v", err)
	}
	if content, ok := srv.Get("public", group, dataID); content != "a: 1" || !ok {
		t.Errorf("the server has stored %q, %v", content, ok)
	}
	if srv.Flush(); read() != http.StatusOK {
		t.Error("a publish is not readable after Flush")
	}
	srv.Delete("", group, dataID)
	if srv.Flush(); read() != http.StatusNotFound {
		t.Error("a config is readable after Delete and Flush")
	}
	if err := srv.Put("", group, dataID, "a: 2"); err != nil || read() != http.StatusOK {
		t.Errorf("a config is not readable after Put: %v", err)
	}
	if err := srv.Put("", group, dataID, " "); err == nil {
		t.Error("the server takes an empty content")
	}
}

// Users turn login on, and tokens expire on demand.
func TestServerUsers(t *testing.T) {
	t.Parallel()
	srv := start(t, nacostest.Options{Users: []nacostest.User{{Name: "u", Password: "p"}}})
	if status, _, err := get(srv); err != nil || status != http.StatusForbidden {
		t.Errorf("without a login the server answers %d, %v", status, err)
	}
	client, err := nacos.NewClient(nacos.Config{
		Servers: []string{srv.Addr()}, Username: "u", Password: nacos.NewPassword("p"), Plaintext: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, when := range []string{"a login", "its token has expired"} {
		if err := client.Publish(t.Context(), dataID, []byte("a: 1")); err != nil {
			t.Errorf("after %s a publish fails: %v", when, err)
		}
		srv.ExpireTokens()
	}
	resp, err := http.PostForm(srv.URL()+"/v1/auth/login", url.Values{"username": {"u"}, "password": {"wrong"}})
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("the server takes a wrong password")
		}
	}
}

// Two servers share no port, one of a port that is taken fails, and so does starting one that is
// closed.
func TestServerPort(t *testing.T) {
	t.Parallel()
	srv := start(t, nacostest.Options{})
	if _, err := nacostest.Start(nacostest.Options{Port: srv.Port()}); err == nil {
		t.Error("a second server starts on the port of the first")
	}
	srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := srv.Start(ctx); err == nil {
		t.Error("a closed server starts")
	}
}
