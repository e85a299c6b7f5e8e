package nacos_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) {
	testrun.AtOnce(8)
	goleak.VerifyTestMain(m)
}

const group = "DEFAULT_GROUP"

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, opts fakenacos.Options) *fakenacos.Server {
	t.Helper()
	if opts.DumpDelay == 0 {
		opts.DumpDelay = 10 * time.Millisecond
	}
	srv, err := fakenacos.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// onVersions runs a test against a server of each version, with the other options as they are.
func onVersions(t *testing.T, opts fakenacos.Options, test func(t *testing.T, srv *fakenacos.Server)) {
	t.Helper()
	for name, version := range versions {
		opts.Version = version
		srv := start(t, opts)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, srv)
		})
	}
}

// versions are those of nacostest, by the name of the subtest.
var versions = map[string]string{"nacostest": "2.3", "nacostest3": "3.0"}

// detailPages are the pages with what the database has of a config.
var detailPages = []fakenacos.Match{{Type: "GET /nacos/v1/cs/configs"}, {Type: "GET /nacos/v3/admin/cs/config"}}

// events records what a client tells, and lets a test wait for it.
type events struct {
	mu      sync.Mutex
	all     []nacos.Event
	changed chan struct{}
}

func newEvents() *events { return &events{changed: make(chan struct{})} }

func (r *events) hook() nacos.Option {
	return nacos.OnEvent(func(e nacos.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, e)
		close(r.changed)
		r.changed = make(chan struct{})
	})
}

func (r *events) list(kind nacos.EventKind) (found []nacos.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.all {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// wait returns the n-th event of the kind, counted from 1.
func (r *events) wait(t *testing.T, kind nacos.EventKind, n int) nacos.Event {
	t.Helper()
	ctx := within(t)
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		if found := r.list(kind); len(found) >= n {
			return found[n-1]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("event %q did not come %d times; what came: %s", kind, n, r)
		}
	}
}

func (r *events) String() (text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.all {
		text += fmt.Sprintf("\n  %v server=%s doc=%s attempt=%d keys=%d changed=%d err=%v", e.Kind, e.Server, e.Document, e.Attempt, e.Keys, e.Changed, e.Err)
	}
	return text
}

func config(srv *fakenacos.Server) nacos.Config { return nacos.Config{Servers: []string{srv.Addr()}} }

func newClient(t *testing.T, cfg nacos.Config, opts ...nacos.Option) *nacos.Client {
	t.Helper()
	all := []nacos.Option{nacos.Quick()}
	if slices.Contains(cfg.Servers, os.Getenv("NACRE_NACOS_ADDR")) {
		all = append(all, nacos.RequestTimeout(time.Minute)) // a real server on a busy machine takes a while
	}
	c, err := nacos.NewClient(cfg, append(all, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func dialConsole(t *testing.T, cfg nacos.Config, url string) *nacos.Client {
	t.Helper()
	c, err := nacos.NewClientForConsole(cfg, url, nacos.Quick())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func ready(t *testing.T, c *nacos.Client) {
	t.Helper()
	if err := c.WaitReady(within(t)); err != nil {
		t.Fatalf("the client is not ready: %v", err)
	}
}

// reader follows a source as the engine does.
type reader struct {
	t   *testing.T
	src *nacos.Source
	rev source.Revision
}

func follow(t *testing.T, src *nacos.Source) *reader { t.Helper(); return &reader{t: t, src: src} }

// next returns the next content or error.
func (r *reader) next() (source.Document, error) {
	r.t.Helper()
	ctx := within(r.t)
	c, err := r.src.Next(ctx, r.rev)
	if ctx.Err() != nil {
		r.t.Fatalf("%v told nothing within %v", r.src, patience)
	}
	if err != nil {
		return source.Document{}, err
	}
	r.rev = c.Revision
	return c.Documents[0], nil
}

// until reads until the content is text, whatever comes before.
func (r *reader) until(text string) {
	r.t.Helper()
	for {
		d, err := r.next()
		if err == nil && string(d.Data) == text {
			return
		}
	}
}

// trouble reads until an error comes.
func (r *reader) trouble() error {
	r.t.Helper()
	for {
		d, err := r.next()
		if err == nil {
			err = d.AbsentErr
		}
		if err != nil {
			return err
		}
	}
}

// quiet makes sure that nothing comes for a while.
func (r *reader) quiet(d time.Duration, after string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), d)
	defer cancel()
	if _, err := r.src.Next(ctx, r.rev); ctx.Err() == nil {
		r.t.Fatalf("Next returned after %s, with error %v", after, err)
	}
}

// isNacos3 reports whether a subtest of onEach runs against a Nacos 3.
func isNacos3(t *testing.T) bool {
	t.Helper()
	return strings.HasSuffix(t.Name(), "/nacostest3") ||
		(strings.Contains(t.Name(), "Real") || strings.HasSuffix(t.Name(), "/real")) && realnacos.Is3(t)
}

// writeEach calls do with the numbers below n, eight at a time, and repeats it as written does. It
// continues after the end of the test, for cleanups.
func writeEach(t *testing.T, n int, do func(context.Context, int) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < n; i += 8 {
				if err := written(ctx, func() error { return do(ctx, i) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
