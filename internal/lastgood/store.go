package lastgood

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// MaxSize is the largest size of a copy that Load reads, in bytes. It refuses larger files, so that
// a stray file cannot exhaust memory.
const MaxSize = 1 << 30

// largest is the largest size, in bytes, of a sealed copy that Load reads regardless of its owner:
// a copy can be authenticated only as a whole.
const largest = 64 << 20

// Load reads the copy at path, which must be sealed with key, or be in plaintext if key is empty.
// Without a file, it returns nil, nil. The error is a *source.Error. Its kind is Corrupt for a copy
// that does not match its checksum, has another key, or is sealed and older than the newest one. It
// is PermissionDenied for a copy that another user may have written and that is in plaintext, or
// sealed and larger than 64 MiB.
func Load(path string, key []byte) (*Record, error) {
	newestKnown, errMark := readMark(path, key) // before the copy, because Save writes the copy first
	f, info, err := openFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, errLink), errors.Is(err, errIrregular):
		return nil, corrupt(path, err)
	case err != nil:
		return nil, refused("read", path, err)
	}
	defer f.Close()
	if info.Size() > MaxSize {
		return nil, corrupt(path, errNotOurs)
	}
	if len(key) == 0 || info.Size() > largest { // with a key, the owner does not matter
		if err := trust(path, info); err != nil {
			return nil, distrusted(path, err)
		}
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, refused("read", path, err)
	}
	if data, err = unseal(data, key, path); err != nil {
		return nil, corrupt(path, err)
	}
	r, err := decode(data)
	if err != nil {
		return nil, corrupt(path, err)
	}
	if isPlaced(errMark) {
		return nil, &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: path, Err: fmt.Errorf("mark %s: %w", newest, errMark),
			Fix: "nacre does not use the copy; to use it all the same, remove " + path + newest}
	}
	if r.Sequence < newestKnown.Sequence {
		return nil, &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: path, Err: errOlder,
			Fix: "nacre does not use the copy; to use it all the same, remove " + path + newest}
	}
	return r, nil
}

func corrupt(path string, cause error) error {
	return &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: path, Err: cause,
		Fix: "nacre does not use the copy; remove it, and the next good version writes a new one"}
}

// refused removes the path from an error of the system: it may be that of a temporary file, which
// differs each time, so that the same error would look like another.
func refused(op, path string, cause error) error {
	var of *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(cause, &of):
		cause = of.Err
	case errors.As(cause, &link):
		cause = link.Err
	}
	return &source.Error{Kind: source.KindOf(cause), Op: op + " last known good copy", Document: path, Err: cause}
}

// Store is a copy that this process owns. It is not safe for concurrent use.
type Store struct {
	path     string
	key      []byte
	lock     *lock
	sequence int64 // of the newest sealed copy
	pruned   bool
}

// Own takes ownership of the copy at path, and creates its folder. Save seals the copy if key is
// not empty. The error is ErrOwned (with errors.Is) if another process, or another config of this
// process, owns the copy.
func Own(path string, key []byte) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, refused("own", path, err)
	}
	l, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	sweep(path)
	s := &Store{path: path, key: key, lock: l}
	if len(key) > 0 {
		for _, sibling := range siblings(path) {
			m, _ := readMark(sibling, key)
			s.sequence = max(s.sequence, m.Sequence)
		}
		if r, err := Load(path, key); err == nil && r != nil { // the mark may be missing
			s.sequence = max(s.sequence, r.Sequence)
		}
	}
	return s, nil
}

// sweep removes the temporary files of a process that ended while saving. Only the owner may call
// it.
func sweep(path string) {
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+".") && strings.HasSuffix(e.Name(), ".tmp") {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

// Save replaces the copy atomically.
func (s *Store) Save(r Record) error {
	if len(s.key) > 0 {
		r.Sequence = max(s.sequence, r.Sequence) + 1
	}
	data, err := encode(r)
	if err == nil {
		data, err = seal(data, s.key, s.path)
	}
	if err != nil {
		return refused("save", s.path, err)
	}
	if err := replace(s.path, data); err != nil {
		return refused("save", s.path, err)
	}
	if len(s.key) > 0 {
		s.sequence = r.Sequence
		if err := writeMark(s.path, s.key, r); err != nil {
			return refused("save", s.path+newest, err)
		}
	}
	if !s.pruned {
		s.pruned = true
		s.prune(&r)
	}
	return nil
}

// Close releases the ownership.
func (s *Store) Close() error { return s.lock.Close() }
