package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/providers/memory"
)

// limited is the config of a service that an operator acts on.
type limited struct {
	Limit  int               `config:"limit"`
	Labels map[string]string `config:"labels"`
}

// operated is a service with its Admin on a port of this machine, and what the browser sent to it.
type operated struct {
	cfg      *nacre.Config[limited]
	document *memory.Source
	port     string
	mu       sync.Mutex
	seen     []string // of each POST: where it comes from, and the status
}

func serveOperated(ctx context.Context) (*operated, func(), error) {
	o := &operated{document: memory.New("service.yaml", limitText(1, 20))}
	var err error
	o.cfg, err = nacre.OpenWith[limited](ctx, nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler)}, o.document)
	if err != nil {
		return nil, nil, err
	}
	admin := confighttp.Admin(o.cfg, func(*http.Request) (string, error) { return "ann", nil }, confighttp.Hosts("config.test"))
	mux := http.NewServeMux()
	mux.Handle("/admin/config/", o.recorded(admin))
	mux.Handle("/below/a/prefix/", http.StripPrefix("/below/a/prefix", o.recorded(admin)))
	mux.HandleFunc("/attack", o.attack)
	mux.HandleFunc("/attack/done", func(http.ResponseWriter, *http.Request) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, errors.Join(err, o.cfg.Close())
	}
	_, o.port, _ = net.SplitHostPort(listener.Addr().String())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return o, func() { _ = server.Close(); _ = o.cfg.Close() }, nil
}

// limitText is a document with a limit and a number of labels.
func limitText(limit, labels int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "limit: %d\nlabels:\n", limit)
	for i := range labels {
		fmt.Fprintf(&b, "  label%d: x\n", i)
	}
	return []byte(b.String())
}

// set publishes a document and waits until the config has received it.
func (o *operated) set(ctx context.Context, limit, labels int) error {
	before := o.cfg.Health().Layers[0].Latest
	o.document.Set(limitText(limit, labels))
	for {
		if l := o.cfg.Health().Layers[0]; l.Latest != before && (l.Applied == l.Latest || l.Held != nil) {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// recorded notes where each POST comes from, and how it is answered.
func (o *operated) recorded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &withStatus{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(answer, r)
		if r.Method != http.MethodGet {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.seen = append(o.seen, fmt.Sprintf("%s site=%s origin=%s: %d", r.Method, r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin"), answer.status))
		}
	})
}

type withStatus struct {
	http.ResponseWriter
	status int
}

func (w *withStatus) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// posts returns what the browser has sent since the last call.
func (o *operated) posts() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.seen
	o.seen = nil
	return all
}

// attack is a page of another site, which the operator of the target opens while they may act.
func (o *operated) attack(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, `<iframe name="a"></iframe><iframe id="framed" src="%[1]s"></iframe>
<form method="post" action="%[1]srefresh" target="a"><input name="why" value="attack"></form>
<script>
const send = (type, body, mode) => fetch(%[2]q + "refresh", {method: "POST", mode: mode, credentials: "include", headers: {"Content-Type": type}, body: body}).catch(() => 0);
(async () => {
  await send("application/json", '{"why": "attack"}', "cors");
  await send("text/plain", '{"why": "attack"}', "no-cors");
  await send("application/x-www-form-urlencoded", "why=attack", "no-cors");
  document.forms[0].submit();
  setTimeout(() => document.title = "sent", 1000);
})();
</script>`, r.URL.Query().Get("target"), r.URL.Query().Get("target")) //nolint:gosec // a page of CI, which attacks
}

// operate acts on a config as an operator does, and as a page that attacks one.
func operate(ctx context.Context, b chromium, out string) error {
	o, end, err := serveOperated(ctx)
	if err != nil {
		return err
	}
	defer end()
	tab, err := b.openTab(ctx)
	if err != nil {
		return err
	}
	defer tab.quit()
	for _, base := range []string{
		"http://127.0.0.1:" + o.port + "/admin/config/",   // where a browser says which site a request comes from
		"http://config.test:" + o.port + "/admin/config/", // without https, a browser gives only the origin
		"http://127.0.0.1:" + o.port + "/below/a/prefix/",
	} {
		if err := o.act(tab, base, filepath.Join(out, "admin.png")); err != nil {
			return fmt.Errorf("%s: %w", base, err)
		}
		fmt.Printf("the actions at %s: each is done by a click, and none without a reason or on an old page\n", base)
	}
	fmt.Println("picture:", filepath.Join(out, "admin.png"))
	for _, site := range []string{"http://evil.test:", "http://localhost:"} {
		for _, target := range []string{"http://127.0.0.1:" + o.port + "/admin/config/", "http://config.test:" + o.port + "/admin/config/"} {
			if err := o.resists(tab, site+o.port+"/attack?target="+target); err != nil {
				return fmt.Errorf("a page of %s on %s: %w", site, target, err)
			}
		}
	}
	fmt.Println("pages of other sites: none of their forms, scripts and frames does anything")
	return nil
}

// act does each action by a click, and tries some that must not be done.
func (o *operated) act(tab *devtools, base, picture string) error {
	for limit := 2; limit <= 3; limit++ {
		if err := o.set(tab.ctx, limit, 20); err != nil {
			return err
		}
	}
	if err := tab.open(strings.TrimSuffix(base, "/")); err != nil { // the page is found without the slash
		return err
	}
	if err := tab.until(fmt.Sprintf("location.href === %q && document.forms.length === 3", base)); err != nil {
		return err
	}
	// Without a reason the browser sends nothing.
	if _, err := tab.eval(`document.querySelector("form[action=rollback] button").click()`); err != nil {
		return err
	}
	if err := tab.until(`document.querySelector("form[action=rollback] input[name=why]").matches(":invalid")`); err != nil {
		return err
	}
	steps := []struct {
		action, want string
		limit        int
		pinned       bool
	}{
		{"refresh", "Done: refreshed by ann: with <b>reason</b> refresh", 3, false},
		{"rollback", "Done: pinned by ann: with <b>reason</b> rollback", 2, true},
		{"unpin", "Done: unpinned by ann: with <b>reason</b> unpin", 3, false},
		{"pin", "Done: pinned by ann: with <b>reason</b> pin", 3, true},
		{"unpin", "Done: unpinned", 3, false},
	}
	for _, s := range steps {
		if err := tab.submit(s.action); err != nil {
			return err
		}
		if err := tab.until(fmt.Sprintf("location.href === %q && document.querySelector('[role=status]').innerText.startsWith(%q)", base+"?done", s.want)); err != nil {
			return err
		}
		if h := o.cfg.Health(); o.cfg.Get().Limit != s.limit || h.Pinned != s.pinned {
			return fmt.Errorf("after %s the limit is %d, pinned %t, want %d, %t", s.action, o.cfg.Get().Limit, h.Pinned, s.limit, s.pinned)
		}
	}
	// What is held has a button in its layer.
	if err := o.set(tab.ctx, 9, 2); err != nil {
		return err
	}
	if err := tab.open(base); err != nil {
		return err
	}
	if err := tab.picture(picture); err != nil {
		return err
	}
	if err := tab.submit("approve"); err != nil {
		return err
	}
	if err := tab.until(`document.querySelector("[role=status]").innerText.startsWith("Done: approved")`); err != nil {
		return err
	}
	// The page is old: while the operator reads it, another version becomes live.
	if err := o.set(tab.ctx, 10, 2); err != nil {
		return err
	}
	version := o.cfg.Health().Version
	if err := tab.submit("rollback"); err != nil {
		return err
	}
	if err := tab.until(fmt.Sprintf(`document.querySelector("[role=alert]").innerText.includes("version %d is live, not %d")`, version, version-1)); err != nil {
		return err
	}
	if h := o.cfg.Health(); h.Version != version || h.Pinned {
		return fmt.Errorf("an old page has changed version %d to %d", version, h.Version)
	}
	// From the page with the error, which is current, it works.
	if err := tab.submit("refresh"); err != nil {
		return err
	}
	if err := tab.until(fmt.Sprintf("location.href === %q", base+"?done")); err != nil {
		return err
	}
	site := "same-origin"
	if strings.Contains(base, ".test:") {
		site = "" // a browser does not say it without https, and the origin decides
	}
	for _, post := range o.posts() {
		if !strings.HasPrefix(post, "POST site="+site+" origin=http://") {
			return fmt.Errorf("the browser sent %q, so that this test shows something else", post)
		}
	}
	return o.set(tab.ctx, 1, 20)
}

// submit types a reason into the form of an action and clicks its button.
func (d *devtools) submit(action string) error {
	_, err := d.eval(fmt.Sprintf(`{ let f = document.querySelector("form[action=%[1]s]"); f.querySelector("input[name=why]").value = "with <b>reason</b> %[1]s"; f.querySelector("button").click() }`, action))
	return err
}

// resists opens a page that attacks the service.
func (o *operated) resists(tab *devtools, page string) error {
	o.posts()
	before := len(o.cfg.History())
	if err := tab.open(page); err != nil {
		return err
	}
	if err := tab.until(`document.title === "sent"`); err != nil {
		return err
	}
	posts := o.posts()
	refused := 0
	for _, post := range posts {
		if strings.HasPrefix(post, "POST") && strings.HasSuffix(post, ": 403") {
			refused++
		}
	}
	if len(o.cfg.History()) != before || refused < 3 { // two of fetch and the form; that of JSON is not sent
		return fmt.Errorf("the history has %d entries, had %d; the browser sent %q, of which three have to be refused", len(o.cfg.History()), before, posts)
	}
	_, target, _ := strings.Cut(page, "target=")
	where, err := tab.evalFrame(target, "location.protocol")
	if err == nil && where != "chrome-error:" {
		err = fmt.Errorf("the page of the service is in a frame of another site: %q", where)
	}
	return err
}

// picture saves what the tab shows.
func (d *devtools) picture(path string) error {
	var shot struct{ Data string }
	if err := d.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot); err != nil {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
