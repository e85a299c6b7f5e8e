package lastgood

import (
	"encoding/json"
	"errors"
	"io"
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
func Remembered(path string, key []byte) *Accepted { return readMark(path, key).Accepted }

// readMark returns the mark of the newest copy; the zero mark where there is none.
func readMark(path string, key []byte) (m mark) {
	if len(key) == 0 {
		return m
	}
	f, info, err := openFile(path + newest)
	if err != nil {
		return m
	}
	defer f.Close()
	if info.Size() > maxMark {
		return m
	}
	data, err := io.ReadAll(io.LimitReader(f, maxMark))
	if err != nil {
		return m
	}
	plain, err := unseal(data, key, path+newest)
	if err != nil || json.Unmarshal(plain, &m) != nil {
		return mark{}
	}
	return m
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
