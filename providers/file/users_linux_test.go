package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// onOwnThread runs f on a thread that dies with it, so that f may change what the thread is allowed
// or sees. Next does all its work in the caller's thread.
func onOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		defer close(done)
		done <- f()
	}()
	return <-done
}

// elsewhere runs f on another thread, as the user that the test is.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// caller calls Next in the thread in which it is told to.
type caller struct {
	s    *file.Source
	prev source.Revision
}

func (c *caller) next(within time.Duration) (source.Content, error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	content, err := c.s.Next(ctx, c.prev)
	if err == nil {
		c.prev = content.Revision
	}
	return content, err
}

var errNotAllowed = errors.New("not allowed here")

const nobody = 65534

func becomeNobody() error {
	if os.Getuid() != 0 {
		return errNotAllowed
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
		return errNotAllowed
	}
	return nil
}

// openFolder is a folder that every user may enter: t.TempDir's parent may not be one.
func openFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	return dir
}

func TestAUserWhoDoesNotOwnTheFileReadsItWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(openFolder(t), "app.yaml")
	write(t, path, body(0))
	must(t, os.Chmod(path, 0o644))
	r := caller{s: file.NewSource(path, unpolled)}
	defer r.s.Close()
	err := onOwnThread(func() error {
		if err := becomeNobody(); err != nil {
			return err
		}
		if f, err := os.Open(path); err != nil {
			return err
		} else if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK); !errors.Is(err, unix.EACCES) {
			t.Errorf("a lease for nobody: %v; this test does not test what it should", err)
		}
		if c, err := r.next(bound); err != nil || c.Documents[0].Absent {
			return err
		}
		var finish func()
		elsewhere(func() { finish = pausing(t, path, body(1), 100) })
		if finish == nil {
			return errors.New("the file cannot be written")
		}
		if c, err := r.next(quiet); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next: %s, %v, while the file is half written", show(c), err)
		}
		elsewhere(finish)
		c, err := r.next(bound)
		if err != nil {
			return err
		}
		if v, err := wholeVersion(c); err != nil || v != 1 {
			t.Errorf("content is version %d, %v", v, err)
		}
		return nil
	})
	if errors.Is(err, errNotAllowed) {
		t.Skip("needs root, to become somebody else")
	}
	must(t, err)
}

func TestAFileThatMayNotBeReadIsDenied(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	path := filepath.Join(dir, "conf", "app.yaml")
	must(t, os.Mkdir(filepath.Dir(path), 0o755))
	write(t, path, body(0)) // 0600
	r := caller{s: file.NewSource(path, unpolled)}
	defer r.s.Close()
	err := onOwnThread(func() error {
		if err := becomeNobody(); err != nil {
			return err
		}
		_, err := r.next(bound)
		if source.KindOf(err) != source.PermissionDenied {
			t.Errorf("Next of a file that may not be read: %v", err)
		}
		time.AfterFunc(20*time.Millisecond, func() { _ = os.Chmod(path, 0o644) })
		if _, err := r.next(bound); err != nil {
			t.Errorf("Next once it may be read: %v", err)
		}
		time.AfterFunc(20*time.Millisecond, func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
		if _, err := r.next(bound); source.KindOf(err) != source.PermissionDenied {
			t.Errorf("Next once its folder may not be entered: %v", err)
		}
		time.AfterFunc(20*time.Millisecond, func() { _ = os.Chmod(filepath.Dir(path), 0o755) })
		if _, err := r.next(bound); err != nil {
			t.Errorf("Next once its folder may be entered: %v", err)
		}
		return nil
	})
	if errors.Is(err, errNotAllowed) {
		t.Skip("needs root, to become somebody else")
	}
	must(t, err)
}

// TestAFileThatIsMountedAloneIsWatched: docker -v app.yaml:/etc/app.yaml. Its folder hears nothing
// of writes outside.
func TestAFileThatIsMountedAloneIsWatched(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "app.yaml")
	inside := filepath.Join(t.TempDir(), "app.yaml")
	write(t, outside, body(0))
	write(t, inside, nil)
	r := caller{s: file.NewSource(inside, unpolled)}
	defer r.s.Close()
	err := onOwnThread(func() error {
		if unix.Unshare(unix.CLONE_NEWNS|unix.CLONE_FS) != nil ||
			unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil ||
			unix.Mount(outside, inside, "", unix.MS_BIND, "") != nil {
			return errNotAllowed
		}
		if _, err := r.next(bound); err != nil {
			return err
		}
		for v := 1; v < 5; v++ {
			time.AfterFunc(10*time.Millisecond, func() { _ = os.WriteFile(outside, body(v), 0o600) })
			c, err := r.next(bound)
			if err != nil {
				return err
			}
			if got, err := wholeVersion(c); err != nil || got != v {
				t.Errorf("content is version %d, %v, want %d", got, err, v)
			}
		}
		return nil
	})
	if errors.Is(err, errNotAllowed) {
		t.Skip("needs the right to mount")
	}
	must(t, err)
}

func TestAPipeIsRefusedAndNotWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	must(t, syscall.Mkfifo(path, 0o600))
	r := newReader(t, file.NewSource(path, unpolled))
	r.fails(t, source.InvalidArgument)
	must(t, os.Remove(path))
	if c := r.content(t); !c.Documents[0].Absent {
		t.Fatalf("content is %s, want an absent document", show(c))
	}
	write(t, path, body(1))
	if got := r.version(t); got != 1 {
		t.Fatalf("content is version %d, want 1", got)
	}
}

// TestWritersOnlyWait: a lease must not make anybody's open fail, and its signal must not reach the
// program.
func TestWritersOnlyWait(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(0))
	for range 4 {
		newReader(t, file.NewSource(path, unpolled))
	}
	for v := range testrun.Count(2000, 200) {
		begin := time.Now()
		must(t, os.WriteFile(path, body(v%200), 0o600))
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("a writer waited %v for readers", took)
		}
	}
}

func TestAMappedFileIsHeldBackUntilItIsUnmapped(t *testing.T) {
	t.Parallel()
	exactOnly(t)
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, []byte("port: 10002\n"))
	r := newReader(t, file.NewSource(path, unpolled))
	r.data(t)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	mapped, err := unix.Mmap(int(f.Fd()), 0, 12, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	must(t, err)
	must(t, f.Close())
	copy(mapped, "port: 2")
	r.nothing(t, "the file is still mapped for writing")
	copy(mapped, "port: 20003")
	must(t, unix.Munmap(mapped))
	if got := r.data(t); got != "port: 20003\n" {
		t.Fatalf("content has %d bytes", len(got))
	}
}

// A file that exists and that the user cannot read is not skipped: the service would run with
// another configuration.
func TestFirstSkipsNoFileWithoutPermission(t *testing.T) {
	t.Parallel()
	for name, protect := range map[string]func(dir string) error{
		"a file":   func(dir string) error { return os.WriteFile(filepath.Join(dir, "app.yaml"), nil, 0o600) },
		"a folder": func(dir string) error { return os.Chmod(dir, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := openFolder(t)
			mine, other := filepath.Join(dir, "home"), filepath.Join(dir, "app.yaml")
			must(t, os.Mkdir(mine, 0o755)) //nolint:gosec // other users must be able to enter it
			write(t, other, []byte("a: 1"))
			must(t, os.Chmod(other, 0o644)) //nolint:gosec // other users must be able to read it
			must(t, protect(mine))
			r := caller{s: file.FirstSource([]string{filepath.Join(mine, "app.yaml"), other})}
			defer r.s.Close()
			err := onOwnThread(func() error {
				if err := becomeNobody(); err != nil {
					return err
				}
				c, err := r.next(bound)
				if !errors.Is(err, source.PermissionDenied) {
					t.Errorf("the first choice cannot be read, and Next returns %s, %v; want PermissionDenied", show(c), err)
				}
				return nil
			})
			if errors.Is(err, errNotAllowed) {
				t.Skip("only root can become another user")
			}
			must(t, err)
		})
	}
}
