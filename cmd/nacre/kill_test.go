package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// killed is a repository of ten documents in five stages, and the server of its environment, which
// has one more that the repository no longer has.
type killed struct {
	t   *testing.T
	srv *nacostest.Server
	dir string
}

const gone = "v: old\n"

func newKilled(t *testing.T) *killed {
	t.Helper()
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	k := &killed{t: t, srv: srv, dir: t.TempDir()}
	var b strings.Builder
	b.WriteString("version: 1\nmanifest: {data_id: release.yaml}\nenvironments:\n  prod:\n    documents:\n")
	for i := range 10 {
		fmt.Fprintf(&b, "    - {file: d%d.yaml, stage: %d}\n", i, 1+i/2)
		k.write(fmt.Sprintf("base/d%d.yaml", i), fmt.Sprintf("v: new\nn: %d\n", i))
		if err := srv.Put("", "DEFAULT_GROUP", fmt.Sprintf("d%d.yaml", i), fmt.Sprintf("v: old\nn: %d\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	k.write("nacre.yaml", b.String())
	for name, text := range map[string]string{"gone.yaml": gone, "nacre.release.prod": fmt.Sprintf(
		`{"schema_version":1,"environment":"prod","phase":"applied","release":"r0","inventory":[{"group":"DEFAULT_GROUP","data_id":"gone.yaml","md5":"%x"}]}`, md5.Sum([]byte(gone)))} {
		if err := srv.Put("", "DEFAULT_GROUP", name, text); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func (k *killed) write(name, text string) {
	k.t.Helper()
	path := filepath.Join(k.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		k.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		k.t.Fatal(err)
	}
}

// command is a process of nacre in the repository.
func (k *killed) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(k.t.Context(), "nacre", args...)
	cmd.Dir = k.dir
	cmd.Env = append(os.Environ(), "NACOS_SERVER_ADDR="+k.srv.Addr(), "HOME="+k.dir, "XDG_CONFIG_HOME=", "NACRE_CONFIG=", "USER=ann")
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

func (k *killed) run(args ...string) string {
	k.t.Helper()
	cmd, out := k.command(args...)
	if err := cmd.Run(); err != nil {
		k.t.Fatalf("nacre %q: %v\n%s", args, err, out)
	}
	return out.String()
}

// changed is the number of documents that the release has changed or deleted, and counts the
// manifest too.
func (k *killed) changed() (n int) {
	for i := range 10 {
		if text, _ := k.srv.Get("", "DEFAULT_GROUP", fmt.Sprintf("d%d.yaml", i)); strings.HasPrefix(text, "v: new") {
			n++
		}
	}
	if _, ok := k.srv.Get("", "DEFAULT_GROUP", "release.yaml"); ok {
		n++
	}
	if text, _ := k.srv.Get("", "DEFAULT_GROUP", "gone.yaml"); text == "" {
		n++
	}
	return n
}

// A process that is killed with -9 in the middle of a release leaves one that the next command
// finishes or undoes.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 11; at += 5 {
		for _, forward := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d forward %v", at, forward), func(t *testing.T) {
				t.Parallel()
				k := newKilled(t)
				k.run("plan", "prod", "--prune", "--out", "prod.plan")
				cmd, out := k.command("apply", "prod.plan", "--release", "r1", "--reason", "a test")
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := k.srv.Wait(ctx, func(nacostest.Stats) bool { return k.changed() >= at }); err != nil {
					t.Errorf("the release does not begin: %v", err)
				}
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
				if err := cmd.Wait(); err == nil && at < 11 {
					t.Errorf("the process has ended before it was killed:\n%s", out)
				}
				if text, _ := k.srv.Get("", "DEFAULT_GROUP", "nacre.release.prod"); !strings.Contains(text, `"release": "r1"`) || !strings.Contains(text, `"author": "ann"`) {
					t.Errorf("the half release has no name: %s", text)
				}
				if forward {
					k.run("apply", "prod.plan", "--release", "r1", "--reason", "a test")
					if n := k.changed(); n != 12 {
						t.Errorf("after the second apply %d of 12 documents are published or deleted", n)
					}
					k.run("verify", "prod")
					return
				}
				k.run("rollback", "prod", "r1", "--reason", "a test")
				if n := k.changed(); n != 0 {
					t.Errorf("after the rollback %d documents are still changed", n)
				}
			})
		}
	}
}

// One interrupt undoes a release. A second one ends the process at once, with the exit code of a
// part, and with the name of the release and the ways on.
func TestInterruptedProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted")
	}
	for _, twice := range []bool{false, true} {
		t.Run(fmt.Sprintf("twice %v", twice), func(t *testing.T) {
			t.Parallel()
			k := newKilled(t)
			k.run("plan", "prod", "--prune", "--out", "prod.plan")
			cmd, out := k.command("apply", "prod.plan", "--release", "r1", "--reason", "a test")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := k.srv.Wait(ctx, func(nacostest.Stats) bool { return k.changed() >= 1 }); err != nil {
				t.Errorf("the release does not begin: %v", err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			ticker := time.NewTicker(100 * time.Millisecond)
			defer ticker.Stop()
			var err error
			for sent, done := 0, false; !done; {
				if sent < 1 || twice {
					_ = cmd.Process.Signal(os.Interrupt)
					sent++
				}
				select {
				case err = <-ended:
					done = true
				case <-ticker.C:
				}
			}
			var exited *exec.ExitError
			if !errors.As(err, &exited) {
				t.Fatalf("the process ended with %v:\n%s", err, out)
			}
			if !twice {
				if exited.ExitCode() != 130 || k.changed() != 0 || !strings.Contains(out.String(), "release r1 was undone") {
					t.Errorf("exit code %d, and %d documents are changed:\n%s", exited.ExitCode(), k.changed(), out)
				}
				return
			}
			if exited.ExitCode() != 8 {
				t.Errorf("exit code %d, want 8:\n%s", exited.ExitCode(), out)
			}
			for _, says := range []string{"release r1 may be published in part", "DEFAULT_GROUP/nacre.release.prod", "--release r1", "nacre rollback prod r1"} {
				if !strings.Contains(out.String(), says) {
					t.Errorf("the output does not say %q:\n%s", says, out)
				}
			}
			k.run("rollback", "prod", "r1", "--reason", "a test")
			if n := k.changed(); n != 0 {
				t.Errorf("after the rollback %d documents are still changed", n)
			}
		})
	}
}
