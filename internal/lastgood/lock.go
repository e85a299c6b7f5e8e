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

// ErrOwned means that another process owns the file or, according to the text, another config of
// this process.
var ErrOwned = errors.New("another process owns the copy")

// ownedHere is ErrOwned of a file that this process owns.
type ownedHere struct{}

func (ownedHere) Error() string        { return "another config of this process owns the copy" }
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

// takeLock locks the lock file of a copy. It does not wait.
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
			err = fmt.Errorf("lock file: %w", errLink)
		}
		return nil, refused("own", path, err)
	}
	info, err := f.Stat()
	switch {
	case !ok && err == nil && slices.ContainsFunc(held.files, func(h fs.FileInfo) bool { return os.SameFile(h, info) }):
		return nil, owned(path, ownedHere{}, "give each config its own LastKnownGoodDir, or set LastKnownGoodDisabled for one of them")
	case !ok:
		return nil, owned(path, ErrOwned, "give each process its own LastKnownGoodDir")
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("lock file: %w", errIrregular)
	}
	if err != nil {
		_ = f.Close()
		return nil, refused("own", path, err)
	}
	held.files = append(held.files, info)
	return &lock{f, info}, nil
}

// reserve ensures that no other user can hold the lock: it removes a lock file of another user, and
// denies others access to a lock file that they could open.
func reserve(name string) error {
	info, _ := os.Lstat(name)
	if info == nil || !info.Mode().IsRegular() {
		return nil // opening it returns the error
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
			return fmt.Errorf("lock file belongs to another user (uid %d): %w", uid, source.PermissionDenied)
		}
	case uid == os.Geteuid() && info.Mode().Perm()&^0o600 != 0:
		tighten(name, info)
	}
	return nil
}

// tighten denies other users access to a lock file. It changes the file that it has opened, after a
// check that this is the file that it examined: anyone who can write the folder can replace the
// file by a link to another file of this user. It does not change a file with a second name, which
// may have another purpose; then the lock stays accessible.
func tighten(name string, looked fs.FileInfo) {
	f, info, err := openFile(name)
	if err != nil {
		return
	}
	defer f.Close()
	if os.SameFile(info, looked) && names(looked) == 1 && names(info) == 1 { // a second name may have been removed meanwhile
		_ = f.Chmod(0o600)
	}
}

func owned(path string, cause error, fix string) error {
	return &source.Error{Kind: source.Conflict, Op: "own last known good copy", Document: path, Err: cause, Fix: fix}
}

// Close releases the lock.
func (l *lock) Close() error {
	held.Lock()
	defer held.Unlock()
	held.files = slices.DeleteFunc(held.files, func(h fs.FileInfo) bool { return os.SameFile(h, l.file) })
	return l.Flock.Close()
}
