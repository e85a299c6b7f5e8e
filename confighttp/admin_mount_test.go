package confighttp_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/internal/synctest"
)

// Admin works wherever it is mounted, and serves nothing else there.
func TestAdminIsMountedAnywhere(t *testing.T) {
	t.Parallel()
	cfg := open(t)
	admin := confighttp.Admin(cfg, ann)
	for _, test := range []struct {
		pattern, base string
		handler       http.Handler
	}{
		{"/", "/", admin},
		{"/admin/", "/admin/", admin},
		{"/a/b/c/", "/a/b/c/", admin},
		{"localhost/admin/", "/admin/", admin},
		{"/{tenant}/admin/", "/t1/admin/", admin},
		{"/admin/", "/admin/", http.StripPrefix("/admin", admin)},
		{"/admin/", "/admin/", http.StripPrefix("/admin/", admin)},
		{"", "/any/where/", admin}, // a router without patterns
		{"", "/any/where/", http.StripPrefix("/any/where", admin)},
		{"", "/", admin},
	} {
		h := test.handler
		if test.pattern != "" {
			m := http.NewServeMux()
			m.Handle(test.pattern, h)
			h = m
		}
		if w := ask(h, http.MethodGet, "localhost", test.base); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `action="refresh"`) {
			t.Errorf("mounted at %q, %s is %d, want the page with its forms", test.pattern, test.base, w.Code)
		}
		if w := send(h, test.base+"unpin", asJSON(map[string]any{"why": "x", "seen": 1})); w.Code != http.StatusConflict {
			t.Errorf("mounted at %q, %sunpin is %d %s, want the action", test.pattern, test.base, w.Code, w.Body)
		}
		for _, action := range []string{"approve", "pin", "unpin", "rollback", "refresh"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodOptions, "PO"} {
				if w := ask(h, method, "localhost", test.base+action); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
					t.Errorf("mounted at %q, %s %s is %d, allowed %q", test.pattern, method, action, w.Code, w.Header().Get("Allow"))
				}
			}
		}
		for _, method := range []string{http.MethodPost, http.MethodDelete, "ET"} {
			if w := ask(h, method, "localhost", test.base); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("mounted at %q, %s of the page is %d, allowed %q", test.pattern, method, w.Code, w.Header().Get("Allow"))
			}
		}
		for _, path := range []string{"x", "readyz", "Approve", "pin;", "approve/x", "approve/", "x/approve", "x/"} {
			if test.pattern == "" && path == "approve/" {
				break // nothing says where it is mounted
			}
			if w := send(h, test.base+path, asJSON(map[string]any{"why": "x"})); w.Code != http.StatusNotFound {
				t.Errorf("mounted at %q, %s is %d, want 404", test.pattern, path, w.Code)
			}
			if w := ask(h, http.MethodGet, "localhost", test.base+path); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "canary") {
				t.Errorf("mounted at %q, GET %s is %d, want 404", test.pattern, path, w.Code)
			}
		}
	}
	// The links of a page without a slash would lead elsewhere.
	stripped := http.StripPrefix("/any/admin", admin)
	if w := ask(stripped, http.MethodGet, "localhost", "/any/admin?x"); w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != "./admin/" {
		t.Errorf("/any/admin is %d to %q, want the same with a slash", w.Code, w.Header().Get("Location"))
	}
	m := http.NewServeMux()
	m.Handle("/admin", admin)
	for what, h := range map[string]http.Handler{"a mux": m, "a router without patterns": admin} {
		if w := ask(h, http.MethodGet, "localhost", "/admin"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "ends in a slash") {
			t.Errorf("mounted in %s where no action can be reached: %d %s, want 404 with the reason", what, w.Code, w.Body)
		}
	}
}

// The page is found behind a pattern with a wildcard before the slash.
func TestAWildcardMountPointIsFound(t *testing.T) {
	t.Parallel()
	m := http.NewServeMux()
	m.Handle("/{tenant}/config/", confighttp.Page(open(t)))
	for path, want := range map[string]int{"/a/config/": 200, "/a/config/x": 404} {
		if w := ask(m, http.MethodGet, "localhost", path); w.Code != want {
			t.Errorf("%s is %d, want %d", path, w.Code, want)
		}
	}
}

// Every answer, a refusal included, stands in no frame, is not stored and loads nothing.
func TestEveryAnswerOfAdminIsGuarded(t *testing.T) {
	t.Parallel()
	cfg := open(t)
	for what, h := range map[string]http.Handler{"Admin": confighttp.Admin(cfg, ann), "without an authorizer": confighttp.Admin(cfg, nil)} {
		for _, host := range []string{"localhost", "evil.example"} {
			for _, path := range []string{"/", "/x", "/unpin", "/admin/"} {
				answers := []*httptest.ResponseRecorder{
					ask(h, http.MethodGet, host, path),
					ask(h, http.MethodPut, host, path),
					send(h, path, asJSON(map[string]any{"why": "x", "seen": 1}), func(r *http.Request) { r.Host = host }),
					send(h, path, asForm(map[string]any{"why": "x", "seen": 1}), func(r *http.Request) { r.Host = host }),
				}
				for i, w := range answers {
					csp := w.Header().Get("Content-Security-Policy")
					if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "script-src") {
						t.Errorf("%s, answer %d of %s%s: the policy is %q", what, i, host, path, csp)
					}
					for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
						"Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": ""} {
						if got := w.Header().Get(name); got != want {
							t.Errorf("%s, answer %d of %s%s: %s is %q, want %q", what, i, host, path, name, got, want)
						}
					}
					// With no-referrer, a browser sends "Origin: null", which is refused.
					if got := w.Header().Get("Referrer-Policy"); got != "same-origin" {
						t.Errorf("%s: the referrer policy is %q", what, got)
					}
				}
			}
		}
	}
}

// The page of Admin has a form for each action that is possible, and each form is accepted as it
// stands once a reason is typed in. The page of Page has none.
func TestTheFormsOfThePageWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := operate(t)
		o.document.Set([]byte(text(9, 2)))
		settle()
		for _, step := range []struct {
			submit string
			forms  []string
			pool   int
			pinned bool
		}{
			{"refresh", []string{"refresh", "rollback", "pin", "approve"}, 3, false},
			{"rollback", []string{"refresh", "rollback", "pin", "approve"}, 2, true},
			{"unpin", []string{"refresh", "unpin", "rollback", "pin"}, 2, false},
			{"approve", []string{"refresh", "rollback", "pin", "approve"}, 9, false},
			{"pin", []string{"refresh", "rollback", "pin"}, 9, true},
		} {
			forms := formsOf(t, get200(t, o.handler, "/admin/"))
			var names []string
			for _, f := range forms {
				names = append(names, f.action)
				if !slices.Contains(f.required, "why") {
					t.Errorf("the form %s does not ask for a reason", f.action)
				}
			}
			if !slices.Equal(names, step.forms) {
				t.Errorf("before %s, the forms are %v, want %v", step.submit, names, step.forms)
			}
			i := slices.Index(names, step.submit)
			if i < 0 {
				t.Fatalf("the page has no form %s", step.submit)
			}
			forms[i].fields["why"] = "reason " + script
			w := send(o.handler, "/admin/"+step.submit, asForm(forms[i].fields))
			if w.Code != http.StatusSeeOther || o.cfg.Get().Pool != step.pool || o.cfg.Health().Pinned != step.pinned {
				t.Errorf("%s is %d, pool %d, pinned %t: %s", step.submit, w.Code, o.cfg.Get().Pool, o.cfg.Health().Pinned, w.Body)
			}
			page := get200(t, o.handler, "/admin/?done")
			if strings.Contains(page, "<script") || !strings.Contains(page, "reason &lt;script&gt;") {
				t.Errorf("after %s, the reason is not on the page as text", step.submit)
			}
		}
		bob := confighttp.Admin(o.cfg, func(*http.Request) (string, error) { return "bob", nil })
		if strings.Contains(get200(t, bob, "/?done"), "Done:") || strings.Contains(get200(t, o.handler, "/admin/"), "Done:") {
			t.Error("the page says that an operator has done what another one did, or what they did not do just now")
		}
		time.Sleep(2 * time.Minute)
		if strings.Contains(get200(t, o.handler, "/admin/?done"), "Done:") {
			t.Error("an old address of the page says that something was done just now")
		}
		if page := get200(t, confighttp.Page(o.cfg), "/"); len(formsOf(t, page)) != 0 || strings.Contains(page, "<button") {
			t.Error("the page of Page has forms")
		}
	})
}

type form struct {
	action   string
	fields   map[string]any
	required []string
}

// formsOf returns the forms of a page as a browser reads them, with the first option of a list.
func formsOf(t *testing.T, page string) (all []form) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	attribute := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Data {
		case "form":
			action, _ := attribute(n, "action")
			if method, _ := attribute(n, "method"); method != "post" {
				t.Errorf("the form %s has the method %q", action, method)
			}
			all = append(all, form{action: action, fields: map[string]any{}})
		case "input":
			f := &all[len(all)-1]
			name, _ := attribute(n, "name")
			value, _ := attribute(n, "value")
			f.fields[name] = value
			if _, ok := attribute(n, "required"); ok {
				f.required = append(f.required, name)
			}
		case "option":
			f := &all[len(all)-1]
			if value, _ := attribute(n, "value"); f.fields["version"] == nil {
				f.fields["version"] = value
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return all
}
