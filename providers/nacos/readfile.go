package nacos

import (
	"errors"
	"io"
	"os"
)

// maxFile is the largest file of a password or of certificates that is read, in bytes.
const maxFile = 16 << 20

var (
	errIrregular = errors.New("not a regular file")
	errBigFile   = errors.New("too large a file")
)

// readFile reads a regular file whole. It does not wait for the other end of a pipe that stands in the file's place.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
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
