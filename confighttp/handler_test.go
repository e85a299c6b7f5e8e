package confighttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type config struct {
	Addr   string         `config:"addr" default:":80" live:"false"`
	Pool   int            `config:"pool" validate:"lte=100"`
	Token  nacre.Secret   `config:"token"`
	Title  string         `config:"title"`
	Labels map[string]any `config:"labels"`
}

// Texts that a page must show and not obey.
const (
	script = `<script>document.title="XSS"</script>`
	image  = `"><img src=x onerror=document.title='XSS'>`
)

// service is a config of which everything there is to show has something.
func service(t *testing.T) (*nacre.Config[config], func()) {
	t.Helper()
	low := memory.New("low.yaml", []byte("pool: 1\ntitle: low\nunknown: canary-unknown"))
	high := memory.New("high.yaml", []byte("addr: ':1'\ntoken: canary-token\ntitle: plain"))
	cfg, err := nacre.OpenWith[config](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, nacre.Layer(low, nacre.AllowUnknown()), high)
	if err != nil {
		t.Fatal(err)
	}
	nacre.Subscribe(cfg, func(c *config) string { return c.Title }, func(_ context.Context, ch nacre.Change[string]) error {
		return errors.New("cannot show " + ch.New)
	}, nacre.WithName("subscriber "+script))
	_, err = fleetonce.Do(cfg, fleetonce.NewMemoryStore("record "+script), "hook "+script, func(context.Context, fleetonce.Run[config]) error { return nil },
		fleetonce.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = nacre.Derive(t.Context(), cfg, func(c *config) int { return c.Pool }, func(_ context.Context, n int) (int, error) {
		if n == 13 {
			return 0, errors.New("refused " + image)
		}
		return n, nil
	}, nil, nacre.WithName("resource "+script))
	if err != nil {
		t.Fatal(err)
	}
	settle()
	high.Set([]byte("addr: ':2'\ntoken: canary-token-2\ntitle: '" + script + "'\nlabels:\n  '" + strings.ReplaceAll(image, "'", "''") + "': '" + script + "'"))
	settle()
	low.Set([]byte("pool: 13\ntitle: low\nunknown: canary-unknown"))
	settle()
	return cfg, func() {
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	}
}

func settle() {
	time.Sleep(300 * time.Millisecond)
	synctest.Wait()
}

func get[T any](cfg *nacre.Config[T], path string) *httptest.ResponseRecorder {
	return ask(mux(cfg), http.MethodGet, "localhost:8080", path)
}

// mux serves all handlers of a config.
func mux[T any](cfg *nacre.Config[T], opts ...confighttp.Option) http.Handler {
	m := http.NewServeMux()
	m.Handle("/debug/config/", confighttp.Page(cfg, opts...))
	m.Handle("/debug/config.json", confighttp.JSON(cfg, opts...))
	m.Handle("/readyz", confighttp.Ready(cfg))
	m.Handle("/livez", confighttp.Live())
	return m
}

// texts returns the text of a page, and fails for elements that it must not have.
func texts(t *testing.T, body string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "img", "iframe", "object", "form", "link", "base":
				t.Errorf("the page has an element %s: %v", n.Data, n.Attr)
			case "style":
				return
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("an element %s has the attribute %s=%q", n.Data, a.Key, a.Val)
				}
			}
		}
		if n.Type == html.TextNode {
			all = append(all, n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
}

func TestPageShowsEverythingAndObeysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, end := service(t)
		defer end()
		w := get(cfg, "/debug/config/")
		text := texts(t, w.Body.String())
		for what, want := range map[string]string{
			"the version":                "Config, version 2 ready",
			"what waits for a restart":   "Waits for a restart addr",
			"why a layer is rejected":    "resource " + script + " cannot be built: refused " + image,
			"a value":                    script,
			"a key":                      "onerror=document.title=",
			"what a value overrides":     `over "low"`,
			"where a value comes from":   "high.yaml:3:8",
			"a key that no field has":    "unknown",
			"a subscriber":               "subscriber " + script,
			"a subscriber's error":       "cannot show " + script,
			"a resource":                 "resource " + script,
			"a hook":                     "hook " + script + " record " + script,
			"what a hook does":           "no record",
			"the difference of a change": `title "plain" → "<script>document.title=\"XSS`,
			"what is live meanwhile":     `":1" waits: ":2"`,
			"a secret's change":          "token ****** → ******",
			"a rejected change":          "rejected low.yaml",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not show %s, %q", what, want)
			}
		}
		if strings.Contains(w.Body.String(), "canary") {
			t.Error("a secret, or the value of a key that no field has, is on the page")
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
			t.Errorf("the policy is %q", csp)
		}
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("status %d, headers %v", w.Code, w.Header())
		}
		if t.Failed() {
			t.Log(text)
		}
	})
}

// Beside the contents in use, the page has the release that they name.
func TestThePageShowsTheReleaseInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, err := nacre.Open[struct {
			Pool int `config:"pool"`
		}](t.Context(), memory.New("orders.yaml", []byte("# nacre: release=2.4.0\npool: 1")))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		_, layers, _ := strings.Cut(texts(t, get(cfg, "/debug/config/").Body.String()), "Layers low to high")
		layers, _, _ = strings.Cut(layers, "Key Value From")
		if !strings.Contains(layers, "release 2.4.0") {
			t.Errorf("the table of layers does not have the release in use: %s", layers)
		}
	})
}

// The page says which instance it is of, so that an operator who asks several does not confuse
// them.
func TestThePageNamesTheInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, err := nacre.Open[struct {
			Pool int `config:"pool"`
		}](t.Context(), memory.New("orders.yaml", []byte("pool: 1")))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		h := cfg.Health()
		page := strings.Join(strings.Fields(texts(t, get(cfg, "/debug/config/").Body.String())), " ")
		for _, want := range []string{"instance " + h.Instance.ID + " of confighttp.test", "struct " + h.Struct} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not say %q: %s", want, page[:min(len(page), 400)])
			}
		}
	})
}

func TestJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, end := service(t)
		defer end()
		w := get(cfg, "/debug/config.json")
		var got struct {
			Health  struct{ Version int }
			Report  struct{ Keys []struct{ Key string } }
			History []struct {
				Kind string
				Why  []string
				Diff []struct{ Key, Old, New string }
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Health.Version != 2 || len(got.Report.Keys) < 5 || len(got.History) != 3 || got.History[0].Kind != "rejected" || len(got.History[0].Why) != 1 || len(got.History[1].Diff) != 3 {
			t.Errorf("in JSON it is %+v", got)
		}
		if strings.Contains(w.Body.String(), "canary") {
			t.Error("a secret is in the JSON")
		}
	})
}

func TestReadyAndLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, end := service(t)
		if w := get(cfg, "/readyz"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ready": true`) {
			t.Errorf("ready: %d %s", w.Code, w.Body)
		}
		if w := get(cfg, "/livez"); w.Code != http.StatusOK {
			t.Errorf("live: %d %s", w.Code, w.Body)
		}
		end()
		if w := get(cfg, "/readyz"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "closed") {
			t.Errorf("closed: %d %s, want 503 without the reason", w.Code, w.Body)
		}
		if w := get(cfg, "/livez"); w.Code != http.StatusOK {
			t.Errorf("a closed config makes the process not live: %d", w.Code)
		}
		if w := get(cfg, "/debug/config/"); !strings.Contains(texts(t, w.Body.String()), "not ready") {
			t.Error("the page of a closed config does not say that it is not ready")
		}
	})
}

func TestOnlyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, end := service(t)
		defer end()
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			w := httptest.NewRecorder()
			confighttp.Page(cfg).ServeHTTP(w, httptest.NewRequest(method, "/debug/config/", nil))
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
				t.Errorf("%s: %d", method, w.Code)
			}
		}
	})
}

// The page, the JSON and the text of a key show the same as live.
func TestAllFormsShowWhatIsLive(t *testing.T) {
	type shown struct {
		S struct {
			X int `config:"x" default:"3"`
			Y int `config:"y"`
		} `config:"s"`
		List   []string          `config:"list"`
		Labels map[string]string `config:"labels"`
		Addr   string            `config:"addr" default:":80" live:"false"`
	}
	synctest.Test(t, func(t *testing.T) {
		low := memory.New("low.yaml", []byte("s: {x: 5, y: 6}\nlist: [a, b]\nlabels: {a: x}\naddr: ':1'"))
		high := memory.New("high.yaml", []byte("s: null\nlist: [c]\nlabels: {b: z, a: ~}"))
		cfg, err := nacre.OpenWith[shown](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, low, high)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		low.Set([]byte("s: {x: 5, y: 6}\nlist: [a, b]\nlabels: {a: x}\naddr: ':2'"))
		settle()
		page := texts(t, get(cfg, "/debug/config/").Body.String())
		var parsed struct {
			Report struct{ Keys []observe.Explanation }
		}
		if err := json.Unmarshal(get(cfg, "/debug/config.json").Body.Bytes(), &parsed); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct{ key, value, text, page string }{
			{"addr", `":1"`, `addr = ":1"   until a restart`, `addr string ":1" waits: ":2" over :80 until a restart low.yaml:4:7`},
			{"labels.a", "", "labels.a: not set", `labels.a string not set since labels.a = null over "x" high.yaml:3:19 low.yaml:3:13`},
			{"labels.b", `"z"`, `labels.b = "z"   high.yaml:3:13`, `labels.b string "z" high.yaml:3:13`},
			{"list", "[1 items]", "list = [1 items]   high.yaml:2:7", "list list of string [1 items] over [2 items] high.yaml:2:7"},
			{"s", "", "s: not set", "s map not set since s = null over {2 keys}"},
			{"s.x", "3", "s.x = 3   default", "s.x int 3 since s = null over 5 default high.yaml:1:4"},
			{"s.y", "", "s.y: not set", "s.y int not set since s = null over 6"},
		} {
			i := slices.IndexFunc(parsed.Report.Keys, func(x observe.Explanation) bool { return x.Key == test.key })
			if i < 0 {
				t.Errorf("the JSON has no key %s", test.key)
				continue
			}
			fromJSON := parsed.Report.Keys[i]
			explained, err := cfg.Explain(test.key)
			if err != nil || fromJSON.String() != explained.String() {
				t.Errorf("the JSON of %s reads\n%sand Explain, %v,\n%s", test.key, fromJSON, err, explained)
			}
			if headline, _, _ := strings.Cut(explained.String(), "\n"); explained.Value != test.value || headline != test.text {
				t.Errorf("%s is %q, and the text is %q, want %q and %q", test.key, explained.Value, headline, test.value, test.text)
			}
			if !strings.Contains(page, test.page) {
				t.Errorf("the page has no %q", test.page)
			}
		}
		if t.Failed() {
			t.Log(page)
		}
	})
}
