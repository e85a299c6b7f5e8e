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

// MaxSize is the largest copy that is read, in bytes. A larger file is refused, so that a stray file cannot exhaust memory.
const MaxSize = 1 << 30

// largest is the size of the largest sealed copy that is read whoever has written it, in bytes: only a whole one can be authenticated.
const largest = 64 << 20

// Load reads the copy at path, which must be sealed with key, or not at all for an empty one. No file is nil, nil. The error is a
// *source.Error of kind Corrupt for a copy that does not match its checksum, has another key, or is sealed and older than the
// newest one, and Denied for one that another user may have written and that is in clear, or sealed and larger than 64 MiB.
func Load(path string, key []byte) (*Record, error) {
	newestKnown, errMark := readMark(path, key) // before the copy: whoever saves writes the copy first
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
	if len(key) == 0 || info.Size() > largest { // with a key it is not the owner who vouches for it, once it has been read
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
		return nil, &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: path, Err: fmt.Errorf("its mark %s: %w", newest, errMark),
			Fix: "it is not used; to use it all the same, remove " + path + newest}
	}
	if r.Sequence < newestKnown.Sequence {
		return nil, &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: path, Err: errOlder,
			Fix: "it is not used; to use it all the same, remove " + path + newest}
	}
	return r, nil
}

func corrupt(path string, cause error) error {
	return &source.Error{Kind: source.Corrupt, Op: "read last known good copy", Document: path, Err: cause,
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
	return &source.Error{Kind: source.KindOf(cause), Op: op + " last known good copy", Document: path, Err: cause}
}

// Store is a copy that this process owns. It is not safe for concurrent use.
type Store struct {
	path     string
	key      []byte
	lock     *lock
	sequence int64 // of the newest sealed copy
}

// Own takes the ownership of the copy at path, making its folder. What is saved is sealed with key, where it is not empty. The error is ErrOwned (with errors.Is) where another
// process, or another config of this one, has it.
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
		m, _ := readMark(path, key)
		s.sequence = m.Sequence
		if r, err := Load(path, key); err == nil && r != nil { // its mark may be lost
			s.sequence = max(s.sequence, r.Sequence)
		}
	}
	return s, nil
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
	if len(s.key) == 0 {
		return nil
	}
	s.sequence = r.Sequence
	if err := writeMark(s.path, s.key, r); err != nil {
		return refused("save", s.path+newest, err)
	}
	return nil
}

// Close gives the ownership up.
func (s *Store) Close() error { return s.lock.Close() }
