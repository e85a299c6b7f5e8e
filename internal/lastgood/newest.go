package lastgood

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"time"
)

// newest is the suffix of the file that records which sealed copy is the newest, to detect that an
// older one was restored.
const newest = ".newest"

// mark is the content of that file, which is sealed.
type mark struct {
	Sequence int64     `json:"sequence"`
	SavedAt  time.Time `json:"saved_at"`
	Accepted *Accepted `json:"accepted,omitempty"`
	// Keys are the keys of the layers in the copy.
	Keys []string `json:"keys,omitempty"`
}

// maxMark is the largest size of such a file, in bytes.
const maxMark = 1 << 20

var errOlder = errors.New("copy is older than the newest one that was saved here")

// readMark returns the mark of the newest copy, or an error if it is not known. Without a key,
// there is no mark and no error.
func readMark(path string, key []byte) (mark, error) {
	if len(key) == 0 {
		return mark{}, nil
	}
	f, info, err := openFile(path + newest)
	if err != nil {
		return mark{}, err
	}
	defer f.Close()
	if info.Size() > maxMark {
		return mark{}, errNotOurs
	}
	data, err := io.ReadAll(io.LimitReader(f, maxMark))
	if err != nil {
		return mark{}, err
	}
	plain, err := unseal(data, key, path+newest)
	if err != nil {
		return mark{}, err
	}
	var m mark
	if json.Unmarshal(plain, &m) != nil {
		return mark{}, errContent
	}
	return m, nil
}

// isPlaced reports whether the mark was replaced by a file that nacre does not write.
func isPlaced(err error) bool { return errors.Is(err, errLink) || errors.Is(err, errIrregular) }

func unknownAge(path string, err error) string {
	why := "cannot be read"
	if errors.Is(err, fs.ErrNotExist) {
		why = "is missing"
	}
	return "cannot tell whether the copy is the newest one that was saved: " + filepath.Base(path) + newest + " " + why
}

func writeMark(path string, key []byte, r Record) error {
	plain, err := json.Marshal(mark{Sequence: r.Sequence, SavedAt: r.SavedAt, Accepted: r.Accepted, Keys: r.keys()})
	if err != nil {
		return err
	}
	data, err := seal(plain, key, path+newest)
	if err != nil {
		return err
	}
	return replace(path+newest, data)
}
