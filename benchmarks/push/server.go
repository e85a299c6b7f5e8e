package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// server is the Nacos under all clients, and the third client that publishes.
type server struct {
	addr   string
	kind   string // see kindOf
	title  string
	writer *nacos.Client
	end    []func()
}

// kindOf is "inprocess" or "server": which part of a file the table goes to.
func kindOf(addr string) string {
	if addr == inProcess {
		return inProcess
	}
	return "server"
}

// launcher starts a real server, runs a command with its address in the environment, and stops it
// again.
const launcher = "ci/nacos/nacos.sh"

// underLauncher runs this program once more, with a real server.
func underLauncher(args []string, stdout, stderr io.Writer) error {
	script, err := findUp(launcher)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// An interrupt reaches the launcher and the other run too: they clean up, and this one waits
	// for them.
	signal.Ignore(os.Interrupt)
	cmd := exec.Command("bash", append([]string{script, "run", self}, args...)...) //nolint:noctx // it ends by itself, see above
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the run with a server of its own: %w", err)
	}
	return nil
}

// findUp looks for a file in the working directory and those above it.
func findUp(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errors.New("there is no " + name + " here or above: run it in the repository, or name a server with -addr")
		}
		dir = above
	}
}

// connect returns the server that the options name, with a client that publishes.
func connect(ctx context.Context, o options) (*server, error) {
	s := &server{addr: o.addr, kind: kindOf(o.addr)}
	if s.kind == inProcess {
		double, err := nacostest.Start(nacostest.Options{})
		if err != nil {
			return nil, err
		}
		s.end = append(s.end, double.Close)
		s.addr, s.title = double.Addr(), "nacostest, the server in the process"
	} else {
		s.title = "Nacos " + versionAt(ctx, o.addr)
	}
	writer, err := dial(ctx, s.addr, o.user, o.pass, "push-writer")
	if err != nil {
		s.close()
		return nil, err
	}
	s.writer = writer
	s.end = append(s.end, func() { _ = writer.Close() })
	ready, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := writer.WaitReady(ready); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *server) close() {
	for _, end := range slices.Backward(s.end) {
		end()
	}
}

// versionAt asks a server for its version.
func versionAt(ctx context.Context, addr string) string {
	const unknown = "of a version that it does not tell"
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/nacos/v1/console/server/state", nil)
	if err != nil {
		return unknown
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return unknown
	}
	defer answer.Body.Close()
	var state struct{ Version string }
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&state); err != nil || state.Version == "" {
		return unknown
	}
	return state.Version
}

// publishers is how many configs are published at the same time.
const publishers = 8

// eachConfig calls do for each of n configs, some at a time, and returns the first error.
func eachConfig(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for w := range min(n, publishers) {
		wg.Go(func() {
			for i := w; i < n && ctx.Err() == nil; i += publishers {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// patiently tries again what a busy server refused, or did not answer in time.
func patiently(ctx context.Context, do func() error) error {
	var err error
	for range 5 {
		if err = do(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
	return err
}
