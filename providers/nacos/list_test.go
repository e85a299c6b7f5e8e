package nacos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

func names(all []nacos.ListEntry) (out []string) {
	for _, e := range all {
		out = append(out, e.Key.Group+"/"+e.Key.DataID)
	}
	return out
}

func TestList(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		ctx := within(t)
		one, two := "A"+id, "B"+id // groups of this test
		cfg.Group = one
		c := newClient(t, cfg)
		if all, err := c.List(ctx, "*"); err != nil || len(all) != 0 {
			t.Errorf("an empty group has %v, %v", all, err)
		}
		type doc struct{ group, id string }
		for _, d := range []doc{{one, "b.yaml"}, {one, "a.yaml"}, {one, "a_yaml"}, {one, "c.json"}, {two, "a.yaml"}} {
			t.Cleanup(func() { _ = c.Delete(within(t), d.id, nacos.Group(d.group)) })
			if err := c.Publish(ctx, d.id, []byte("{\"v\": \"ü\"}"), nacos.Group(d.group), nacos.App("orders"), nacos.Tags("x", "y")); err != nil {
				t.Fatal(err)
			}
		}
		for _, tc := range []struct {
			pattern, group string
			want           []string
		}{
			{"*", "", []string{one + "/a.yaml", one + "/a_yaml", one + "/b.yaml", one + "/c.json"}},
			{"", "", []string{one + "/a.yaml", one + "/a_yaml", one + "/b.yaml", one + "/c.json"}},
			{"a.yaml", "", []string{one + "/a.yaml"}},
			{"a_yaml", "", []string{one + "/a_yaml"}}, // for a server, _ of a pattern is any character
			{"a_*l", "", []string{one + "/a_yaml"}},
			{"*.yaml", "", []string{one + "/a.yaml", one + "/b.yaml"}},
			{"*y*l", "", []string{one + "/a.yaml", one + "/a_yaml", one + "/b.yaml"}},
			{"a.yaml", "*" + id, []string{one + "/a.yaml", two + "/a.yaml"}},
			{"*", two, []string{two + "/a.yaml"}},
			{"none*", "", nil},
			{"A.YAML", "", nil},
		} {
			opts := []nacos.SourceOption{}
			if tc.group != "" {
				opts = append(opts, nacos.Group(tc.group))
			}
			all, err := c.List(ctx, tc.pattern, opts...)
			if err != nil || !slices.Equal(names(all), tc.want) {
				t.Errorf("List of %q in %q returned %q, %v, want %q", tc.pattern, tc.group, names(all), err, tc.want)
			}
			for _, e := range all {
				if e.Size != 11 && !(e.Size == -1 && isNacos3(t)) || e.MD5 != sumOf("{\"v\": \"ü\"}") || e.App != "orders" || e.Key.Namespace != "" {
					t.Errorf("an entry is %+v", e)
				}
			}
		}
		if all, err := c.List(ctx, "*"); err != nil || len(all) != 4 || all[0].Type != "yaml" || all[3].Type != "json" {
			t.Errorf("without a pattern a server reports types: %+v, %v", all, err)
		}
		for _, bad := range []string{"a b", "a%", "a?"} {
			if _, err := c.List(ctx, bad); !errors.Is(err, nacos.InvalidName) {
				t.Errorf("List of %q: %v, want %v", bad, err, nacos.InvalidName)
			} else if !strings.Contains(err.Error(), "* for any text") {
				t.Errorf("the error of List of %q does not say what a pattern may have: %v", bad, err)
			}
		}
		if _, err := c.List(ctx, "*", nacos.Group("")); !errors.Is(err, nacos.InvalidName) {
			t.Errorf("List of an empty group: %v, want %v", err, nacos.InvalidName)
		}
	})
}

// All pages come, each config once, and only those of the namespace.
func TestListOfManyPages(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.Namespace = "dev"
	c := newClient(t, cfg, nacos.RequestTimeout(time.Minute))
	const n = 1234
	for i := range n {
		for _, namespace := range []string{"dev", ""} {
			if err := srv.Put(namespace, group, fmt.Sprintf("c%d.yaml", i), "v: 1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, pattern := range []string{"*", "c*"} {
		all, err := c.List(within(t), pattern)
		if seen := slices.Compact(names(all)); err != nil || len(all) != n || len(seen) != n || all[0].Key.Namespace != "dev" {
			t.Errorf("List of %q returned %d configs, %d different ones, %v, want %d", pattern, len(all), len(seen), err, n)
		}
	}
}

// listServer answers for lists only.
func listServer(t *testing.T, answer func(number, size int) any) *nacos.Client {
	t.Helper()
	srv := start(t, fakenacos.Options{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.URL.Query().Get("pageNo"))
		size, _ := strconv.Atoi(r.URL.Query().Get("pageSize"))
		body := answer(number, size)
		if raw, ok := body.([]byte); ok {
			_, _ = w.Write(raw)
			return
		}
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(web.Close)
	c, err := nacos.NewClientForConsole(config(srv), web.URL, nacos.Quick(), nacos.RequestTimeout(time.Minute)) // for a busy machine
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

type (
	listed map[string]any
	paged  struct {
		Total int      `json:"totalCount"`
		Items []listed `json:"pageItems"`
	}
)

func page(all []string, number, size int) paged {
	from := min((number-1)*size, len(all))
	p := paged{Total: len(all), Items: []listed{}}
	for _, id := range all[from:min(from+size, len(all))] {
		p.Items = append(p.Items, listed{"dataId": id, "group": group, "content": "x"})
	}
	return p
}

func ids(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("c%04d", i))
	}
	return all
}

func prefixed(ids []string) (all []string) {
	for _, id := range ids {
		all = append(all, group+"/"+id)
	}
	return all
}

// A config is deleted while the list is read, so that another one moves to a page that was read
// already: it must not be missing.
func TestListWhileItChanges(t *testing.T) {
	t.Parallel()
	all := ids(300)
	calls := 0
	c := listServer(t, func(number, size int) any {
		if calls++; calls == 2 {
			all = all[1:]
		}
		return page(all, number, size)
	})
	got, err := c.List(within(t), "*")
	if err != nil || !slices.Equal(names(got), prefixed(all)) {
		t.Errorf("after %d requests List returned %d configs, %v; want the 299 that were there all the time", calls, len(got), err)
	}
	n := 0
	c = listServer(t, func(number, size int) any {
		n++
		return paged{Total: 1000, Items: []listed{{"dataId": fmt.Sprintf("d%d", n), "group": group, "content": "x"}}}
	})
	if _, err := c.List(within(t), "*"); !errors.Is(err, nacos.UpdateInProgress) {
		t.Errorf("a list that never settles: %v, want %v", err, nacos.UpdateInProgress)
	}
}

// A server that counts other than it lists does not make List fail for ever.
func TestListOfAServerThatCountsWrong(t *testing.T) {
	t.Parallel()
	c := listServer(t, func(number, size int) any {
		p := page(ids(30), number, size)
		p.Total = 31
		return p
	})
	if got, err := c.List(within(t), "*"); err != nil || len(got) != 30 {
		t.Errorf("List returned %d configs, %v, want 30", len(got), err)
	}
}

// Pages with large contents get smaller until one fits, and no config is missed.
func TestListOfLargeContents(t *testing.T) {
	t.Parallel()
	all := ids(300)
	big := strings.Repeat("x", 10<<20) // two are too many for a page
	calls := 0
	c := listServer(t, func(number, size int) any {
		calls++
		body := []byte(`{"totalCount":300,"pageItems":[`)
		from := (number - 1) * size
		for i := from; i < min(from+size, len(all)); i++ {
			content := "x"
			if i >= 40 && i < 43 {
				content = big
			}
			body = fmt.Appendf(body, `{"dataId":%q,"group":%q,"content":"%s"},`, all[i], group, content)
		}
		return append(bytes.TrimSuffix(body, []byte(",")), "]}"...)
	})
	got, err := c.List(within(t), "*")
	if err != nil || len(got) != 300 || got[41].Size != len(big) || got[48].Size != 1 || calls > 30 {
		t.Errorf("after %d requests List returned %d configs, %v, want 300", calls, len(got), err)
	}
}

// Whatever a server sends, List ends, and its memory has a bound.
func TestListOfNonsense(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(number, size int) any{
		"no JSON":        func(int, int) any { return []byte("<html>") },
		"an array":       func(int, int) any { return []byte("[]") },
		"items as text":  func(int, int) any { return []byte(`{"totalCount":3,"pageItems":"x"}`) },
		"too many items": func(_, size int) any { return page(ids(2000), 1, size+1) },
		"torn":           func(int, int) any { return []byte(`{"totalCount":3,"pageItems":[{"dataId":"a"`) },
	} {
		c := listServer(t, answer)
		if got, err := c.List(within(t), "*"); !errors.Is(err, nacos.BadResponse) || got != nil {
			t.Errorf("%s: List returned %v, %v, want %v", name, got, err, nacos.BadResponse)
		}
	}
	c := listServer(t, func(number, size int) any {
		p := page(ids(0), number, size)
		for i := range size {
			p.Items = append(p.Items, listed{"dataId": fmt.Sprintf("c%d-%d", number, i), "group": group})
		}
		p.Total = 1 << 30
		return p
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience) // 100 000 entries take long on a busy machine with -race
	defer cancel()
	if _, err := c.List(ctx, "*"); !errors.Is(err, nacos.TooLarge) {
		t.Errorf("a list without end: %v, want %v", err, nacos.TooLarge)
	}
	c = listServer(t, func(int, int) any { return []byte(`{"totalCount":0,"pageItems":null}`) })
	if got, err := c.List(within(t), "*"); err != nil || len(got) != 0 {
		t.Errorf("no items: %v, %v", got, err)
	}
}

func TestListOfNacos3(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/nacos/v3/admin/cs/config/list" || q.Get("namespaceId") != "public" || q.Get("groupName") != group || q.Get("dataId") != "x*" || q.Get("search") != "blur" {
			w.WriteHeader(http.StatusGone)
			return
		}
		_, _ = w.Write([]byte(`{"code":0,"message":"success","data":{"totalCount":1,"pageNumber":1,"pagesAvailable":1,"pageItems":[{"id":"7","namespaceId":"public","groupName":"DEFAULT_GROUP","dataId":"x.yaml","md5":"abc","type":"yaml","appName":"","createTime":0,"modifyTime":1700000000123}]}}`))
	}))
	t.Cleanup(web.Close)
	got, err := dialConsole(t, config(srv), web.URL).List(within(t), "x*")
	want := []nacos.ListEntry{{Key: nacos.Key{Group: group, DataID: "x.yaml"}, MD5: "abc", Type: "yaml", Size: -1, Modified: time.UnixMilli(1700000000123)}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("List returned %+v, %v, want %+v", got, err, want)
	}
}

// FuzzListPattern compares the matching of patterns with a plain one.
func FuzzListPattern(f *testing.F) {
	for _, s := range []string{"a*|ab", "*|", "**a*|ba", "a*b*c|axbxc", "*a|aa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		pattern, name, _ := strings.Cut(in, "|")
		if len(pattern) > 12 || len(name) > 12 {
			return
		}
		if got, want := nacos.Matches(pattern, name), slowMatch(pattern, name); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}

func slowMatch(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	if pattern[0] != '*' {
		return name != "" && name[0] == pattern[0] && slowMatch(pattern[1:], name[1:])
	}
	for i := range len(name) + 1 {
		if slowMatch(pattern[1:], name[i:]) {
			return true
		}
	}
	return false
}

func TestProbeIfMD5(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		cfg.Group = "P" + id
		c := newClient(t, cfg)
		if err := c.ProbeIfMD5(within(t)); err != nil {
			t.Errorf("a server that honors IfMD5: %v", err)
		}
		if all, err := c.List(within(t), "*"); err != nil || len(all) != 0 {
			t.Errorf("the probe left %v, %v", names(all), err)
		}
	})
	t.Run("ignored", func(t *testing.T) {
		t.Parallel()
		srv := start(t, fakenacos.Options{})
		c := newClient(t, config(srv))
		srv.Faults().IgnoreIfMD5(true)
		if err := c.ProbeIfMD5(within(t)); !errors.Is(err, nacos.NotSupported) || !strings.Contains(err.Error(), "ignores") {
			t.Errorf("a server that ignores IfMD5: %v, want %v", err, nacos.NotSupported)
		}
		if all, err := c.List(within(t), "*"); err != nil || len(all) != 0 {
			t.Errorf("the probe left %v, %v", names(all), err)
		}
	})
	t.Run("denied", func(t *testing.T) {
		t.Parallel()
		srv := start(t, fakenacos.Options{Users: []fakenacos.User{{Name: "app", Password: "s3cret", Grants: []fakenacos.Grant{{Read: true}}}}})
		cfg := config(srv)
		cfg.Username, cfg.Password = "app", nacos.NewPassword("s3cret")
		if err := newClient(t, cfg).ProbeIfMD5(within(t)); !errors.Is(err, nacos.PermissionDenied) {
			t.Errorf("a probe by a reader: %v, want %v", err, nacos.PermissionDenied)
		}
	})
	for name, test := range map[string]struct {
		fault  func(*fakenacos.Faults)
		left   int
		failed bool
	}{
		"a deletion fails for a while":    {func(f *fakenacos.Faults) { f.Fail(3, 500, fakenacos.Match{Type: "ConfigRemoveRequest"}) }, 0, false},
		"the answer to a publish is lost": {func(f *fakenacos.Faults) { f.LoseAnswers(1, fakenacos.Match{Type: "ConfigPublishRequest"}) }, 0, true},
		"a read and the deletion fail": {func(f *fakenacos.Faults) {
			f.Fail(1, 500, fakenacos.Match{Type: "ConfigQueryRequest"})
			f.Fail(3, 500, fakenacos.Match{Type: "ConfigRemoveRequest"})
		}, 0, true},
		"no deletion works": {func(f *fakenacos.Faults) { f.Fail(fakenacos.Always, 500, fakenacos.Match{Type: "ConfigRemoveRequest"}) }, 1, true},
		"no deletion works after an error": {func(f *fakenacos.Faults) {
			f.Fail(1, 500, fakenacos.Match{Type: "ConfigQueryRequest"})
			f.Fail(fakenacos.Always, 500, fakenacos.Match{Type: "ConfigRemoveRequest"})
		}, 1, true},
		"a deletion is denied": {func(f *fakenacos.Faults) { f.Deny(1, fakenacos.Match{Type: "ConfigRemoveRequest"}) }, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{})
			c := newClient(t, config(srv))
			test.fault(srv.Faults())
			err := c.ProbeIfMD5(within(t))
			if err := srv.Faults().Clear(); err != nil {
				t.Fatal(err)
			}
			all, failed := c.List(within(t), "*")
			if failed != nil || len(all) != test.left || (err != nil) != test.failed {
				t.Fatalf("the probe ended with %v and left %v, %v; want %d, and an error: %t", err, names(all), failed, test.left, test.failed)
			}
			if test.left == 1 && !strings.Contains(err.Error(), "; config public/DEFAULT_GROUP/"+all[0].Key.DataID+" stays on the server: delete it") {
				t.Errorf("the error does not name the config that stays: %v", err)
			}
		})
	}
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		srv := start(t, fakenacos.Options{DumpDelay: time.Hour}) // nothing that is published can be read
		c := newClient(t, config(srv))
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- c.ProbeIfMD5(ctx) }()
		if err := srv.Wait(within(t), func(s fakenacos.Stats) bool { return s.Requests["ConfigQueryRequest"] > 0 }); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(within(t), "other"); !errors.Is(err, nacos.ConfigNotFound) { // by then the probe waits for its next read
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) || errors.Is(err, nacos.NoResponse) {
			t.Errorf("a probe that its caller ends: %v, which blames the server; want %v", err, context.Canceled)
		}
	})
}

// A Nacos 2 ignores IfMD5 for the contents of a tag and of addresses, as IfMD5 says.
func TestIfMD5OfGrayContents(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		for _, gray := range []nacos.DeleteOption{nacos.GrayTag("canary"), nacos.BetaIPs("192.0.2.1")} {
			t.Cleanup(func() { _ = c.Delete(within(t), id, gray) })
			if err := c.Publish(ctx, id, []byte("v: 1"), gray); err != nil {
				t.Fatal(err)
			}
			if err := c.Publish(ctx, id, []byte("v: 2"), gray, nacos.IfMD5(fmt.Sprintf("%032x", rand.Uint64()))); err != nil {
				t.Errorf("with another md5: %v, and a Nacos 2 ignores it", err)
			}
		}
		// A Nacos 3 does not, in words of its own.
		srv := start(t, fakenacos.Options{})
		srv.Faults().FailWith(1, 500, "Cas publish gray config fail, server md5 may have changed.", fakenacos.Match{Type: "ConfigPublishRequest"})
		if err := newClient(t, config(srv)).Publish(ctx, id, []byte("v: 3"), nacos.GrayTag("canary"), nacos.IfMD5(sumOf("v: 1"))); !errors.Is(err, nacos.PreconditionFailed) {
			t.Errorf("a gray compare-and-set that fails on a Nacos 3: %v, want %v", err, nacos.PreconditionFailed)
		}
	})
}
