package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// Config is that of a service which has everything that a page can show.
type Config struct {
	Server struct {
		Addr    string        `config:"addr" default:":8080" live:"false"`
		Timeout time.Duration `config:"timeout" default:"3s"`
	} `config:"server"`
	DB struct {
		DSN  nacre.Secret `config:"dsn"`
		Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
	} `config:"db"`
	Title  string            `config:"title"`
	Labels map[string]string `config:"labels"`
}

// attacks set the title of the page if a browser obeys them.
var attacks = []string{
	`<script>document.title="XSS"</script>`,
	`"><img src=x onerror=document.title='XSS'>`,
	`<svg/onload=document.title='XSS'>`,
	`</style><script>document.title="XSS"</script>`,
	`javascript:document.title='XSS'`,
}

func main() {
	browser := flag.String("browser", "chromium", "the `program`")
	out := flag.String("out", "", "the `folder` for the pictures")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := run(ctx, *browser, *out); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		cancel()
		os.Exit(1)
	}
}

func run(ctx context.Context, browser, out string) error {
	cfg, err := service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = cfg.Close() }()
	mux := http.NewServeMux()
	mux.Handle("/debug/config/", confighttp.Page(cfg))
	mux.Handle("/bare/", policy("", confighttp.Page(cfg)))
	mux.Handle("/noscript/", policy("sandbox", confighttp.Page(cfg))) // no script may run in a sandbox, whatever the page has
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	defer func() { _ = server.Close() }()
	go func() { _ = server.Serve(listener) }()
	at := "http://" + listener.Addr().String()

	b := chromium{program: browser}
	for name, url := range map[string]string{
		"as it is": at + "/debug/config/", "without its policy": at + "/bare/", "without scripts": at + "/noscript/",
	} {
		dom, err := b.run(ctx, "--dump-dom", url)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := judge(dom); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("the page %s: %d bytes, all is there, nothing was obeyed\n", name, len(dom))
	}
	sizes := map[string]int64{}
	for name, look := range map[string][2]string{
		"page.png":     {"1280,2000", "/debug/config/"},
		"noscript.png": {"1280,2000", "/noscript/"},
		"narrow.png":   {"500,2400", "/debug/config/"},
	} {
		path := filepath.Join(out, name)
		if _, err := b.run(ctx, "--window-size="+look[0], "--screenshot="+path, "--hide-scrollbars", at+look[1]); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() < 10_000 {
			return fmt.Errorf("there is no picture at %s: %w", path, err)
		}
		sizes[name] = info.Size()
		fmt.Println("picture:", path)
	}
	// The clock on it differs, and nothing else.
	if with, without := sizes["page.png"], sizes["noscript.png"]; without < with*9/10 {
		return fmt.Errorf("without scripts the page looks different: a picture of %d bytes, and of %d with them", without, with)
	}
	if err := narrow(ctx, b, at+"/debug/config/"); err != nil {
		return err
	}
	return operate(ctx, b, out)
}

// policy puts another policy in place of the page's own; none for an empty one, so that the page
// has to be harmless by itself.
func policy(text string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(withPolicy{w, text}, r)
	})
}

type withPolicy struct {
	http.ResponseWriter
	text string
}

func (w withPolicy) Write(p []byte) (int, error) {
	w.Header().Del("Content-Security-Policy")
	if w.text != "" {
		w.Header().Set("Content-Security-Policy", w.text)
	}
	return w.ResponseWriter.Write(p)
}

// judge looks at the page as the browser has it after its scripts, if there were any, have run.
func judge(dom string) error {
	var errs []error
	if strings.Contains(dom, "<title>XSS") || !strings.Contains(dom, "<title>config, version") {
		errs = append(errs, errors.New("something in the page was obeyed: its title is another one"))
	}
	if strings.Contains(dom, "<script") || strings.Contains(dom, "<img") || strings.Contains(dom, "<svg") {
		errs = append(errs, errors.New("a value has become an element of the page"))
	}
	for _, want := range []string{"Waits for a restart", "server.addr", "service.yaml:", "is rejected", "cannot be built", "subscriber", "rolled back", "no request gets through"} {
		if !strings.Contains(dom, want) {
			errs = append(errs, fmt.Errorf("the page does not show %q", want))
		}
	}
	if strings.Contains(dom, "canary") {
		errs = append(errs, errors.New("a secret is on the page"))
	}
	return errors.Join(errs...)
}

// chromium is the browser, without a window and with a profile of its own.
type chromium struct{ program string }

func (c chromium) run(ctx context.Context, args ...string) (string, error) {
	profile, err := os.MkdirTemp("", "page-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--user-data-dir=" + profile,
		"--virtual-time-budget=2000"}, args...)
	cmd := exec.CommandContext(ctx, c.program, args...) //nolint:gosec // a program of CI
	var said strings.Builder
	cmd.Stderr = &said
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", c.program, err, said.String())
	}
	return string(output), nil
}

// service is a config to which all has happened that a page can show.
func service(ctx context.Context) (*nacre.Config[Config], error) {
	changes := make(chan string, 100)
	defaults := memory.New("defaults.yaml", []byte("db: {pool: 5}\ntitle: orders\nserver: {timeout: 5s}"))
	layer := memory.New("service.yaml", []byte("server: {addr: ':8080'}\ndb:\n  dsn: postgres://canary\n  pool: 20"))
	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{
		Window: nacre.Off,
		Logger: slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(e observe.Event) {
			switch e.Kind {
			case observe.Applied, observe.Rejected, observe.RolledBack:
				changes <- e.Kind.String()
			}
		}},
	}, defaults, layer)
	if err != nil {
		return nil, err
	}
	wait := func(what string) error {
		for {
			select {
			case got := <-changes:
				if got == what {
					return nil
				}
			case <-ctx.Done():
				return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
			}
		}
	}
	_, err = nacre.Derive(ctx, cfg, func(c *Config) int { return c.DB.Pool }, func(_ context.Context, n int) (int, error) {
		if n == 13 {
			return 0, errors.New("connection refused " + strings.Join(attacks, " "))
		}
		return n, nil
	}, nil, nacre.WithName("pool"))
	if err != nil {
		return nil, err
	}
	_, err = nacre.Subscribe(cfg, func(c *Config) string { return c.Title }, func(_ context.Context, ch nacre.Change[string]) error {
		return errors.New("cannot show " + ch.New)
	}, nacre.WithName("subscriber "+attacks[0]))
	if err != nil {
		return nil, err
	}
	check := nacre.AutoRollback(cfg, func(_ context.Context, c *Config) error {
		if c.DB.Pool == 66 {
			return errors.New("no request gets through")
		}
		return nil
	}, nacre.WithName("self test"), nacre.RollbackCheckInterval(50*time.Millisecond))
	defer check.Stop()

	text := func(pool int, more string) []byte {
		return fmt.Appendf(nil, "server: {addr: ':9090'}\ndb:\n  dsn: postgres://canary\n  pool: %d\n%s", pool, more)
	}
	var all strings.Builder
	fmt.Fprintf(&all, "title: %q\nlabels:\n", attacks[0])
	for i, a := range attacks {
		fmt.Fprintf(&all, "  %q: %q\n", fmt.Sprintf("%d %s", i, a), a)
	}
	nasty := all.String()
	steps := []struct {
		layer *memory.Source
		data  []byte
		until string
	}{
		{layer, text(66, ""), "rolled_back"},
		{layer, text(40, nasty), "applied"},
		{defaults, []byte("db: {pool: x}\ntitle: orders"), "rejected"},
		{layer, text(13, nasty), "rejected"},
	}
	for _, s := range steps {
		for len(changes) > 0 {
			<-changes
		}
		s.layer.Set(s.data)
		if err := wait(s.until); err != nil {
			return nil, errors.Join(err, cfg.Close())
		}
	}
	return cfg, nil
}
