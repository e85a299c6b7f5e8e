package lastgood

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/nacre-go/nacre/source"
)

// MaxSize is the largest copy that is read, in bytes. A larger file is refused, so that a stray file cannot exhaust memory.
const MaxSize = 1 << 30

// ErrOwned says that another process owns the file.
var ErrOwned = errors.New("another process owns it")

// Load reads the copy at path, which must be sealed with key, or not at all for an empty one. No file is nil, nil. The error is a
// *source.Error of kind Corrupt for a copy that does not match its checksum, or another key.
func Load(path string, key []byte) (*Record, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, refused("read", path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, refused("read", path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > MaxSize {
		return nil, corrupt(path, errNotOurs)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, refused("read", path, err)
	}
	if data, err = unseal(data, key); err != nil {
		return nil, corrupt(path, err)
	}
	r, err := decode(data)
	if err != nil {
		return nil, corrupt(path, err)
	}
	return r, nil
}

func corrupt(path string, cause error) error {
	return &source.Error{Kind: source.Corrupt, Op: "read last good copy", Document: path, Err: cause,
		Fix: "it is not used; remove it, the next good version writes a new one"}
}

// refused leaves out the path that the system names: it may be that of a temporary file, another one each time, and the same
// trouble would look like another.
func refused(op, path string, cause error) error {
	var of *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(cause, &of):
		cause = of.Err
	case errors.As(cause, &link):
		cause = link.Err
	}
	return &source.Error{Kind: source.KindOf(cause), Op: op + " last good copy", Document: path, Err: cause}
}

// Store is a copy that this process owns. It is not safe for concurrent use.
type Store struct {
	path string
	key  []byte
	lock *flock.Flock
}

// Own takes the ownership of the copy at path, making its folder. What is saved is sealed with key, where it is not empty. The error is ErrOwned (with errors.Is) where another process
// has it.
func Own(path string, key []byte) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, refused("own", path, err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, refused("own", path, err)
	case !ok:
		return nil, &source.Error{Kind: source.Conflict, Op: "own last good copy", Document: path, Err: ErrOwned,
			Fix: "give each process a state folder of its own"}
	}
	sweep(path)
	return &Store{path: path, key: key, lock: lock}, nil
}

// sweep removes what a process that died while saving left behind. Only the owner may.
func sweep(path string) {
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+".") && strings.HasSuffix(e.Name(), ".tmp") {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

// Save replaces the copy: whole or not at all.
func (s *Store) Save(r Record) error {
	data, err := encode(r)
	if err == nil {
		data, err = seal(data, s.key)
	}
	if err != nil {
		return refused("save", s.path, err)
	}
	if err := replace(s.path, data); err != nil {
		return refused("save", s.path, err)
	}
	return nil
}

// Close gives the ownership up.
func (s *Store) Close() error { return s.lock.Close() }
