//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package lastgood_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

// nobody is a user other than that of this process and root.
const nobody = 65534

var key = []byte("0123456789abcdef0123456789abcdef")

// within fails the test, and does not wait, where something hangs.
func within[T any](t *testing.T, what string, f func() (T, error)) (T, error) {
	t.Helper()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s hangs", what)
		panic("unreachable")
	}
}

func load(path string, key []byte) func() (*lastgood.Record, error) {
	return func() (*lastgood.Record, error) { return lastgood.Load(path, key) }
}

// asRoot skips a test that gives files to another user.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
}

// placed are the things that another user may put in the place of a file.
func placed(t *testing.T, path string) map[string]func() error {
	t.Helper()
	target := filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(target, []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]func() error{
		"a pipe":                   func() error { return syscall.Mkfifo(path, 0o666) },
		"a link to a file":         func() error { return os.Symlink(target, path) },
		"a link to a pipe":         func() error { _ = syscall.Mkfifo(target+".pipe", 0o666); return os.Symlink(target+".pipe", path) },
		"a link to nothing":        func() error { return os.Symlink(target+".none", path) },
		"a link to itself":         func() error { return os.Symlink(path, path) },
		"a folder":                 func() error { return os.Mkdir(path, 0o700) },
		"a link to an endless one": func() error { return os.Symlink("/dev/zero", path) },
	}
}

func TestWhatIsPutInPlaceOfTheCopyIsNotRead(t *testing.T) {
	t.Parallel()
	for _, k := range [][]byte{nil, key} {
		path := filepath.Join(t.TempDir(), "x.lastgood")
		for what, place := range placed(t, path) {
			if err := place(); err != nil {
				t.Fatal(err)
			}
			r, err := within(t, "Load of "+what, load(path, k))
			if r != nil || source.KindOf(err) != source.Corrupt {
				t.Errorf("%s in place of the copy: Load returned %v, %v", what, r, err)
			}
			s, err := within(t, "Own beside "+what, func() (*lastgood.Store, error) { return lastgood.Own(path, k) })
			if err != nil {
				t.Fatalf("%s in place of the copy: %v", what, err)
			}
			if err := s.Save(record(4)); what != "a folder" {
				if r, errLoad := lastgood.Load(path, k); err != nil || errLoad != nil || r.Version != 4 {
					t.Errorf("%s in place of the copy is not replaced by the next save: %v, %v", what, err, errLoad)
				}
			} else if err == nil {
				t.Error("a folder was saved over")
			}
			s.Close()
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(path + ".newest")
		}
	}
}

func TestWhatIsPutInPlaceOfTheLockHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	for what, place := range placed(t, path+".lock") {
		if err := place(); err != nil {
			t.Fatal(err)
		}
		s, err := within(t, "Own with "+what, func() (*lastgood.Store, error) { return lastgood.Own(path, nil) })
		if err == nil {
			s.Close()
			t.Errorf("%s was taken for the lock", what)
		} else if strings.Contains(err.Error(), "another process") {
			t.Errorf("%s in place of the lock reads %v", what, err)
		}
		if err := os.RemoveAll(path + ".lock"); err != nil {
			t.Fatal(err)
		}
	}
	own(t, path)
}

func TestWhatIsPutInPlaceOfTheMarkHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	for what, place := range placed(t, path+".newest") {
		if err := place(); err != nil {
			t.Fatal(err)
		}
		if r, err := within(t, "Load beside "+what, load(path, key)); r != nil || err != nil {
			t.Errorf("%s in place of the mark: Load returned %v, %v", what, r, err)
		}
		if err := os.RemoveAll(path + ".newest"); err != nil {
			t.Fatal(err)
		}
	}
}

// If the mark was replaced by something that is not a file, another user did it, who may have
// replaced the copy too.
func TestACopyBesideWhatIsPutInPlaceOfTheMarkIsNotUsed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	save(t, path, 1)
	for what, place := range placed(t, path+".newest") {
		if err := os.RemoveAll(path + ".newest"); err != nil {
			t.Fatal(err)
		}
		if err := place(); err != nil {
			t.Fatal(err)
		}
		r, err := within(t, "Load beside "+what, load(path, sealKey))
		if r != nil || !errors.Is(err, source.Corrupt) || !strings.Contains(err.Error(), ".newest") {
			t.Errorf("%s in place of the mark: the copy is used as if it were the newest: %v, %v", what, r, err)
		}
	}
}

// The key vouches for a sealed copy when it has been read, which must not take what memory another
// user likes.
func TestALargeFileOfAnotherUserIsNotRead(t *testing.T) {
	asRoot(t)
	path := filepath.Join(t.TempDir(), "x.lastgood")
	put(t, path, []byte("nacre-lastgood-sealed-2\n"))
	if err := errors.Join(os.Truncate(path, lastgood.MaxSize), os.Chown(path, nobody, -1)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := lastgood.Load(path, sealKey)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; r != nil || !errors.Is(err, source.PermissionDenied) || took > 1<<20 {
		t.Errorf("a file of %d bytes that another user has put in place of the copy: Load returned %v, %v, and took %d bytes", lastgood.MaxSize, r, err, took)
	}
}

// A copy in clear is as good as its owner.
func TestACopyThatAnotherUserMayHaveWrittenIsNotUsed(t *testing.T) {
	t.Parallel()
	asRoot(t)
	for _, c := range []struct {
		what    string
		uid     int
		mode    os.FileMode
		folder  os.FileMode
		used    bool
		warning string
	}{
		{"its own", 0, 0o600, 0o700, true, ""},
		{"its own, read by all", 0, 0o644, 0o755, true, ""},
		{"its own, in a folder of all with the sticky bit", 0, 0o600, 0o777 | os.ModeSticky, true, ""},
		{"its own, as a Kubernetes fsGroup makes it", 0, 0o660, 0o775 | os.ModeSetgid, true, "group"},
		{"its own, in an emptyDir of Kubernetes", 0, 0o600, 0o777, true, "every user can write its folder"},
		{"written by all", 0, 0o666, 0o700, false, "group"},
		{"another's", nobody, 0o600, 0o700, false, ""},
		{"another's, in a folder of all", nobody, 0o644, 0o777, false, "every user can write its folder"},
	} {
		path := filepath.Join(t.TempDir(), "state", "x.lastgood")
		for _, k := range [][]byte{nil, key} {
			_ = os.Remove(path)
			s, err := lastgood.Own(path, k)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Save(record(2)); err != nil {
				t.Fatal(err)
			}
			s.Close()
			for _, err := range []error{os.Chown(path, c.uid, -1), os.Chmod(path, c.mode), os.Chmod(filepath.Dir(path), c.folder)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			r, err := lastgood.Load(path, k)
			if used := err == nil && r != nil; used != (c.used || k != nil) {
				t.Errorf("%s, sealed %v: used %v, %v", c.what, k != nil, used, err)
			}
			if err != nil && (source.KindOf(err) != source.PermissionDenied || !strings.Contains(err.Error(), "LastKnownGoodKey")) {
				t.Errorf("%s: the error is %v, want one of kind PermissionDenied that says what to do", c.what, err)
			}
			w := lastgood.Warning(path, k)
			if k != nil && c.warning == "group" {
				if w != "" {
					t.Errorf("%s: of a sealed copy there is a warning: %s", c.what, w)
				}
			} else if (w != "") != (c.warning != "") || !strings.Contains(w, c.warning) {
				t.Errorf("%s, sealed %v: the warning is %q, want %q in it", c.what, k != nil, w, c.warning)
			}
			if leftover, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".nacre-*")); leftover != nil {
				t.Errorf("%s: a look at the folder has left %v", c.what, leftover)
			}
			// It is replaced all the same.
			if s, err = lastgood.Own(path, k); err != nil {
				t.Fatal(err)
			}
			if err := s.Save(record(3)); err != nil {
				t.Errorf("%s: the copy is not replaced: %v", c.what, err)
			}
			s.Close()
			if r, err := lastgood.Load(path, k); err != nil || r.Version != 3 {
				t.Errorf("%s: what replaced the copy is %v, %v", c.what, r, err)
			}
		}
	}
}

func TestAFolderOfAnotherUserIsTold(t *testing.T) {
	t.Parallel()
	asRoot(t)
	path := filepath.Join(t.TempDir(), "state", "x.lastgood")
	own(t, path)
	if err := os.Chown(filepath.Dir(path), nobody, -1); err != nil {
		t.Fatal(err)
	}
	if w := lastgood.Warning(path, nil); !strings.Contains(w, "another user (uid 65534)") {
		t.Errorf("the warning is %q", w)
	}
}

// A lock that another user has made, or may open, is one that he can hold for ever.
func TestAnotherUserCannotHoldTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	name := path + ".lock"
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := lastgood.Own(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may open the lock: %v, %v", info.Mode(), err)
	}
	s.Close()

	asRoot(t)
	if err := os.Chown(name, nobody, -1); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if err := syscall.Flock(int(theirs.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if s, err = lastgood.Own(path, nil); err != nil {
		t.Fatalf("another user holds the lock: %v", err)
	}
	s.Close()
}

// A user who can write the folder must not make the service change the mode of another file of its
// user: by a second name for it, or by a link that is put in place of the lock file while that is
// looked at.
func TestTheLockTightensNoOtherFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	victim := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(victim, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(victim, 0o644); err != nil {
		t.Fatal(err)
	}
	unharmed := func(how string) {
		t.Helper()
		if info, err := os.Stat(victim); err != nil || info.Mode().Perm() != 0o644 {
			t.Fatalf("%s: another file of the user has the mode %v, %v, want 0644", how, info.Mode(), err)
		}
	}
	if err := os.Link(victim, path+".lock"); err != nil {
		t.Skip(err)
	}
	if s, err := lastgood.Own(path, nil); err == nil {
		s.Close()
	}
	unharmed("a second name")

	bait := path + ".bait"
	stop := make(chan struct{})
	swapped := make(chan struct{})
	go func() {
		defer close(swapped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.WriteFile(bait, nil, 0o644)
			_ = os.Rename(bait, path+".lock")
			_ = os.Symlink(victim, bait)
			_ = os.Rename(bait, path+".lock")
		}
	}()
	for range 2000 {
		if s, err := lastgood.Own(path, nil); err == nil {
			s.Close()
		}
		if info, err := os.Stat(victim); err != nil || info.Mode().Perm() != 0o644 {
			break
		}
	}
	close(stop)
	<-swapped
	unharmed("a link in place of the lock file")
}

// Who owns the copy is said as it is.
func TestTheOwnerIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	first := own(t, path)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Join(link, "x.lastgood")} {
		_, err := lastgood.Own(p, nil)
		if !errors.Is(err, lastgood.ErrOwned) || !strings.Contains(err.Error(), "another config of this process owns the copy") || strings.Contains(err.Error(), "another process") {
			t.Errorf("a copy that this process owns: %v", err)
		}
	}
	first.Close()

	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOwnerProcess$")
	other.Env = append(os.Environ(), "NACRE_OWN="+path)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "owned\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	if _, err := lastgood.Own(path, nil); !errors.Is(err, lastgood.ErrOwned) || !strings.Contains(err.Error(), "another process owns the copy") {
		t.Errorf("a copy that another process owns: %v", err)
	}
	in.Close()
	_, _ = io.Copy(io.Discard, out)
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	own(t, path)
}

// TestOwnerProcess is the other process of TestTheOwnerIsNamed.
func TestOwnerProcess(t *testing.T) {
	path := os.Getenv("NACRE_OWN")
	if path == "" {
		t.Skip("only within TestTheOwnerIsNamed")
	}
	s, err := lastgood.Own(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, _ = os.Stdout.WriteString("owned\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// A seed that is a pipe, a folder, too large or a link in a circle is refused at once.
func TestAHostileSeedIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.yaml")
	for what, place := range placed(t, path) {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := place(); err != nil {
			t.Fatal(err)
		}
		seeds, err := within(t, "ReadSeeds of "+what, func() ([]*lastgood.Seed, error) {
			seeds, errs := lastgood.ReadSeeds(dir, []lastgood.SeedID{{Name: "x.yaml"}})
			return seeds, fmt.Errorf("%v", errs)
		})
		if seeds[0] != nil && what != "a link to a file" {
			t.Errorf("%s is read as a seed: %v", what, err)
		}
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	put(t, path, nil)
	if err := os.Truncate(path, lastgood.MaxSeed+1); err != nil {
		t.Fatal(err)
	}
	if seeds, errs := lastgood.ReadSeeds(dir, []lastgood.SeedID{{Name: "x.yaml"}}); seeds[0] != nil || len(errs) != 1 || source.KindOf(errs[0]) != source.TooLarge {
		t.Errorf("a seed that is too large: %v", errs)
	}
}
