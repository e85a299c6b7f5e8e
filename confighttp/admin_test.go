package confighttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// ann is an authorizer that takes every request for one of ann.
func ann(*http.Request) (string, error) { return "ann", nil }

// operated is a config with some versions, which a test changes and acts on.
type operated struct {
	cfg      *nacre.Config[config]
	document *memory.Source
	handler  http.Handler
}

// operate opens a config with version 3, of three, below an Admin at /admin/.
func operate(t *testing.T) *operated {
	t.Helper()
	document := memory.New("service.yaml", []byte(text(1, 20)))
	cfg, err := nacre.OpenWith[config](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, document)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	for pool := 2; pool <= 3; pool++ {
		document.Set([]byte(text(pool, 20)))
		settle()
	}
	mux := http.NewServeMux()
	mux.Handle("/admin/", confighttp.Admin(cfg, ann))
	return &operated{cfg, document, mux}
}

// text is a document with a number of labels.
func text(pool, labels int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "token: canary-token\npool: %d\nlabels:\n", pool)
	for i := range labels {
		fmt.Fprintf(&b, "  label%d: x\n", i)
	}
	return b.String()
}

// body is a body with its type.
type body struct{ kind, text string }

func asJSON(fields map[string]any) body {
	b, _ := json.Marshal(fields)
	return body{"application/json", string(b)}
}

func asForm(fields map[string]any) body {
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, fmt.Sprint(value))
	}
	return body{"application/x-www-form-urlencoded", values.Encode()}
}

// send posts a body as a browser on the page of the handler does.
func send(h http.Handler, path string, b body, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(b.text))
	r.Host = "localhost"
	r.Header.Set("Content-Type", b.kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", "http://localhost")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// answer is what Admin answers in JSON.
type answer struct {
	Error, Kind, Action, Who, Layer, Revision string
	Version                                   int64
	Pinned                                    bool
}

func answerOf(t *testing.T, w *httptest.ResponseRecorder) (a answer) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("the answer %d %s is not JSON: %v", w.Code, w.Body, err)
	}
	return a
}

// acts returns the acts in the history, oldest first.
func acts(cfg *nacre.Config[config]) (all []string) {
	for _, h := range cfg.History() {
		if h.By != (observe.By{}) {
			all = append(all, fmt.Sprintf("%s %d by %s", h.Kind, h.Version, h.By))
		}
	}
	return all
}

// Each action does what the method of the config does, says what is live, and is recorded with who
// and why.
func TestAdminActs(t *testing.T) {
	for what, encode := range map[string]func(map[string]any) body{"JSON": asJSON, "form": asForm} {
		synctest.Test(t, func(t *testing.T) {
			o := operate(t)
			do := func(action string, fields map[string]any, pool int, version int64, pinned bool) {
				t.Helper()
				fields["why"] = " because of " + action + " "
				w := send(o.handler, "/admin/"+action, encode(fields))
				if h := o.cfg.Health(); o.cfg.Get().Pool != pool || h.Version != version || h.Pinned != pinned {
					t.Errorf("%s: after %s pool is %d, version %d, pinned %t: %d %s", what, action, o.cfg.Get().Pool, h.Version, h.Pinned, w.Code, w.Body)
				}
				if what == "form" {
					if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "./?done" {
						t.Errorf("%s: %s is %d to %q, want 303 back to the page", what, action, w.Code, w.Header().Get("Location"))
					}
					page := get200(t, o.handler, "/admin/?done")
					if !strings.Contains(page, "Done:") || !strings.Contains(page, "by ann: because of "+action+",") {
						t.Errorf("after %s, the page does not say that it is done: %s", action, page)
					}
					return
				}
				if a := answerOf(t, w); w.Code != http.StatusOK || a.Version != version || a.Pinned != pinned || a.Action != action || a.Who != "ann" {
					t.Errorf("%s: %s is %d %+v, want version %d", what, action, w.Code, a, version)
				}
			}
			do("refresh", map[string]any{}, 3, 3, false)
			do("pin", map[string]any{"version": 1, "seen": 3}, 1, 4, true)
			do("unpin", map[string]any{"seen": 4}, 3, 5, false)
			do("rollback", map[string]any{"seen": 5}, 1, 6, true)
			o.document.Set([]byte(text(7, 2)))
			settle()
			do("unpin", map[string]any{"seen": 6}, 1, 6, false)
			l := o.cfg.Health().Layers[0]
			if l.Held == nil {
				t.Fatal("the guard does not hold the loss of keys")
			}
			do("approve", map[string]any{"layer": l.Name, "revision": string(l.Latest)}, 7, 7, false)
			want := []string{"refreshed 3 by ann: because of refresh", "pinned 4 by ann: because of pin", "unpinned 4 by ann: because of unpin",
				"pinned 6 by ann: because of rollback", "unpinned 6 by ann: because of unpin", "approved 7 by ann: because of approve"}
			if got := acts(o.cfg); !slices.Equal(got, want) {
				t.Errorf("%s: the history has\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// get200 returns the text of a page, or of any answer to a read.
func get200(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	w := ask(h, http.MethodGet, "localhost", path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s is %d %s", path, w.Code, w.Body)
	}
	return strings.Join(strings.Fields(w.Body.String()), " ")
}

// An action on what the operator did not see changes nothing, and says why.
func TestAdminRefusesWhatIsNotAsItWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		o.document.Set([]byte(text(9, 2)))
		settle()
		l := o.cfg.Health().Layers[0]
		name, latest := l.Name, string(l.Latest)
		for _, test := range []struct {
			action string
			fields map[string]any
			want   int
			says   string
		}{
			{"approve", map[string]any{"layer": name, "revision": "older"}, http.StatusConflict, "latest content has revision"},
			{"approve", map[string]any{"layer": "nobody", "revision": latest}, http.StatusNotFound, "no layer has this name"},
			{"rollback", map[string]any{"seen": 2}, http.StatusConflict, "version 3 is live, not 2"},
			{"pin", map[string]any{"version": 1, "seen": 2}, http.StatusConflict, "version 3 is live, not 2"},
			{"pin", map[string]any{"version": 77, "seen": 3}, http.StatusNotFound, "version is not in the history"},
			{"unpin", map[string]any{"seen": 2}, http.StatusConflict, "version 3 is live, not 2"},
			{"unpin", map[string]any{"seen": 3}, http.StatusConflict, "config is not pinned"},
		} {
			test.fields["why"] = "test"
			w := send(o.handler, "/admin/"+test.action, asJSON(test.fields))
			if a := answerOf(t, w); w.Code != test.want || !strings.Contains(a.Error, test.says) || a.Version != 3 || a.Kind == "" {
				t.Errorf("%s %v is %d %+v, want %d %q and the live version", test.action, test.fields, w.Code, a, test.want, test.says)
			}
			w = send(o.handler, "/admin/"+test.action, asForm(test.fields))
			if page := texts2(w); w.Code != test.want || !strings.Contains(page, "Nothing was done.") || !strings.Contains(page, test.says) {
				t.Errorf("%s %v by a form is %d, want %d and a page with %q", test.action, test.fields, w.Code, test.want, test.says)
			}
		}
		if got := acts(o.cfg); got != nil || o.cfg.Health().Version != 3 {
			t.Errorf("refused actions were done: %q", got)
		}
		// The same form twice.
		for i, want := range []int{http.StatusOK, http.StatusConflict} {
			if w := send(o.handler, "/admin/pin", asJSON(map[string]any{"why": "x", "version": 3, "seen": 3})); w.Code != want {
				t.Errorf("pin, time %d: %d %s, want %d", i+1, w.Code, w.Body, want)
			}
		}
		if w := send(o.handler, "/admin/approve", asJSON(map[string]any{"why": "x", "layer": name, "revision": latest})); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "pinned at version 3 by ann: x") {
			t.Errorf("approve while pinned: %d %s, want 409 with the pin", w.Code, w.Body)
		}
		if w := send(o.handler, "/admin/unpin", asJSON(map[string]any{"why": "x", "seen": 3})); w.Code != http.StatusOK {
			t.Errorf("unpin: %d %s", w.Code, w.Body)
		}
		for i, want := range []int{http.StatusOK, http.StatusConflict} {
			if w := send(o.handler, "/admin/approve", asJSON(map[string]any{"why": "x", "layer": name, "revision": latest})); w.Code != want {
				t.Errorf("approve, time %d: %d %s, want %d", i+1, w.Code, w.Body, want)
			}
		}
		for i, want := range []int{http.StatusOK, http.StatusConflict} {
			if w := send(o.handler, "/admin/rollback", asJSON(map[string]any{"why": "x", "seen": 4})); w.Code != want || o.cfg.Get().Pool != 3 {
				t.Errorf("rollback, time %d: %d %s, want %d", i+1, w.Code, w.Body, want)
			}
		}
	})
}

func texts2(w *httptest.ResponseRecorder) string {
	return strings.Join(strings.Fields(w.Body.String()), " ")
}

// A content that is not good does not become so by an approval; the answer has its problems.
func TestAdminShowsWhyAContentIsNotGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		o.document.Set([]byte(text(1000, 20)))
		settle()
		l := o.cfg.Health().Layers[0]
		w := send(o.handler, "/admin/approve", asJSON(map[string]any{"why": "x", "layer": l.Name, "revision": string(l.Latest)}))
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "service.yaml:2:") {
			t.Errorf("approve of a rejected content: %d %s, want 422 and its problem", w.Code, w.Body)
		}
	})
}

// A request changes nothing if its sender may not act, or may have sent it from another site.
func TestAdminFailsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		rollback := map[string]any{"why": "attack", "seen": 3}
		var asked atomic.Int64
		counted := func(*http.Request) (string, error) { asked.Add(1); return "ann", nil }
		for _, test := range []struct {
			what      string
			authorize func(*http.Request) (string, error)
			want      int
			says      string
		}{
			{"no authorizer", nil, http.StatusForbidden, "no authorize function"},
			{"an error", func(*http.Request) (string, error) { return "ann", errors.New("canary-reason") }, http.StatusForbidden, "not authorized"},
			{"no name", func(*http.Request) (string, error) { return " ", nil }, http.StatusForbidden, "no name"},
			{"a long name", func(*http.Request) (string, error) { return strings.Repeat("x", 201), nil }, http.StatusForbidden, "200 bytes"},
			{"a name with a line break", func(*http.Request) (string, error) { return "ann\nbob", nil }, http.StatusForbidden, "control character"},
			{"a panic", func(*http.Request) (string, error) { panic("canary-panic") }, http.StatusInternalServerError, "authorize has panicked"},
		} {
			h := confighttp.Admin(o.cfg, test.authorize)
			for _, b := range []body{asJSON(rollback), asForm(rollback)} {
				if w := send(h, "/rollback", b); w.Code != test.want || !strings.Contains(w.Body.String(), test.says) {
					t.Errorf("%s: %d %s, want %d %q", test.what, w.Code, w.Body, test.want, test.says)
				}
			}
			if w := ask(h, http.MethodGet, "localhost", "/"); w.Code != test.want || strings.Contains(w.Body.String(), "canary") || strings.Contains(w.Body.String(), "pool") {
				t.Errorf("%s: the page is %d %s, want %d and nothing of the config", test.what, w.Code, w.Body, test.want)
			}
		}
		for _, test := range []struct {
			what string
			body body
			edit func(*http.Request)
			want int
		}{
			{"a form of another site", asForm(rollback), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
			{"JSON of another site", asJSON(rollback), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
			{"a form of another name of the site", asForm(rollback), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
			{"an old browser, another origin", asForm(rollback), func(r *http.Request) {
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Set("Origin", "http://evil.example")
			}, http.StatusForbidden},
			{"an old browser, another port", asForm(rollback), func(r *http.Request) {
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Set("Origin", "http://localhost:81")
			}, http.StatusForbidden},
			{"a sandboxed frame", asForm(rollback), func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") }, http.StatusForbidden},
			{"a form without an origin", asForm(rollback), func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Del("Origin") }, http.StatusForbidden},
			{"DNS rebinding", asForm(rollback), func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Origin", "http://evil.example") }, http.StatusForbidden},
			{"JSON as text", body{"text/plain", asJSON(rollback).text}, nil, http.StatusUnsupportedMediaType},
			{"JSON without a type", body{"", asJSON(rollback).text}, nil, http.StatusUnsupportedMediaType},
			{"a multipart form", body{"multipart/form-data; boundary=x", "--x--"}, nil, http.StatusUnsupportedMediaType},
			{"a media type that is none", body{"application/json; =", asJSON(rollback).text}, nil, http.StatusUnsupportedMediaType},
		} {
			asked.Store(0)
			edit := test.edit
			if edit == nil {
				edit = func(*http.Request) {}
			}
			if w := send(confighttp.Admin(o.cfg, counted), "/rollback", test.body, edit); w.Code != test.want || strings.Contains(w.Body.String(), "evil") {
				t.Errorf("%s: %d %s, want %d", test.what, w.Code, w.Body, test.want)
			}
			if asked.Load() != 0 {
				t.Errorf("%s: authorize was asked, although the request is refused for every operator", test.what)
			}
		}
		if got := acts(o.cfg); got != nil || o.cfg.Health().Version != 3 {
			t.Errorf("refused actions were done: %q", got)
		}
		program := func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Del("Origin") }
		if w := send(o.handler, "/admin/refresh", asJSON(map[string]any{"why": "x"}), program); w.Code != http.StatusOK {
			t.Errorf("a program that sends JSON: %d %s", w.Code, w.Body)
		}
		old := func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }
		if w := send(o.handler, "/admin/refresh", asForm(map[string]any{"why": "x"}), old); w.Code != http.StatusSeeOther {
			t.Errorf("the form of a page without https, with the origin of the page: %d %s", w.Code, w.Body)
		}
	})
}

// A body that is not exactly what the action needs is refused before anything is done. The operator
// is never taken from it.
func TestAdminReadsBodiesStrictly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		form := func(text string) body { return body{"application/x-www-form-urlencoded", text} }
		plain := func(text string) body { return body{"application/json", text} }
		for _, test := range []struct {
			what, action string
			body         body
			want         int
			says         string
		}{
			{"no body", "refresh", plain(""), 400, "not a JSON object"},
			{"no body", "refresh", form(""), 400, "why is missing"},
			{"no reason", "rollback", plain(`{"seen": 3}`), 400, "why is missing"},
			{"an empty reason", "rollback", plain(`{"seen": 3, "why": " \t"}`), 400, "why is missing"},
			{"a long reason", "rollback", asForm(map[string]any{"seen": 3, "why": strings.Repeat("x", 201)}), 400, "why has more than 200 bytes"},
			{"a line break", "rollback", form("seen=3&why=a%0Ab"), 400, "why has a control character"},
			{"an escape", "rollback", plain(`{"seen": 3, "why": "a\u001b[2Jb"}`), 400, "why has a control character"},
			{"text that turns round", "rollback", plain(`{"seen": 3, "why": "a\u202eb"}`), 400, "why has a control character"},
			{"no UTF-8", "rollback", form("seen=3&why=%ff"), 400, "why is not UTF-8"},
			{"who", "rollback", plain(`{"seen": 3, "why": "x", "who": "boss"}`), 400, "no field of that name; its fields are why, seen"},
			{"no version seen", "rollback", plain(`{"why": "x"}`), 400, "seen is missing"},
			{"version 0 seen", "rollback", plain(`{"why": "x", "seen": 0}`), 400, "seen is not a version number"},
			{"no version seen", "unpin", plain(`{"why": "x"}`), 400, "seen is missing"},
			{"no version seen", "pin", plain(`{"why": "x", "version": 1}`), 400, "seen is missing"},
			{"no version", "pin", plain(`{"why": "x", "seen": 3}`), 400, "version is missing"},
			{"version 0", "pin", plain(`{"why": "x", "seen": 3, "version": 0}`), 400, "version is not a version number"},
			{"half a version", "pin", plain(`{"why": "x", "seen": 3, "version": 1.5}`), 400, "version is not a version number"},
			{"no layer", "approve", plain(`{"why": "x", "revision": "r"}`), 400, "layer is missing"},
			{"no revision", "approve", plain(`{"why": "x", "layer": "l"}`), 400, "revision is missing"},
			{"a list", "refresh", plain(`[]`), 400, "not a JSON object"},
			{"null", "refresh", plain(`null`), 400, "not a JSON object"},
			{"two objects", "refresh", plain(`{"why":"x"}{"why":"x"}`), 400, "not a JSON object"},
			{"an object in it", "refresh", plain(`{"why":{}}`), 400, "neither a text nor a number"},
			{"a field twice", "refresh", form("why=a&why=b"), 400, "a field is given twice"},
			{"a broken form", "refresh", form("why=%"), 400, "the body is not a form"},
			{"a large form", "refresh", form("why=" + strings.Repeat("x", 20_000)), 413, "more than 16 KiB"},
			{"large JSON", "refresh", plain(`{"why": "` + strings.Repeat("x", 20_000) + `"}`), 413, "more than 16 KiB"},
		} {
			w := send(o.handler, "/admin/"+test.action, test.body)
			if w.Code != test.want || !strings.Contains(w.Body.String(), test.says) || strings.Contains(w.Body.String(), "boss") {
				t.Errorf("%s with %s: %d %.300s, want %d %q", test.action, test.what, w.Code, w.Body, test.want, test.says)
			}
		}
		if w := send(o.handler, "/admin/rollback?seen=3", form("why=x")); w.Code != http.StatusBadRequest {
			t.Errorf("a field in the query counts: %d", w.Code)
		}
		if got := acts(o.cfg); got != nil || o.cfg.Health().Version != 3 {
			t.Errorf("refused actions were done: %q", got)
		}
		w := send(o.handler, "/admin/refresh", plain(`{"why": "数据库恢复　了 👩‍🚀"}`))
		if got := acts(o.cfg); w.Code != http.StatusOK || len(got) != 1 || !strings.Contains(got[0], "数据库恢复") {
			t.Errorf("a reason in another script: %d %s, %q", w.Code, w.Body, got)
		}
	})
}

// Neither an answer nor the page of an action shows a secret, nor does the history, even if the
// operator writes one.
func TestAdminShowsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		o.document.Set([]byte(strings.Replace(text(1000, 20), "token: canary-token", "token: canary-two\nunknown: canary-three", 1)))
		settle()
		l := o.cfg.Health().Layers[0]
		var all strings.Builder
		for _, encode := range []func(map[string]any) body{asJSON, asForm} {
			for action, fields := range map[string]map[string]any{
				"approve":  {"layer": l.Name, "revision": string(l.Latest)},
				"rollback": {"seen": 1}, "unpin": {"seen": 3}, "pin": {"version": 9, "seen": 3}, "refresh": {},
			} {
				fields["why"] = "the token is canary-token"
				all.WriteString(send(o.handler, "/admin/"+action, encode(fields)).Body.String())
			}
		}
		all.WriteString(get200(t, o.handler, "/admin/?done"))
		all.WriteString(strings.Join(acts(o.cfg), "\n"))
		if i := strings.Index(all.String(), "canary"); i >= 0 {
			t.Errorf("a secret is shown: …%s…", all.String()[max(0, i-100):i+20])
		}
		if !strings.Contains(all.String(), "the token is ******") {
			t.Error("the reason is not recorded, so that the test shows nothing")
		}
	})
}

// A config that is closed, or was never opened, is 503, and the page offers no action.
func TestAdminOfAConfigThatIsNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		if err := o.cfg.Close(); err != nil {
			t.Fatal(err)
		}
		for what, h := range map[string]http.Handler{
			"closed": o.handler, "zero": confighttp.Admin(new(nacre.Config[config]), ann), "nil": confighttp.Admin[config](nil, ann),
		} {
			for action, fields := range map[string]map[string]any{
				"approve": {"layer": "l", "revision": "r"}, "rollback": {"seen": 3}, "pin": {"version": 1, "seen": 3}, "refresh": {},
			} {
				fields["why"] = "x"
				if w := send(h, "/admin/"+action, asJSON(fields)); w.Code != http.StatusServiceUnavailable {
					t.Errorf("%s: %s is %d %s, want 503", what, action, w.Code, w.Body)
				}
				if w := send(h, "/admin/"+action, asForm(fields)); w.Code != http.StatusServiceUnavailable {
					t.Errorf("%s: %s by a form is %d, want 503", what, action, w.Code)
				}
			}
			if page := get200(t, h, "/admin/"); what == "closed" && strings.Contains(page, "<button") {
				t.Errorf("%s: the page has buttons", what)
			}
		}
	})
}

// An action ends in time, even if what it waits for does not. Nothing says that it was not done.
func TestAdminDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		document := memory.New("service.yaml", []byte("pool: 1"))
		cfg, err := nacre.OpenWith[config](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, document)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		_, err = nacre.Derive(t.Context(), cfg, func(c *config) int { return c.Pool }, func(ctx context.Context, pool int) (int, error) {
			if pool == 1 && cfg.Health().Version > 1 {
				<-ctx.Done()
			}
			return pool, ctx.Err()
		}, nil, nacre.CloseGrace(time.Millisecond), nacre.BuildTimeout(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		document.Set([]byte("pool: 2"))
		settle()
		time.Sleep(time.Minute)
		began := time.Now()
		w := send(confighttp.Admin(cfg, ann), "/rollback", asJSON(map[string]any{"why": "x", "seen": 2}))
		if took := time.Since(began); w.Code != http.StatusGatewayTimeout || took > time.Minute || !strings.Contains(w.Body.String(), "may still take effect") {
			t.Errorf("a rollback to a version whose resource hangs: %d %s after %v, want 504", w.Code, w.Body, took)
		}
	})
}

// Operators who act at once do not undo each other: of equal actions one is done.
func TestAdminActionsAtOnce(t *testing.T) {
	t.Parallel()
	cfg := open(t)
	if _, err := cfg.Pin(t.Context(), 1, observe.By{Who: "ann"}); err != nil {
		t.Fatal(err)
	}
	h := confighttp.Admin(cfg, ann)
	var wait sync.WaitGroup
	var mu sync.Mutex
	codes := map[string][]int{}
	for range 8 {
		for action, fields := range map[string]map[string]any{"unpin": {"seen": 1}, "pin": {"version": 1, "seen": 1}, "rollback": {"seen": 1}, "refresh": {}} {
			wait.Go(func() {
				fields := map[string]any{"why": "x", "seen": fields["seen"], "version": fields["version"]}
				for name, value := range fields {
					if value == nil {
						delete(fields, name)
					}
				}
				w := send(h, "/"+action, asJSON(fields))
				ask(h, http.MethodGet, "localhost", "/")
				mu.Lock()
				defer mu.Unlock()
				codes[action] = append(codes[action], w.Code)
			})
		}
	}
	wait.Wait()
	for action, all := range codes {
		for _, code := range all {
			if code != http.StatusOK && code != http.StatusConflict {
				t.Errorf("%s: %d, want it done or a conflict", action, code)
			}
		}
	}
}
