package envconf

import (
	"errors"
	"io"
	"os"
)

// maxFile is the size in bytes of the largest file that ReadFile reads.
const maxFile = 16 << 20

var (
	errIrregular = errors.New("not a regular file")
	errBigFile   = errors.New("too large a file")
)

// ReadFile reads a regular file. It does not wait for the other end of a pipe at that path.
func ReadFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblocking, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errIrregular
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errBigFile
	}
	return data, err
}
