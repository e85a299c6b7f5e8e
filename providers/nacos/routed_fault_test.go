package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

const every = " (routed by rule 1: every instance)"

func routesTo(ids ...string) string {
	return "rules: [{documents: [" + strings.Join(ids, ", ") + "]}]"
}

// routedOn starts a server with configs, given as data IDs and texts, and reads a routed source on
// it.
func routedOn(t *testing.T, texts ...string) (*fakenacos.Server, *nacos.Client, *follower) {
	t.Helper()
	srv := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
	for i := 0; i < len(texts); i += 2 {
		if err := srv.Put("", group, texts[i], texts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	c := newClient(t, config(srv))
	return srv, c, followRoute(t, srv, c)
}

// A content may be acknowledged while Next reads a new routing document: the documents of the new
// route are not taken for unused ones.
func TestAckWhileTheRouteChanges(t *testing.T) {
	t.Parallel()
	const ids = 60
	texts := []string{routesID, routesTo("0.yaml")}
	for i := range ids {
		texts = append(texts, fmt.Sprint(i, ".yaml"), fmt.Sprint("a: ", i))
	}
	_, _, f := routedOn(t, texts...)
	f.want(routesID + " selects, 0.yaml=a: 0" + every)
	ack := f.src.(source.Acknowledger)
	var mu sync.Mutex
	live := f.prev
	done := make(chan struct{})
	var acks sync.WaitGroup
	acks.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				mu.Lock()
				rev := live
				mu.Unlock()
				ack.Ack(rev, nil)
				runtime.Gosched()
			}
		}
	})
	defer acks.Wait()
	defer close(done)
	for n := range testrun.Count(200, 40) {
		a, b := n%ids, (n+1)%ids
		f.put(routesID, fmt.Sprintf("# %d\n%s", n, routesTo(fmt.Sprint(a, ".yaml"), fmt.Sprint(b, ".yaml"))))
		c, err := f.src.Next(within(t), f.prev)
		if err != nil {
			t.Fatalf("change %d of the route fails: %v", n, err)
		}
		if want := fmt.Sprintf("%s selects, %d.yaml=a: %d, %d.yaml=a: %d", routesID, a, a, b, b); plain(c) != want {
			t.Fatalf("change %d of the route has\n%s\nwant\n%s", n, plain(c), want)
		}
		f.prev = c.Revision
		mu.Lock()
		live = c.Revision
		mu.Unlock()
	}
}

// Routes that never become live do not leave the client listening to their documents.
func TestRoutesThatNeverBecomeLive(t *testing.T) {
	t.Parallel()
	_, c, f := routedOn(t, "a.yaml", "a: 1", routesID, routesTo("a.yaml"))
	f.want(routesID + " selects, a.yaml=a: 1" + every)
	for i := range 20 {
		f.put(routesID, routesTo("a.yaml", fmt.Sprintf("missing-%d.yaml", i)))
		if got := f.next(); !strings.Contains(got, fmt.Sprintf("missing-%d.yaml: not found", i)) {
			t.Fatalf("a route to a missing config returns %s", got)
		}
	}
	if n := c.Status().Keys; n != 3 {
		t.Errorf("the client listens to %d configs, want 3: the routing document, that of the live route, and that of the newest", n)
	}
	f.put(routesID, routesTo("a.yaml"))
	f.want(routesID + " selects, a.yaml=a: 1" + every)
	f.listens(0, "missing-19.yaml")
}

// A config that the live route calls optional and that does not exist stops a route that requires
// it. One that was required and was deleted does not: the engine keeps its last content.
func TestARouteThatRequiresMore(t *testing.T) {
	t.Parallel()
	srv, _, f := routedOn(t, "a.yaml", "a: 1", routesID, routesTo("a.yaml", "{data_id: b.yaml, optional: true}"))
	f.want(routesID + " selects, a.yaml=a: 1" + every + ", b.yaml absent optional" + every)
	f.put(routesID, routesTo("a.yaml", "b.yaml"))
	if got := f.next(); !strings.Contains(got, "b.yaml: not found: config does not exist, and is required by rule 1") {
		t.Fatalf("a route that requires a missing config returns %s", got)
	}
	f.put("b.yaml", "b: 1")
	f.want(routesID + " selects, a.yaml=a: 1" + every + ", b.yaml=b: 1" + every)
	srv.Delete("", group, "b.yaml")
	srv.Flush()
	f.want(routesID + " selects, a.yaml=a: 1" + every + ", b.yaml absent" + every)
	f.put(routesID, routesTo("b.yaml"))
	f.want(routesID + " selects, b.yaml absent" + every)
}

// The type of a config decides its format if its name does not.
func TestTheTypeOfARoutingDocumentIsCorrected(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.typ = "json" }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		src := c.Routed("routes")
		f.put("routes", "rules: [{documents: [a.yaml]}]")
		f.put("a.yaml", "a: 1")
		if _, err := src.Next(t.Context(), ""); !errors.Is(err, nacos.InvalidRoutes) {
			t.Fatalf("YAML of the type JSON is told as %v", err)
		}
		f.do(func() { f.typ = "yaml"; f.pushLocked("routes") })
		content, err := src.Next(t.Context(), "")
		if err != nil || plain(content) != "routes selects, a.yaml=a: 1" {
			t.Errorf("after its type was corrected, the routes are %s, %v", plain(content), err)
		}
	})
}

// The connection to another namespace ends with the last route that needs it.
func TestConnectionsToOtherNamespacesEnd(t *testing.T) {
	t.Parallel()
	in := func(namespace string) string { return "{data_id: a.yaml, namespace: " + namespace + "}" }
	srv, c, f := routedOn(t, "other.routes.yaml", routesTo(in("n1")), routesID, routesTo())
	f.want(routesID + " selects")
	for _, ns := range []string{"n1", "n2"} {
		if err := srv.Put(ns, group, "a.yaml", "a: "+ns); err != nil {
			t.Fatal(err)
		}
	}
	other := c.Routed("other.routes.yaml")
	if content, err := other.Next(within(t), ""); err != nil || !strings.Contains(plain(content), "=a: n1") {
		t.Fatalf("the route has %s, %v", plain(content), err)
	}
	connections := func(n int) {
		t.Helper()
		if err := srv.Wait(within(t), func(s fakenacos.Stats) bool { return s.Connections == n }); err != nil {
			t.Fatalf("there are %d connections, want %d", srv.Stats().Connections, n)
		}
	}
	for _, step := range []struct {
		docs []string
		want int
	}{{[]string{in("n1")}, 2}, {[]string{in("n2")}, 3}, {[]string{in("n1"), in("n2")}, 3}, {nil, 2}} {
		f.put(routesID, routesTo(step.docs...))
		if got := f.next(); strings.Count(got, "=a: n") != len(step.docs) {
			t.Fatalf("the route has %s", got)
		}
		connections(step.want)
	}
	if err := other.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
	connections(1)
	f.put(routesID, routesTo(in("n1")))
	if got := f.next(); !strings.Contains(got, "=a: n1") {
		t.Fatalf("a namespace to which the client returns has %s", got)
	}
	connections(2)
}

// The configs of a namespace that does not exist are told as that.
func TestARouteToANamespaceThatDoesNotExist(t *testing.T) {
	t.Parallel()
	_, _, f := routedOn(t, "a.yaml", "a: 1", routesID, routesTo("a.yaml"))
	f.want(routesID + " selects, a.yaml=a: 1" + every)
	f.put(routesID, routesTo("{data_id: a.yaml, namespace: stagign}"))
	const want = "error: read stagign/DEFAULT_GROUP/a.yaml: not found: namespace does not exist, and is required by rule 1: every instance"
	if got := f.next(); !strings.HasPrefix(got, want) {
		t.Errorf("a route to a namespace that does not exist is told as\n%s\nwant\n%s", got, want)
	}
	f.put("a.yaml", "a: 2")
	f.want(routesID + " selects, a.yaml=a: 2" + every)
}

// A route that this user may not read waits until the user may.
func TestARouteThatIsDenied(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: []fakenacos.User{{Name: "u", Password: "p"}}})
	cfg := config(srv)
	cfg.Username, cfg.Password, cfg.Plaintext = "u", nacos.NewPassword("p"), true
	for id, text := range map[string]string{"a.yaml": "a: 1", "b.yaml": "b: 1", routesID: routesTo("a.yaml")} {
		if err := srv.Put("", group, id, text); err != nil {
			t.Fatal(err)
		}
	}
	f := followRoute(t, srv, newClient(t, cfg))
	f.want(routesID + " selects, a.yaml=a: 1" + every)
	next := fakenacos.Match{Key: fakenacos.Key{DataID: "b.yaml"}}
	srv.Faults().Deny(fakenacos.Always, next)
	f.put(routesID, routesTo("a.yaml", "b.yaml"))
	if got := f.next(); !strings.Contains(got, "permission denied") {
		t.Fatalf("a route that may not be read is told as %s", got)
	}
	f.put("a.yaml", "a: 2")
	f.want(routesID + " selects, a.yaml=a: 2" + every)
	srv.Faults().Deny(0, next)
	for {
		got := f.next()
		if strings.HasPrefix(got, "error: ") && strings.Contains(got, "permission denied") {
			continue // the same, told again after the content
		}
		if want := routesID + " selects, a.yaml=a: 2" + every + ", b.yaml=b: 1" + every; got != want {
			t.Errorf("after it was allowed, the route has\n%s\nwant\n%s", got, want)
		}
		return
	}
}

// Close ends Next whatever it waits for, and leaves no listen behind.
func TestCloseWhileTheRouteChanges(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{DumpDelay: fakenacos.Off})
	c := newClient(t, config(srv))
	for n := range testrun.Count(60, 15) {
		f := followRoute(t, srv, c)
		f.put("a.yaml", "a: 1")
		f.put(routesID, fmt.Sprintf("# %d\n%s", n, routesTo("a.yaml")))
		ended := make(chan error)
		go func() {
			var rev source.Revision
			for {
				content, err := f.src.Next(t.Context(), rev)
				if errors.Is(err, source.Closed) || t.Context().Err() != nil {
					ended <- err
					return
				}
				rev = content.Revision
				f.src.(source.Acknowledger).Ack(rev, err)
			}
		}()
		f.put(routesID, fmt.Sprintf("# %d\n%s", n, routesTo("a.yaml", "b.yaml", "{data_id: c.yaml, namespace: other}")))
		if err := f.src.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
		select {
		case err := <-ended:
			if !errors.Is(err, nacos.ClientClosed) {
				t.Errorf("Next of a closed source returns %v", err)
			}
		case <-within(t).Done():
			t.Fatal("Next does not end with Close")
		}
		f.src.(source.Acknowledger).Ack("route:old", nil)
		if n := c.Status().Keys; n != 0 {
			t.Fatalf("a closed source leaves %d configs listened to", n)
		}
	}
}

// A server that restarts in the middle of a change of the route loses nothing.
func TestServerRestartsWhileTheRouteChanges(t *testing.T) {
	t.Parallel()
	srv, _, f := routedOn(t, "a.yaml", "a: 1", "b.yaml", "b: 1", routesID, routesTo("a.yaml"))
	f.want(routesID + " selects, a.yaml=a: 1" + every)
	reads := fakenacos.Match{Key: fakenacos.Key{DataID: "b.yaml"}, Type: "ConfigQueryRequest"}
	srv.Faults().Fail(fakenacos.Always, 500, reads)
	f.put(routesID, routesTo("a.yaml", "b.yaml"))
	failed := make(chan string)
	go func() { failed <- f.next() }()
	f.listens(1, "b.yaml")
	srv.Stop()
	srv.Faults().Fail(0, 500, reads)
	if got := <-failed; !strings.HasPrefix(got, "error: ") {
		t.Fatalf("a server that stops is told as %s", got)
	}
	if err := srv.Start(context.WithoutCancel(t.Context()), true); err != nil {
		t.Fatal(err)
	}
	for {
		got := f.next()
		if strings.HasPrefix(got, "error: ") {
			continue
		}
		if want := routesID + " selects, a.yaml=a: 1" + every + ", b.yaml=b: 1" + every; got != want {
			t.Fatalf("after a restart the route has\n%s\nwant\n%s", got, want)
		}
		return
	}
}

// A route of the most documents is one content.
func TestARouteOfAHundredDocuments(t *testing.T) {
	t.Parallel()
	var ids, texts []string
	want := routesID + " selects"
	for i := range 100 {
		id := fmt.Sprint("d", i, ".yaml")
		ids, texts = append(ids, id), append(texts, id, fmt.Sprint("a: ", i))
		want += fmt.Sprint(", ", id, "=a: ", i, every)
	}
	_, _, f := routedOn(t, append(texts, routesID, routesTo(ids[:1]...))...)
	f.want(routesID + " selects, d0.yaml=a: 0" + every)
	f.put(routesID, routesTo(ids...))
	f.want(want)
	f.put(routesID, routesTo(append(ids, "one-more.yaml")...))
	if got := f.next(); !strings.Contains(got, "are more than 100") {
		t.Errorf("a set that is too large is told as %.200s", got)
	}
}

// The error of a routing document with many mistakes is a line of limited length.
func TestManyMistakesInARoutingDocument(t *testing.T) {
	t.Parallel()
	_, _, f := routedOn(t, routesID, "rules:\n"+strings.Repeat("- {document: []}\n", 900))
	if got := f.next(); len(got) > 2000 || !strings.Contains(got, "; and 1790 more mistakes") || strings.Contains(got, "\n") {
		t.Errorf("the error has %d bytes: %.3000s", len(got), got)
	}
}
