package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/cmd/nacre/internal/cli"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is a stream that a test may read while a command writes.
type output struct {
	mu      sync.Mutex
	b       bytes.Buffer
	written chan struct{}
}

func newOutput() *output { return &output{written: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.written <- struct{}{}:
	default:
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs a command line in a folder without a contexts file.
func run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	o, e := newOutput(), newOutput()
	code = cli.Main(&cli.Env{
		Args: args, In: strings.NewReader(""), Out: o, Err: e, Now: time.Now,
		Environ: []string{"NACRE_CONFIG=" + filepath.Join(t.TempDir(), "config.yaml")},
	})
	return code, o.String(), e.String()
}

func start(t *testing.T) *nacostest.Server {
	t.Helper()
	srv, err := nacostest.Start(nacostest.Options{DumpDelay: nacostest.Off})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// An interrupt ends a command in order; a second one ends it at once, even if it hangs.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	srv := start(t)
	if err := srv.Put("", "DEFAULT_GROUP", "a.yaml", "a: 1"); err != nil {
		t.Fatal(err)
	}
	for name, hangs := range map[string]bool{"one": false, "two": true} {
		signals, out, errs := make(chan os.Signal, 2), newOutput(), newOutput()
		ended := make(chan int, 1)
		go func() {
			ended <- cli.Main(&cli.Env{
				Args: []string{"watch", "a.yaml", "--server", srv.Addr()}, Out: out, Err: errs, Now: time.Now, Interrupt: signals,
				Environ: []string{"NACRE_CONFIG=" + filepath.Join(t.TempDir(), "config.yaml")},
			})
		}()
		<-out.written
		signals <- os.Interrupt
		if hangs {
			signals <- os.Interrupt
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		select {
		case code := <-ended:
			if code != 130 || !strings.Contains(out.String(), "a.yaml now md5=") || !hangs && errs.String() != "nacre: interrupted\n" {
				t.Errorf("%s interrupt: code %d, %q on stdout and %q on stderr", name, code, out.String(), errs.String())
			}
		case <-ctx.Done():
			t.Fatalf("%s interrupt does not end the command", name)
		}
	}
}

// The environment of a test reaches the command, and that of the process does not.
func TestTheEnvironmentIsInjected(t *testing.T) {
	t.Parallel()
	if code, _, errs := run(t, "get", "a.yaml"); code != 2 || !strings.Contains(errs, "no server is known") {
		t.Errorf("without a server: code %d, %q", code, errs)
	}
}

// An interrupt before anything is published says so.
func TestInterruptBeforeTheFirstPublish(t *testing.T) {
	t.Parallel()
	srv := start(t)
	dir := repository(t, map[string]string{"nacre.yaml": "version: 1\ndocuments: [orders.yaml]\nenvironments: {prod: }\n", "base/orders.yaml": "pool: 2\n"})
	plan := filepath.Join(dir, "prod.plan")
	if code, _, errs := run(t, "plan", "prod", "-C", dir, "--server", srv.Addr(), "--out", plan); code != 0 {
		t.Fatalf("plan ends with %d: %s", code, errs)
	}
	for command, want := range map[string]string{
		"apply " + plan + " -C " + dir + " --reason x --author ann": "nacre: interrupted; nothing was published\n",
		"rollback prod 1 -C " + dir + " --reason x --author ann":    "nacre: interrupted; nothing was published\n",
		"verify prod -C " + dir:                                     "nacre: interrupted\n",
	} {
		signals, errs := make(chan os.Signal, 1), newOutput()
		signals <- os.Interrupt
		code := cli.Main(&cli.Env{
			Args: append(strings.Fields(command), "--server", srv.Addr()), Out: newOutput(), Err: errs, Now: time.Now, Interrupt: signals,
			Environ: []string{"NACRE_CONFIG=" + filepath.Join(t.TempDir(), "config.yaml")},
		})
		if code != 130 || !strings.HasSuffix(errs.String(), want) {
			t.Errorf("nacre %s: code %d and %q, want %q", command, code, errs, want)
		}
	}
}
