package nacos_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		if changes, err := c.History(ctx, id, 0); err != nil || len(changes) != 0 {
			t.Errorf("a config that never was has the history %v, %v, want none", changes, err)
		}
		begin := time.Now()
		r := follow(t, c.Config(id))
		for v := 1; v <= 3; v++ {
			text := fmt.Sprintf("v: %d", v)
			if err := c.Publish(ctx, id, []byte(text), nacos.App("orders")); err != nil {
				t.Fatal(err)
			}
			r.until(text)
		}
		if err := c.Delete(ctx, id); err != nil {
			t.Fatal(err)
		}
		for d, err := r.next(); err != nil || !d.Absent; d, err = r.next() { //nolint:revive // it waits
		}
		changes, err := c.History(ctx, id, 0)
		if err != nil || len(changes) != 4 {
			t.Fatalf("after three publishes and a delete History returned %v, %v", changes, err)
		}
		before := []string{"v: 3", "v: 2", "v: 1", "v: 1"} // of an insert it is what was inserted
		for i, kind := range []string{"delete", "update", "update", "insert"} {
			ch := changes[i]
			if ch.Op != kind || ch.Key.DataID != id || ch.IP == "" || ch.ID <= 0 {
				t.Errorf("entry %d is %+v, want kind %s", i, ch, kind)
			}
			if age := ch.Time.Sub(begin); age < -time.Minute || age > time.Minute {
				t.Errorf("entry %d was made at %v", i, ch.Time)
			}
			item, err := c.PreviousContent(ctx, ch)
			if err != nil || string(item.Content) != before[i] || item.MD5 != sumOf(before[i]) {
				t.Errorf("before entry %d the content was %q, %v, want %q", i, item.Content, err, before[i])
			}
		}
		if newest, err := c.History(ctx, id, 2); err != nil || len(newest) != 2 || newest[0] != changes[0] || newest[1] != changes[1] {
			t.Errorf("the newest two are %v, %v", newest, err)
		}
		none := changes[0]
		none.ID = 1 << 40
		if _, err := c.PreviousContent(ctx, none); !errors.Is(err, nacos.ConfigNotFound) {
			t.Errorf("Before of an entry that is not there: %v, want %v", err, nacos.ConfigNotFound)
		}
		for _, bad := range []string{"", "a b"} {
			if _, err := c.History(ctx, bad, 0); !errors.Is(err, nacos.InvalidName) {
				t.Errorf("History of %q: %v, want %v", bad, err, nacos.InvalidName)
			}
			if _, err := c.Listeners(ctx, bad); !errors.Is(err, nacos.InvalidName) {
				t.Errorf("Listeners of %q: %v, want %v", bad, err, nacos.InvalidName)
			}
		}
	})
}

// A history of more than one page comes whole, each entry once.
func TestHistoryOfManyPages(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	c := newClient(t, config(srv))
	for v := range 1201 {
		if err := srv.Publish("", group, "x.yaml", fmt.Sprintf("v: %d", v)); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{0: 1201, 700: 700, 500: 500, 5000: 1201} {
		changes, err := c.History(within(t), "x.yaml", limit)
		seen := map[int64]bool{}
		for _, ch := range changes {
			seen[ch.ID] = true
		}
		if err != nil || len(changes) != want || len(seen) != want {
			t.Errorf("with the limit %d there are %d entries, %d different ones, %v; want %d", limit, len(changes), len(seen), err, want)
		}
	}
}

// The server's list of listeners has the md5 of what is live here, not of what was read.
func TestListeners(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		if all, err := c.Listeners(ctx, id); err != nil || len(all) != 0 {
			t.Errorf("nobody listens, and Listeners returned %v, %v", all, err)
		}
		src := c.Config(id)
		r := follow(t, src)
		for _, text := range []string{"v: 1", "v: 2"} {
			if err := c.Publish(ctx, id, []byte(text)); err != nil {
				t.Fatal(err)
			}
			r.until(text)
			if text == "v: 1" {
				src.Ack(r.rev, nil)
			} else {
				src.Ack(r.rev, errors.New("rejected"))
			}
		}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			all, err := c.Listeners(ctx, id)
			if err == nil && len(all) == 1 && all[0].MD5 == sumOf("v: 1") && all[0].IP != "" {
				break
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("Listeners returned %v, %v, want one with the md5 of what was applied", all, err)
			}
		}
	})
}

// A content for one tag, or for some addresses, reaches those alone, and goes again.
func TestGray(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		ctx := within(t)
		all := newClient(t, cfg)
		cfg.Labels = map[string]string{"Vipserver-Tag": "canary"}
		tagged := newClient(t, cfg)
		t.Cleanup(func() { _ = tagged.Delete(within(t), id, nacos.GrayTag("canary")); _ = all.Delete(within(t), id) })
		a, b := follow(t, all.Config(id)), follow(t, tagged.Config(id))
		publish := func(text string, opts ...nacos.PublishOption) {
			if err := all.Publish(ctx, id, []byte(text), opts...); err != nil {
				t.Fatal(err)
			}
		}
		publish("v: 1")
		a.until("v: 1")
		b.until("v: 1")
		publish("v: 2", nacos.GrayTag("canary"))
		b.until("v: 2")
		if item, err := all.Get(ctx, id); err != nil || string(item.Content) != "v: 1" {
			t.Errorf("a client without the tag gets %q, %v", item.Content, err)
		}
		if item, err := tagged.Get(ctx, id); err != nil || string(item.Content) != "v: 2" {
			t.Errorf("a client with the tag gets %q, %v", item.Content, err)
		}
		publish("v: 3")
		a.until("v: 3") // b stays with what was published for its tag
		if err := all.Delete(ctx, id, nacos.GrayTag("canary")); err != nil {
			t.Fatal(err)
		}
		b.until("v: 3")
		for _, missing := range []nacos.DeleteOption{nacos.GrayTag("canary"), nacos.BetaIPs()} {
			if err := all.Delete(ctx, id, missing); err != nil {
				t.Errorf("Delete of a gray content that is missing: %v", err)
			}
		}
		publish("v: 4", nacos.BetaIPs("127.0.0.1"))
		a.until("v: 4")
		if err := all.Delete(ctx, id, nacos.BetaIPs()); err != nil {
			t.Fatal(err)
		}
		a.until("v: 3")
		if err := all.Delete(ctx, id, nacos.GrayTag("")); !errors.Is(err, nacos.InvalidName) {
			t.Errorf("Delete with an empty tag: %v, want %v", err, nacos.InvalidName)
		}
	})
}

// Who gives a namespace's name for its id is told so.
func TestNamespaceMissing(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		cfg.Namespace = fmt.Sprintf("nacre-%08x", rand.Uint32())
		log := newEvents()
		c := newClient(t, cfg, log.hook())
		src := c.Config(id)
		if strings.HasSuffix(t.Name(), "/real") { // a busy one lists its namespaces too late for the first error
			log.wait(t, nacos.EventNamespaceNotFound, 1)
		}
		err := follow(t, src).trouble()
		if !errors.Is(err, nacos.NamespaceNotFound) || !errors.Is(err, source.NotFound) || !strings.Contains(err.Error(), cfg.Namespace) {
			t.Errorf("a namespace that is not there: %v, want %v", err, nacos.NamespaceNotFound)
		}
		if _, err := c.Get(within(t), id); !errors.Is(err, nacos.NamespaceNotFound) {
			t.Errorf("Get in it: %v, want %v", err, nacos.NamespaceNotFound)
		}
		if e := log.wait(t, nacos.EventNamespaceNotFound, 1); e.Err == nil || e.Server == "" {
			t.Errorf("the event is %+v", e)
		}
		if d, err := follow(t, c.Config(id)).next(); err != nil || !d.Absent {
			t.Errorf("an optional config in it: %+v, %v, want absent", d, err)
		}
	})
	t.Run("name", func(t *testing.T) {
		t.Parallel()
		onVersions(t, fakenacos.Options{}, nameInPlaceOfAnID)
	})
}

func nameInPlaceOfAnID(t *testing.T, srv *fakenacos.Server) {
	defer http.DefaultClient.CloseIdleConnections()
	path := "/v1/console/namespaces"
	if isNacos3(t) {
		path = "/v3/admin/core/namespace"
	}
	res, err := http.PostForm(srv.URL()+path, url.Values{"customNamespaceId": {"id-7"}, "namespaceId": {"id-7"}, "namespaceName": {"dev"}, "namespaceDesc": {"x"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cfg := config(srv)
	cfg.Namespace = "dev"
	if err := follow(t, newClient(t, cfg).Config("x.yaml")).trouble(); !errors.Is(err, nacos.NamespaceNotFound) || !strings.Contains(err.Error(), "id-7") {
		t.Errorf("a name for an id: %v, want the id", err)
	}
	cfg.Namespace = "id-7"
	if err := follow(t, newClient(t, cfg).Config("x.yaml")).trouble(); !errors.Is(err, nacos.ConfigNotFound) {
		t.Errorf("a config that is missing in a namespace that is there: %v, want %v", err, nacos.ConfigNotFound)
	}
}

// A Nacos 3 has other paths and other names for the same, and refuses the old ones.
func TestConsoleOfNacos3(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	const wrapped = `{"code":0,"message":"success","data":`
	answers := map[string]string{
		"GET /nacos/v3/admin/cs/history/list":    wrapped + `{"totalCount":1,"pageNumber":1,"pagesAvailable":1,"pageItems":[{"id":7,"namespaceId":"public","groupName":"DEFAULT_GROUP","dataId":"x.yaml","opType":"U         ","srcUser":"kim","srcIp":"192.0.2.1","modifyTime":1700000000123}]}}`,
		"GET /nacos/v3/admin/cs/history":         wrapped + `{"id":7,"content":"v: 1","md5":"` + sumOf("v: 1") + `"}}`,
		"GET /nacos/v3/admin/cs/config/listener": wrapped + `{"queryType":"config","listenersStatus":{"192.0.2.2":"b","192.0.2.1":"a"}}}`,
		"DELETE /nacos/v3/admin/cs/config/beta":  wrapped + `true}`,
	}
	var refused atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			refused.Add(1)
			w.WriteHeader(http.StatusGone)
			return
		}
		if q := r.URL.Query(); q.Get("namespaceId") != "public" || q.Get("groupName") != group || q.Get("dataId") != "x.yaml" {
			t.Errorf("%s is asked about %v", r.URL.Path, q)
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(web.Close)
	c := dialConsole(t, config(srv), web.URL)
	ctx := within(t)
	changes, err := c.History(ctx, "x.yaml", 10)
	if err != nil || len(changes) != 1 || changes[0].ID != 7 || changes[0].User != "kim" || changes[0].Op != "update" || changes[0].Time.UnixMilli() != 1700000000123 {
		t.Errorf("History returned %+v, %v", changes, err)
	}
	if item, err := c.PreviousContent(ctx, nacos.HistoryEntry{ID: 7, Key: nacos.Key{Group: group, DataID: "x.yaml"}}); err != nil || string(item.Content) != "v: 1" {
		t.Errorf("Before returned %q, %v", item.Content, err)
	}
	if all, err := c.Listeners(ctx, "x.yaml"); err != nil || len(all) != 2 || all[0] != (nacos.Listener{IP: "192.0.2.1", MD5: "a"}) {
		t.Errorf("Listeners returned %v, %v", all, err)
	}
	if err := c.Delete(ctx, "x.yaml", nacos.BetaIPs()); err != nil {
		t.Errorf("Delete with BetaIPs: %v", err)
	}
	if n := refused.Load(); n != 1 {
		t.Errorf("four requests have tried the paths of Nacos 2 %d times, want once", n)
	}
	answers = nil
	if _, err := c.History(ctx, "x.yaml", 10); !errors.Is(err, nacos.NotSupported) {
		t.Errorf("History of a server that has none: %v, want %v", err, nacos.NotSupported)
	}
}

// What an HTTP interface may answer has each its cause, and none of it takes long.
func TestConsoleTroubles(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	var status int
	var text string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(web.Close)
	c := dialConsole(t, config(srv), web.URL)
	for _, tc := range []struct {
		status int
		text   string
		want   nacos.Code
	}{
		{403, `{"status":403,"message":"canary"}`, nacos.CredentialsMissing},
		{503, "canary", nacos.NotReady},
		{400, "canary", nacos.BadRequest},
		{500, "canary", nacos.ServerError},
		{302, "canary", nacos.BadResponse},
		{404, `{"code":20004,"message":"canary","data":null}`, nacos.ConfigNotFound},
		{404, "canary", nacos.NotSupported},
		{200, "canary", nacos.BadResponse},
		{200, "", nacos.BadResponse},
		{200, `{"code":30000,"message":"canary"}`, nacos.BadResponse},
		{200, `{"code":0,"data":[1]}`, nacos.BadResponse},
	} {
		status, text = tc.status, tc.text
		_, err := c.History(within(t), "x.yaml", 1)
		if !errors.Is(err, tc.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("status %d, %q: %v, want %q and nothing of the answer", tc.status, tc.text, err, tc.want)
		}
	}
	web.Close()
	if _, err := c.Listeners(within(t), "x.yaml"); !errors.Is(err, nacos.ConnectionRefused) {
		t.Errorf("with the HTTP port shut: %v, want %v", err, nacos.ConnectionRefused)
	}
}

// A server that lies about its history fills no memory: neither by a page of more entries than were
// asked for, nor by pages without end.
func TestAHistoryThatDoesNotEndIsRefused(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	entry := `{"id":7,"opType":"U","srcUser":"` + strings.Repeat("u", 8<<10) + `"}`
	for name, page := range map[string]string{
		"pages without end":  strings.TrimSuffix(strings.Repeat(entry+",", 400), ","),
		"one page":           strings.TrimSuffix(strings.Repeat("{},", 600), ","),
		"a page of 5 MiB":    `{"srcUser":"` + strings.Repeat("u", 5<<20) + `"}`,
		"a page of no list":  "null}, {",
		"a page of 600 null": strings.TrimSuffix(strings.Repeat("null,", 600), ","),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if asked++; asked > 100 {
					w.WriteHeader(http.StatusServiceUnavailable) // it would go on for ever
					return
				}
				_, _ = w.Write([]byte(`{"pagesAvailable":1000000000,"pageItems":[` + page + `]}`))
			}))
			t.Cleanup(web.Close)
			c := dialConsole(t, config(srv), web.URL)
			changes, err := c.History(within(t), "x.yaml", 0)
			if !errors.Is(err, nacos.BadResponse) || changes != nil {
				t.Errorf("after %d pages History returned %d entries, %v, want %v", asked, len(changes), err, nacos.BadResponse)
			}
		})
	}
}

// A history wants a login where there is one, and says whose right is missing.
func TestConsoleLogsIn(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{Users: users})
	cfg := config(srv)
	if err := second(newClient(t, cfg).History(within(t), "x.yaml", 1)); !errors.Is(err, nacos.CredentialsMissing) {
		t.Errorf("History without a login: %v, want %v", err, nacos.CredentialsMissing)
	}
	cfg.Username, cfg.Password = "app", nacos.NewPassword("s3cret")
	c := newClient(t, cfg)
	if err := second(c.History(within(t), "x.yaml", 1)); err != nil {
		t.Errorf("History with a login: %v", err)
	}
	srv.Faults().ExpireTokens()
	if err := second(c.Listeners(within(t), "x.yaml")); err != nil {
		t.Errorf("Listeners with a token that has ended: %v", err)
	}
}
