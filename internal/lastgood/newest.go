package lastgood

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"time"
)

// newest is the end of the name of the file that says which sealed copy is the newest: a copy that was put back is older.
const newest = ".newest"

// mark is what the file holds, sealed.
type mark struct {
	Sequence int64     `json:"sequence"`
	SavedAt  time.Time `json:"saved_at"`
	Accepted *Accepted `json:"accepted,omitempty"`
}

// maxMark is the largest such file that is read, in bytes.
const maxMark = 4096

var errOlder = errors.New("it is older than the newest copy that was saved here")

// Remembered returns what the newest sealed copy at a path remembered of signed releases, also if the copy itself is missing, damaged or an
// older one; nil where that is not known.
func Remembered(path string, key []byte) *Accepted {
	m, _ := readMark(path, key)
	return m.Accepted
}

// readMark returns the mark of the newest copy, or the zero mark and why it is not known. Without a key there is no mark and no error.
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

// isPlaced reports whether there is something in the place of the mark that nacre does not put there.
func isPlaced(err error) bool { return errors.Is(err, errLink) || errors.Is(err, errIrregular) }

func unknownAge(path string, err error) string {
	why := "cannot be read"
	if errors.Is(err, fs.ErrNotExist) {
		why = "is missing"
	}
	return "whether it is the newest that was saved cannot be told, since " + filepath.Base(path) + newest + " " + why
}

func writeMark(path string, key []byte, r Record) error {
	plain, err := json.Marshal(mark{Sequence: r.Sequence, SavedAt: r.SavedAt, Accepted: r.Accepted})
	if err != nil {
		return err
	}
	data, err := seal(plain, key, path+newest)
	if err != nil {
		return err
	}
	return replace(path+newest, data)
}
