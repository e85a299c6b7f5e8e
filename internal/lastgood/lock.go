package lastgood

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gofrs/flock"

	"github.com/nacre-go/nacre/source"
)

// ErrOwned says that somebody else owns the file: another process or, as the text says then, another config of this one.
var ErrOwned = errors.New("another process owns it")

// ownedHere is ErrOwned of a file that this process owns.
type ownedHere struct{}

func (ownedHere) Error() string        { return "another config of this process owns it" }
func (ownedHere) Is(target error) bool { return target == ErrOwned }

// held are the lock files that this process has locked.
var held struct {
	sync.Mutex
	files []fs.FileInfo
}

// lock is a lock that ends with the process.
type lock struct {
	*flock.Flock
	file fs.FileInfo
}

// takeLock locks the file beside a copy. It waits for nobody.
func takeLock(path string) (*lock, error) {
	name := path + ".lock"
	if err := reserve(name); err != nil {
		return nil, refused("own", path, err)
	}
	f := flock.New(name, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR|quickly))
	held.Lock()
	defer held.Unlock()
	ok, err := f.TryLock()
	if err != nil {
		if isLink(name) {
			err = fmt.Errorf("its lock file: %w", errLink)
		}
		return nil, refused("own", path, err)
	}
	info, err := f.Stat()
	switch {
	case !ok && err == nil && slices.ContainsFunc(held.files, func(h fs.FileInfo) bool { return os.SameFile(h, info) }):
		return nil, owned(path, ownedHere{}, "give each config a LastKnownGoodDir of its own, or one of them LastKnownGoodDisabled")
	case !ok:
		return nil, owned(path, ErrOwned, "give each process a state folder of its own")
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("its lock file: %w", errIrregular)
	}
	if err != nil {
		_ = f.Close()
		return nil, refused("own", path, err)
	}
	held.files = append(held.files, info)
	return &lock{f, info}, nil
}

// reserve sees to it that nobody else can hold the lock: a lock file of another user is removed, and one that others may open is
// closed to them.
func reserve(name string) error {
	info, _ := os.Lstat(name)
	if info == nil || !info.Mode().IsRegular() {
		return nil // to open it will tell
	}
	uid, ok := ownerOf(info)
	switch {
	case !ok:
	case !mine(uid):
		if like := sample(filepath.Dir(name)); like != nil {
			if own, _ := ownerOf(like); own == uid {
				return nil // the file system has no owners
			}
		}
		if os.Remove(name) != nil {
			return fmt.Errorf("its lock file belongs to another user (uid %d): %w", uid, source.PermissionDenied)
		}
	case uid == os.Geteuid() && info.Mode().Perm()&^0o600 != 0:
		tighten(name, info)
	}
	return nil
}

// tighten closes a lock file to other users. It changes the file that it has opened, and that is the one that was looked at: whoever may
// write the folder can put a link to another file of this user in its place meanwhile. A file with a second name is left alone,
// since it may be a file of another purpose; then the lock is as open as it was.
func tighten(name string, looked fs.FileInfo) {
	f, info, err := openFile(name)
	if err != nil {
		return
	}
	defer f.Close()
	if os.SameFile(info, looked) && names(looked) == 1 && names(info) == 1 { // a second name may be gone by now, and was there before
		_ = f.Chmod(0o600)
	}
}

func owned(path string, cause error, fix string) error {
	return &source.Error{Kind: source.Conflict, Op: "own last known good copy", Document: path, Err: cause, Fix: fix}
}

// Close gives the lock up.
func (l *lock) Close() error {
	held.Lock()
	defer held.Unlock()
	held.files = slices.DeleteFunc(held.files, func(h fs.FileInfo) bool { return os.SameFile(h, l.file) })
	return l.Flock.Close()
}
