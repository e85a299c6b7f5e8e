package env

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/source"
)

const (
	// maxFile is the largest size of a file, in bytes.
	maxFile = 1 << 20
	// settle is how long a file must be unchanged; attempts is how often the source waits for that.
	settle   = 200 * time.Millisecond
	attempts = 10
)

// opener opens a file and returns its description. It does not block, whatever the path leads to.
type opener func(path string) (io.ReadCloser, func() (fs.FileInfo, error), error)

func openFile(path string) (io.ReadCloser, func() (fs.FileInfo, error), error) {
	info, err := os.Stat(path) // before opening it, because opening a pipe may block forever
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errIrregular
	}
	f, err := os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Stat, nil
}

var (
	errIrregular = errors.New("not a regular file")
	errTooLarge  = errors.New("too large")
	errNoText    = errors.New("not text")
	errBusy      = errors.New("the files that variables name change too often")
)

// content returns the content of a file as the value of a variable, or the fault.
func (s *environment) content(ctx context.Context, path string) environ.Variable {
	if path == "" {
		return environ.Variable{Fault: source.InvalidArgument, Value: "is empty; it must name a file"}
	}
	data, err := s.readFile(ctx, path)
	switch {
	case err == nil:
		data = bytes.TrimSuffix(data, []byte("\n"))
		data = bytes.TrimSuffix(data, []byte("\r"))
		return environ.Variable{Value: string(data)}
	case errors.Is(err, fs.ErrNotExist):
		return environ.Variable{Fault: source.NotFound, Value: "names a file that does not exist" + shown(path)}
	case errors.Is(err, fs.ErrPermission):
		return environ.Variable{Fault: source.PermissionDenied, Value: "names a file without read permission" + shown(path)}
	case errors.Is(err, errIrregular):
		return environ.Variable{Fault: source.InvalidArgument, Value: "names something that is not a regular file"}
	case errors.Is(err, errTooLarge):
		return environ.Variable{Fault: source.TooLarge, Value: fmt.Sprintf("names a file of more than %d bytes", maxFile)}
	case errors.Is(err, errNoText):
		return environ.Variable{Fault: source.Malformed, Value: "names a file with a NUL byte, which is not text"}
	case errors.Is(err, errBusy):
		return environ.Variable{Fault: source.Unavailable, Value: "names a file that changes too often"}
	}
	return environ.Variable{Fault: source.Unavailable, Value: "names a file that cannot be read"} // the cause may contain the path
}

// shown returns ": path" if the text is surely a path: the value may be the secret itself, by
// mistake.
func shown(path string) string {
	dir := filepath.Dir(path)
	if dir == "." || dir == filepath.Dir(dir) {
		return ""
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return ": " + path
}

// readFile reads a whole file. It waits until the file has been unchanged for a while, so that it
// does not read while another process writes.
func (s *environment) readFile(ctx context.Context, path string) ([]byte, error) {
	for range attempts {
		data, wait, err := s.tryFile(path)
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			return data, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
	return nil, errBusy
}

// tryFile reads a file once. If wait is not zero, the caller must wait that long and try again.
func (s *environment) tryFile(path string) (data []byte, wait time.Duration, err error) {
	f, stat, err := s.open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	before, err := stat()
	if err != nil {
		return nil, 0, err
	}
	if !before.Mode().IsRegular() {
		return nil, 0, errIrregular
	}
	if age := time.Since(before.ModTime()); age >= 0 && age < settle {
		return nil, settle - age, nil
	}
	data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, 0, err
	}
	after, err := stat()
	switch {
	case err != nil:
		return nil, 0, err
	case !after.ModTime().Equal(before.ModTime()) || after.Size() != before.Size():
		return nil, settle, nil
	case len(data) > maxFile:
		return nil, 0, errTooLarge
	case bytes.IndexByte(data, 0) >= 0:
		return nil, 0, errNoText
	}
	return data, 0, nil
}
