package release

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/source"
)

// Store keeps rollback files.
type Store interface {
	// Save replaces a file as a whole. When it returns, the file outlives a crash of the machine.
	Save(environment, release string, text []byte) error
	// Load returns nil for a file that does not exist.
	Load(environment, release string) ([]byte, error)
	// List returns the names of the releases, sorted.
	List(environment string) ([]string, error)
	// Remove removes a file; a missing one is not an error.
	Remove(environment, release string) error
	// Lock lets one process at a time work on an environment. It does not wait.
	Lock(environment string) (unlock func(), err error)
}

// Folder is a [Store] in a folder. The files have contents of documents: only their owner may read
// them, and a .gitignore keeps them out of Git.
type Folder string

const fileEnd = ".rollback.json"

func (f Folder) path(environment, name string) string {
	return filepath.Join(string(f), environment, name)
}

func (f Folder) failed(op, name string, err error) error {
	kind := source.Unavailable
	if errors.Is(err, fs.ErrPermission) {
		kind = source.PermissionDenied
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok { // its text has the path a second time
		err = at.Err
	}
	return exit.With(exit.Local(err), &source.Error{Kind: kind, Op: op, Document: name, Err: err, Fix: "check the permissions of the folder and the space on its disk; nothing more is published without it"}, "")
}

func (f Folder) prepare(environment string) error {
	dir := f.path(environment, "")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return f.failed("make", dir, err)
	}
	ignore := filepath.Join(string(f), ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return f.failed("write", ignore, err)
		}
	}
	return nil
}

// Save implements [Store].
func (f Folder) Save(environment, release string, text []byte) error {
	if err := f.prepare(environment); err != nil {
		return err
	}
	name := f.path(environment, release+fileEnd)
	if err := exit.Write(name, replace(name, text)); err != nil {
		return f.failed("write", name, err)
	}
	return nil
}

// replace writes a file next to the old one, and renames it when it is on the disk.
func replace(name string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if closed := tmp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes a rename outlive a crash. Some systems cannot synchronize a folder, and need
// not.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// Load implements [Store].
func (f Folder) Load(environment, release string) ([]byte, error) {
	name := f.path(environment, release+fileEnd)
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, f.failed("read", name, err)
	}
	return text, nil
}

// List implements [Store].
func (f Folder) List(environment string) ([]string, error) {
	dir := f.path(environment, "")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, f.failed("read", dir, err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), fileEnd); ok && releaseName.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Remove implements [Store].
func (f Folder) Remove(environment, release string) error {
	name := f.path(environment, release+fileEnd)
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.failed("remove", name, err)
	}
	return nil
}

// Lock implements [Store]. The system releases the lock of a process that ends, however it ends.
func (f Folder) Lock(environment string) (func(), error) {
	if err := f.prepare(environment); err != nil {
		return nil, err
	}
	name := f.path(environment, "lock")
	lock := flock.New(name, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, f.failed("lock", name, err)
	}
	if !locked {
		return nil, conflict(environment, "another process of this machine works on the environment", "wait until it has ended")
	}
	return func() { _ = lock.Close() }, nil
}
