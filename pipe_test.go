//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package nacre_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// soon fails the test where Open hangs.
func soon[T any](t *testing.T, what string, o nacre.Options, layers ...source.Source) (*nacre.Config[T], error) {
	t.Helper()
	type result struct {
		cfg *nacre.Config[T]
		err error
	}
	done := make(chan result, 1)
	go func() {
		cfg, err := nacre.OpenWith[T](t.Context(), o, layers...)
		done <- result{cfg, err}
	}()
	select {
	case r := <-done:
		return r.cfg, r.err
	case <-time.After(30 * time.Second):
		t.Fatalf("Open hangs beyond every timeout: %s", what)
		panic("unreachable")
	}
}

type referred struct {
	Pin string `config:"pin"`
}

// A reference to what is no regular file is refused, and nothing waits for it.
func TestAReferenceToAPipeIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "good"), []byte("1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"pipe":   syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
		"link":   os.Symlink("pipe", filepath.Join(dir, "link")),
		"folder": os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		"device": os.Symlink("/dev/zero", filepath.Join(dir, "device")),
		"loop":   os.Symlink("loop", filepath.Join(dir, "loop")),
	} {
		if err != nil {
			t.Fatal(err)
		}
		o := quiet
		o.BootTimeout = 500 * time.Millisecond // under load, opening a link takes longer than it seems
		_, err := soon[referred](t, name, o, nacre.Layer(memory.New("a.yaml", []byte("pin: ${file:"+name+"}")), nacre.ResolveFiles(dir)))
		if source.KindOf(err) != source.Unavailable {
			t.Errorf("a reference to a %s is %v", name, err)
		}
		if name == "pipe" && !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("a reference to a pipe does not say so: %v", err)
		}
	}
	// The pipe may also be what the folder was named as.
	o := quiet
	o.BootTimeout = 500 * time.Millisecond // under load, opening a link takes longer than it seems
	if _, err := soon[referred](t, "a pipe as the folder", o,
		nacre.Layer(memory.New("a.yaml", []byte("pin: ${file:x}")), nacre.ResolveFiles(filepath.Join(dir, "pipe")))); source.KindOf(err) != source.Unavailable {
		t.Errorf("a folder that is a pipe is %v", err)
	}
}

// A Kubernetes secret is a link to a link to a folder that is replaced whole.
func TestAReferenceFollowsTheLinksOfAKubernetesSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "..2026_01"), 0o755),
		os.WriteFile(filepath.Join(dir, "..2026_01", "pin"), []byte("1234\r\n"), 0o600),
		os.Symlink("..2026_01", filepath.Join(dir, "..data")),
		os.Symlink("..data/pin", filepath.Join(dir, "pin")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := soon[referred](t, "a secret", quiet, nacre.Layer(memory.New("a.yaml", []byte("pin: ${file:pin}")), nacre.ResolveFiles(dir)))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if got := cfg.Get().Pin; got != "1234" {
		t.Errorf("the reference stands for %q", got)
	}
}

// Whatever another user puts in the place of the copy's files, Open neither hangs nor fails, and
// Health says what is wrong.
func TestPipesInPlaceOfTheCopysFiles(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", ".lock", ".newest"} {
		for _, key := range [][]byte{nil, []byte("0123456789abcdef0123456789abcdef")} {
			o := quiet
			o.LastKnownGoodDir, o.LastKnownGoodKey = t.TempDir(), key
			cfg, err := soon[claimed](t, "at first", o, remote("r", "n: 1"))
			if err != nil {
				t.Fatal(err)
			}
			path := cfg.Health().LastKnownGood.Path
			if err := cfg.Close(); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(path + end)
			if err := syscall.Mkfifo(path+end, 0o666); err != nil {
				t.Fatal(err)
			}
			if cfg, err = soon[claimed](t, "a pipe at "+end, o, remote("r", "n: 2")); err != nil || cfg.Get().N != 2 {
				t.Fatalf("a pipe at %q: %v", end, err)
			}
			if got := cfg.Health().LastKnownGood.Error; end != ".newest" && !strings.Contains(got, "not a regular file") && cfg.Health().LastKnownGood.Version == 0 {
				t.Errorf("a pipe at %q is not told: %q", end, got)
			}
			_ = cfg.Close()
		}
	}
}

// Who may change the copy is said once, loudly; the service starts all the same.
func TestAFolderThatOthersMayWriteIsTold(t *testing.T) {
	t.Parallel()
	o := quiet
	o.LastKnownGoodDir = t.TempDir()
	if err := os.Chmod(o.LastKnownGoodDir, 0o777); err != nil {
		t.Fatal(err)
	}
	var told []string
	o.Observers = on(handlers{observe.LastKnownGoodExposed: func(e observe.Event) { told = append(told, e.Reasons...) }})
	cfg, err := nacre.OpenWith[claimed](t.Context(), o, remote("r", "n: 1"))
	if err != nil {
		t.Fatal(err)
	}
	if w := cfg.Health().LastKnownGood.Warning; len(told) != 1 || told[0] != w || !strings.Contains(w, "every user can write its folder") || !strings.Contains(w, "LastKnownGoodKey") {
		t.Errorf("told %q, Health says %q", told, w)
	}
	if err := errors.Join(cfg.Health().Ready(), cfg.Close()); err != nil {
		t.Error(err)
	}
	// Used all the same: the copy itself is this user's.
	down := remote("r", "")
	down.Fail(errors.New("down"))
	o.BootTimeout = 10 * time.Millisecond
	if cfg, err = nacre.OpenWith[claimed](t.Context(), o, down); err != nil || cfg.Get().N != 1 {
		t.Fatalf("a copy in a folder of all was not used: %v", err)
	}
	_ = cfg.Close()
}
