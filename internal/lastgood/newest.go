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
}

// maxMark is the largest such file that is read, in bytes.
const maxMark = 4096

var errOlder = errors.New("it is older than the newest copy that was saved here")

// readMark returns the number of the newest copy; 0 where that is not known.
func readMark(path string, key []byte) int64 {
	if len(key) == 0 {
		return 0
	}
	f, info, err := openFile(path + newest)
	if err != nil {
		return 0
	}
	defer f.Close()
	if info.Size() > maxMark {
		return 0
	}
	data, err := io.ReadAll(io.LimitReader(f, maxMark))
	if err != nil {
		return 0
	}
	plain, err := unseal(data, key, path+newest)
	var m mark
	if err != nil || json.Unmarshal(plain, &m) != nil {
		return 0
	}
	return m.Sequence
}

func writeMark(path string, key []byte, r Record) error {
	plain, err := json.Marshal(mark{Sequence: r.Sequence, SavedAt: r.SavedAt})
	if err != nil {
		return err
	}
	data, err := seal(plain, key, path+newest)
	if err != nil {
		return err
	}
	return replace(path+newest, data)
}
