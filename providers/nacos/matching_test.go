package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// The source of a pattern passes the suite as a single config does, whether a server pushes the
// names or the session lists them.
func TestMatchingConformance(t *testing.T) {
	t.Parallel()
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
				t.Helper()
				srv := start(t, fakenacos.Options{Version: version})
				c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second))
				return harness(srv, c, func() source.Source { return c.Matching("suite*.json") })
			})
		})
	}
}

// crowd reads the source of a pattern step by step.
type crowd struct {
	t    *testing.T
	src  source.Source
	prev source.Revision
	seen []string // what each content was
}

func followMatching(t *testing.T, c *nacos.Client, pattern string, opts ...nacos.SourceOption) *crowd {
	t.Helper()
	src := c.Matching(pattern, opts...)
	t.Cleanup(func() { _ = src.(io.Closer).Close() })
	return &crowd{t: t, src: src}
}

// next returns the next content, which it acknowledges, or the next error.
func (f *crowd) next() (string, error) {
	f.t.Helper()
	ctx := within(f.t)
	c, err := f.src.Next(ctx, f.prev)
	if ctx.Err() != nil {
		f.t.Fatalf("%v returned nothing within %v, after %s", f.src, patience, f.lastSeen())
	}
	if err != nil {
		return "", err
	}
	f.prev = c.Revision
	f.src.(source.Acknowledger).Ack(c.Revision, nil)
	text := strings.ReplaceAll(describe(c), " optional", "")
	f.seen = append(f.seen, text)
	return text, nil
}

// lastSeen returns the number of the contents so far, and the end of the last one.
func (f *crowd) lastSeen() string {
	if len(f.seen) == 0 {
		return "no content"
	}
	last := f.seen[len(f.seen)-1]
	return fmt.Sprintf("%d contents, the last of which ends with %q", len(f.seen), last[max(0, len(last)-200):])
}

// until reads until the content is this one.
func (f *crowd) until(want string) {
	f.t.Helper()
	for {
		if got, err := f.next(); err == nil && got == want {
			return
		}
	}
}

// trouble reads until there is an error.
func (f *crowd) trouble() error {
	f.t.Helper()
	for {
		if _, err := f.next(); err != nil {
			return err
		}
	}
}

// intervals returns an interval of comparisons that is short, or so long that there are none.
func intervals(t *testing.T, pushed bool) nacos.Option {
	t.Helper()
	if pushed {
		return nacos.ReconcileEvery(time.Hour)
	}
	return nacos.ReconcileEvery(time.Second)
}

// Documents join and leave in the order of their data IDs, on a double of each version and on a
// real server. With a fuzzy watch, no comparison is needed.
func TestMatching(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		stem := strings.TrimSuffix(id, ".yaml")
		ctx := within(t)
		admin := newClient(t, cfg)
		name := func(s string) string { return stem + "-" + s + ".yaml" }
		all := []string{"a", "b", "c", "d"}
		t.Cleanup(func() {
			for _, s := range append(all, "x") {
				_ = admin.Delete(context.WithoutCancel(ctx), name(s), nacos.Group(group))
			}
			_ = admin.Delete(context.WithoutCancel(ctx), name("e"), nacos.Group("OTHER"))
		})
		do := func(write func() error) {
			t.Helper()
			if err := written(ctx, write); err != nil {
				t.Fatal(err)
			}
		}
		put := func(s, text string, opts ...nacos.PublishOption) {
			t.Helper()
			do(func() error { return admin.Publish(ctx, name(s), []byte(text), opts...) })
		}
		drop := func(s string) { t.Helper(); do(func() error { return admin.Delete(ctx, name(s)) }) }
		put("b", "v: 1")
		put("c", "v: 2")
		put("e", "v: 3", nacos.Group("OTHER"))
		await(t, admin, name("b"))
		await(t, admin, name("c"))
		cfg.AppName = "reader" // a connection of its own
		f := followMatching(t, newClient(t, cfg, intervals(t, isNacos3(t))), stem+"-*.yaml")
		doc := func(s, text string) string { return name(s) + "=" + text }
		f.until(doc("b", "v: 1") + ", " + doc("c", "v: 2"))
		if len(f.seen) != 1 {
			t.Errorf("the first contents are %q, want all configs in one", f.seen)
		}
		put("d", "v: 4")
		f.until(doc("b", "v: 1") + ", " + doc("c", "v: 2") + ", " + doc("d", "v: 4"))
		put("a", "v: 5")
		f.until(doc("a", "v: 5") + ", " + doc("b", "v: 1") + ", " + doc("c", "v: 2") + ", " + doc("d", "v: 4"))
		put("c", "v: 6")
		f.until(doc("a", "v: 5") + ", " + doc("b", "v: 1") + ", " + doc("c", "v: 6") + ", " + doc("d", "v: 4"))
		drop("b")
		f.until(doc("a", "v: 5") + ", " + name("b") + " absent, " + doc("c", "v: 6") + ", " + doc("d", "v: 4"))
		f.until(doc("a", "v: 5") + ", " + doc("c", "v: 6") + ", " + doc("d", "v: 4"))
		put("b", "v: 7")
		f.until(doc("a", "v: 5") + ", " + doc("b", "v: 7") + ", " + doc("c", "v: 6") + ", " + doc("d", "v: 4"))
		for _, s := range all {
			drop(s)
		}
		f.until(stem + "-*.yaml absent")
	})
}

// Many configs are created at once, and then deleted at once.
func TestMatchingBurst(t *testing.T) {
	t.Parallel()
	const n = 200
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		stem := strings.TrimSuffix(id, ".yaml")
		name := func(i int) string { return fmt.Sprintf("%s-%03d.yaml", stem, i) }
		admin := newClient(t, cfg)
		each := func(do func(context.Context, int) error) { t.Helper(); writeEach(t, n, do) }
		remove := func() { each(func(ctx context.Context, i int) error { return admin.Delete(ctx, name(i)) }) }
		t.Cleanup(remove)
		cfg.AppName = "reader"
		f := followMatching(t, newClient(t, cfg, intervals(t, isNacos3(t))), stem+"-*.yaml")
		f.until(stem + "-*.yaml absent")
		each(func(ctx context.Context, i int) error {
			return admin.Publish(ctx, name(i), fmt.Appendf(nil, "v: %d", i))
		})
		began := time.Now()
		var docs []string
		for i := range n {
			docs = append(docs, fmt.Sprintf("%s=v: %d", name(i), i))
		}
		f.until(strings.Join(docs, ", "))
		t.Logf("all %d joined %v after the last was acknowledged, in %d contents", n, time.Since(began).Round(time.Millisecond), len(f.seen))
		remove()
		began = time.Now()
		f.seen = nil
		f.until(stem + "-*.yaml absent")
		t.Logf("all %d left %v after the last was acknowledged, in %d contents", n, time.Since(began).Round(time.Millisecond), len(f.seen))
		for _, c := range f.seen[:len(f.seen)-1] {
			if kept := strings.Count(c, "=") + strings.Count(c, " absent"); kept != n {
				t.Errorf("a content has %d of %d configs while they are deleted, want all until all leave", kept, n)
			}
		}
	})
}

// putAll publishes configs "prefix-n.yaml".
func putAll(t *testing.T, srv *fakenacos.Server, prefix string, n int) (docs string) {
	t.Helper()
	var all []string
	for i := range n {
		id, text := fmt.Sprintf("%s-%04d.yaml", prefix, i), fmt.Sprintf("v: %d", i)
		if err := srv.Put("", group, id, text); err != nil {
			t.Fatal(err)
		}
		all = append(all, id+"="+text)
	}
	return strings.Join(all, ", ")
}

// A push that is lost heals with the next comparison.
func TestMatchingHealsLostPushes(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Version: "3.0"})
	putAll(t, srv, "x", 2)
	f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
	f.until("x-0000.yaml=v: 0, x-0001.yaml=v: 1")
	srv.Faults().DropPushes(fakenacos.Always, fakenacos.Match{Type: "ConfigFuzzyWatchChangeNotifyRequest"})
	if err := srv.Put("", group, "x-2.yaml", "v: 2"); err != nil {
		t.Fatal(err)
	}
	srv.Delete("", group, "x-0000.yaml")
	f.until("x-0001.yaml=v: 1, x-2.yaml=v: 2")
	if n := srv.Stats().Dropped; n == 0 {
		t.Error("no push was lost")
	}
	// The answers to the comparison are pushes too.
	srv.Faults().DropPushes(5, fakenacos.Match{Type: "ConfigFuzzyWatchSyncRequest"})
	if err := srv.Put("", group, "x-3.yaml", "v: 3"); err != nil {
		t.Fatal(err)
	}
	f.until("x-0001.yaml=v: 1, x-2.yaml=v: 2, x-3.yaml=v: 3")
}

// Configs are created and deleted while the client is disconnected.
func TestMatchingReconnects(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		putAll(t, srv, "x", 3)
		log := newEvents()
		f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second), log.hook()), "x-*")
		f.until("x-0000.yaml=v: 0, x-0001.yaml=v: 1, x-0002.yaml=v: 2")
		for range 5 {
			srv.Faults().CutStreams()
		}
		srv.Stop()
		for _, k := range []string{"x-0000.yaml", "x-0002.yaml"} {
			srv.Delete("", group, k)
		}
		for _, id := range []string{"x-0000a.yaml", "x-9.yaml"} {
			if err := srv.Publish("", group, id, "new: 1"); err != nil {
				t.Fatal(err)
			}
		}
		if err := srv.Start(within(t), true); err != nil {
			t.Fatal(err)
		}
		f.until("x-0000a.yaml=new: 1, x-0001.yaml=v: 1, x-9.yaml=new: 1")
		for i := range 20 { // and while it connects
			if i%4 == 0 {
				srv.Faults().CutStreams()
			}
			if err := srv.Put("", group, fmt.Sprintf("x-n%02d.yaml", i), "n: 1"); err != nil {
				t.Fatal(err)
			}
			srv.Delete("", group, "x-9.yaml")
		}
		want := "x-0000a.yaml=new: 1, x-0001.yaml=v: 1"
		for i := range 20 {
			want += fmt.Sprintf(", x-n%02d.yaml=n: 1", i)
		}
		f.until(want)
	})
}

// A server that does not know the fuzzy watch is not asked for it, and neither is one that is asked
// for it and refuses.
func TestMatchingWithoutFuzzyWatch(t *testing.T) {
	t.Parallel()
	const watch = "ConfigFuzzyWatchRequest"
	t.Run("a Nacos 2", func(t *testing.T) {
		t.Parallel()
		srv := start(t, fakenacos.Options{})
		want := putAll(t, srv, "x", 3)
		f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
		f.until(want)
		if st := srv.Stats(); st.Requests[watch]+st.Requests["other"] > 0 {
			t.Errorf("the requests are %v", st.Requests)
		}
	})
	for name, code := range map[string]int{"not known": 302, "too many patterns": 50310, "too many matches": 50311, "denied": 403} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{Version: "3.0"})
			want := putAll(t, srv, "x", 3)
			srv.Faults().Fail(fakenacos.Always, code, fakenacos.Match{Type: watch})
			f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
			f.until(want)
			if err := srv.Put("", group, "x-a.yaml", "v: a"); err != nil {
				t.Fatal(err)
			}
			f.until(want + ", x-a.yaml=v: a")
			if n := srv.Stats().Requests[watch]; n != 1 {
				t.Errorf("the server was asked %d times on one connection, want once", n)
			}
		})
	}
	t.Run("it fails", func(t *testing.T) {
		t.Parallel()
		srv := start(t, fakenacos.Options{Version: "3.0"})
		want := putAll(t, srv, "x", 3)
		srv.Faults().Fail(4, 500, fakenacos.Match{Type: watch})
		f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
		if err := f.trouble(); !errors.Is(err, nacos.ServerError) || !strings.Contains(err.Error(), "x-*") {
			t.Errorf("the error is %v", err)
		}
		f.until(want)
	})
}

// With as many configs as make a Nacos 3 refuse, the session lists them.
func TestMatchingBeyondTheFuzzyWatch(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Version: "3.0"})
	want := putAll(t, srv, "x", 510)
	f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
	f.until(want)
	srv.Delete("", group, "x-0000.yaml")
	_, rest, _ := strings.Cut(want, ", ")
	f.until(rest)
}

// More configs than a source takes are an error, which leaves what it has.
func TestMatchingTooMany(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		want := putAll(t, srv, "x", 1000)
		f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
		f.until(want)
		if err := srv.Put("", group, "x-a.yaml", "v: a"); err != nil {
			t.Fatal(err)
		}
		if err := f.trouble(); !errors.Is(err, nacos.TooLarge) || !strings.Contains(err.Error(), "1001 configs match") {
			t.Errorf("the error is %v", err)
		}
		if err := srv.Put("", group, "x-0999.yaml", "v: 9"); err != nil { // changes still arrive
			t.Fatal(err)
		}
		f.until(strings.Replace(want, "v: 999", "v: 9", 1))
		srv.Delete("", group, "x-0000.yaml")
		_, rest, _ := strings.Cut(strings.Replace(want, "v: 999", "v: 9", 1)+", x-a.yaml=v: a", ", ")
		f.until(rest)

		g := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "*")
		if err := srv.Put("", group, "y.yaml", "v: y"); err != nil {
			t.Fatal(err)
		}
		if err := g.trouble(); !errors.Is(err, nacos.TooLarge) {
			t.Errorf("the error of a new source is %v", err)
		}
	})
}

// Without the permission there is an error that names it, and what the source has stays.
func TestMatchingDenied(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		want := putAll(t, srv, "x", 3)
		srv.Faults().Deny(fakenacos.Always)
		f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
		if err := f.trouble(); source.KindOf(err) != source.PermissionDenied {
			t.Errorf("the error is %v", err)
		}
		srv.Faults().Deny(0)
		f.until(want)
		srv.Faults().Deny(fakenacos.Always)
		if err := f.trouble(); source.KindOf(err) != source.PermissionDenied {
			t.Errorf("the error of a permission that was revoked is %v", err)
		}
		srv.Faults().Deny(0)
		if err := srv.Put("", group, "x-a.yaml", "v: a"); err != nil {
			t.Fatal(err)
		}
		f.until(want + ", x-a.yaml=v: a")
	})
}

// A user of another namespace may not watch a pattern on a Nacos 3.0, which asks for the public
// one.
func TestMatchingInANamespaceOfItsOwn(t *testing.T) {
	t.Parallel()
	users := []fakenacos.User{{Name: "dev", Password: "p", Grants: []fakenacos.Grant{{Namespace: "dev", Read: true}}}}
	onVersions(t, fakenacos.Options{Users: users}, func(t *testing.T, srv *fakenacos.Server) {
		if err := srv.Put("dev", group, "x-1.yaml", "v: 1"); err != nil {
			t.Fatal(err)
		}
		cfg := config(srv)
		cfg.Namespace, cfg.Username, cfg.Password = "dev", "dev", nacos.NewPassword("p")
		f := followMatching(t, newClient(t, cfg, nacos.ReconcileEvery(time.Second)), "x-*")
		f.until("x-1.yaml=v: 1")
		if err := srv.Put("dev", group, "x-2.yaml", "v: 2"); err != nil {
			t.Fatal(err)
		}
		f.until("x-1.yaml=v: 1, x-2.yaml=v: 2")
	})
}

// Two sources have some of the same configs. The end of one changes nothing for the other.
func TestMatchingOverlaps(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		for _, id := range []string{"a-1.yaml", "a-2.json", "b-1.yaml"} {
			if err := srv.Put("", group, id, `{"v": 1}`); err != nil {
				t.Fatal(err)
			}
		}
		c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second))
		one, two := followMatching(t, c, "a-*"), followMatching(t, c, "*.yaml")
		same, middle := followMatching(t, c, "a-*"), followMatching(t, c, "a*1.yaml")
		single := follow(t, c.Config("a-1.yaml"))
		single.until(`{"v": 1}`)
		one.until(`a-1.yaml={"v": 1}, a-2.json={"v": 1}`)
		same.until(`a-1.yaml={"v": 1}, a-2.json={"v": 1}`)
		two.until(`a-1.yaml={"v": 1}, b-1.yaml={"v": 1}`)
		middle.until(`a-1.yaml={"v": 1}`)
		_ = one.src.(io.Closer).Close()
		_ = middle.src.(io.Closer).Close()
		if err := srv.Put("", group, "a-3.yaml", `{"v": 3}`); err != nil {
			t.Fatal(err)
		}
		same.until(`a-1.yaml={"v": 1}, a-2.json={"v": 1}, a-3.yaml={"v": 3}`)
		two.until(`a-1.yaml={"v": 1}, a-3.yaml={"v": 3}, b-1.yaml={"v": 1}`)
		if _, err := one.next(); source.KindOf(err) != source.Closed {
			t.Errorf("a closed source says %v", err)
		}
		_ = same.src.(io.Closer).Close()
		if err := srv.Put("", group, "a-1.yaml", `{"v": 2}`); err != nil {
			t.Fatal(err)
		}
		single.until(`{"v": 2}`)
		two.until(`a-1.yaml={"v": 2}, a-3.yaml={"v": 3}, b-1.yaml={"v": 1}`)
		if err := srv.Wait(within(t), func(fakenacos.Stats) bool { return len(srv.Listeners("", group, "a-2.json")) == 0 }); err != nil {
			t.Error("the client still listens to a config that no source has")
		}
	})
}

// A server that has lost its configs, and one that lists none, remove nothing one by one.
func TestMatchingKeepsWhatAnEmptyServerLost(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		const n = 20
		want := putAll(t, srv, "x", n)
		f := followMatching(t, newClient(t, config(srv), nacos.ReconcileEvery(time.Second)), "x-*")
		f.until(want)
		srv.Stop()
		if err := srv.Start(within(t), false); err != nil {
			t.Fatal(err)
		}
		f.seen = nil
		f.until("x-* absent")
		for _, c := range f.seen[:len(f.seen)-1] {
			if kept := strings.Count(c, "=") + strings.Count(c, " absent"); kept != n {
				t.Errorf("a content has %d of %d configs, want all until all leave", kept, n)
			}
		}
		putAll(t, srv, "x", n)
		f.until(want)
	})
}

func TestMatchingKeepsWhatAListLacks(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	want := putAll(t, srv, "x", 3)
	var mu sync.Mutex
	listed, broken := 0, false
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if broken && r.URL.Query().Get("search") != "" {
			listed++
			_, _ = io.WriteString(w, `{"totalCount":0,"pageNumber":1,"pagesAvailable":0,"pageItems":[]}`)
			return
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+srv.Addr()+r.URL.String(), nil)
		if err != nil {
			t.Error(err)
			return
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	t.Cleanup(web.Close)
	c, err := nacos.NewClientForConsole(config(srv), web.URL, nacos.Quick(), nacos.ReconcileEvery(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	f := followMatching(t, c, "x-*")
	f.until(want)
	mu.Lock()
	broken = true
	mu.Unlock()
	for n := 0; n < 2; {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if content, err := f.src.Next(ctx, f.prev); ctx.Err() == nil {
			t.Fatalf("after an empty list the source returns %s, %v", describe(content), err)
		}
		cancel()
		mu.Lock()
		n = listed
		mu.Unlock()
	}
	if err := srv.Put("", group, "x-0002.yaml", "v: 9"); err != nil {
		t.Fatal(err)
	}
	f.until(strings.Replace(want, "v: 2", "v: 9", 1))
}

// An operator sees which content each config has at the client.
func TestMatchingAcknowledges(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, func(t *testing.T, srv *fakenacos.Server) {
		want := putAll(t, srv, "x", 2)
		c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second))
		f := followMatching(t, c, "x-*")
		f.until(want)
		for i := range 2 {
			id, md5 := fmt.Sprintf("x-%04d.yaml", i), sumOf(fmt.Sprintf("v: %d", i))
			if err := srv.Wait(within(t), func(fakenacos.Stats) bool {
				l := srv.Listeners("", group, id)
				return len(l) == 1 && l[0].MD5 == md5
			}); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		reporter := f.src.(source.FreshnessReporter)
		if age := time.Since(reporter.VerifiedAt()); age > time.Minute {
			t.Errorf("the content was verified %v ago", age)
		}
		d := source.DescriptionOf(f.src)
		if d.Namespace != "public" || d.Group != group || d.Document != "" || !strings.HasSuffix(d.Identity, "/public/DEFAULT_GROUP/x-*") {
			t.Errorf("the source describes itself as %+v", d)
		}
	})
}

func TestMatchingNames(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.AppName = "orders"
	c := newClient(t, cfg)
	for _, of := range []struct {
		pattern string
		opts    []nacos.SourceOption
	}{
		{"", nil}, {"a/*", nil}, {"ä*", nil}, {"*", []nacos.SourceOption{nacos.Group("*")}}, {"*", []nacos.SourceOption{nacos.Group("")}},
		{"{{.Profile}}*", nil}, {strings.Repeat("x", 257), nil},
	} {
		src := c.Matching(of.pattern, of.opts...)
		if _, err := src.Next(within(t), ""); !errors.Is(err, nacos.InvalidName) {
			t.Errorf("%q: %v", of.pattern, err)
		} else if !strings.Contains(err.Error(), "{{") && !strings.Contains(err.Error(), "* for any text") {
			t.Errorf("the error of %q does not say what a pattern may have: %v", of.pattern, err)
		}
		if src.Name() == "" {
			t.Errorf("%q has no name", of.pattern)
		}
		_ = src.(io.Closer).Close()
	}
	for want, src := range map[string]source.Source{
		"x-*": c.Matching("x-*"), "G/x-*": c.Matching("x-*", nacos.Group("G")), "orders-*.yaml": c.Matching("{{.Service}}-*.yaml"),
	} {
		if src.Name() != want {
			t.Errorf("the name is %q, want %q", src.Name(), want)
		}
	}
	src := c.Matching("x-*")
	c.Close()
	if _, err := src.Next(within(t), ""); source.KindOf(err) != source.Closed {
		t.Errorf("a source of a closed client says %v", err)
	}
	if _, err := c.Matching("x-*").Next(within(t), ""); source.KindOf(err) != source.Closed {
		t.Errorf("a new source of a closed client says %v", err)
	}
}

// What a server is asked for matches at least what the pattern matches.
func TestServerPattern(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"*": "*", "**": "*", "a": "a", "a*": "a*", "*a": "*a", "*a*": "*a*", "a*b": "a*", "a*bc": "*bc", "*a*bc": "*bc", "a**": "a*",
		"*ab*c*": "*ab*", "a*bcd*e": "*bcd*",
	} {
		if got := nacos.ServerPattern(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
	if got := slices.Collect(nacos.DataIDs("G", "a.yaml+G+public", "a.yaml+G", "a+H+public", "+G", "a%2B+G", "", "a", "a+G+x+y")); !slices.Equal(got, []string{"a.yaml", "a.yaml", "a"}) {
		t.Errorf("the data IDs are %q", got)
	}
}
