package nacre

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unset is the error of a variable that does not exist, so that a default takes its place.
type unset struct{}

func (unset) Error() string { return "the variable is not set" }
func (unset) Unwrap() error { return fs.ErrNotExist }

var errNotSet error = unset{}

// maxReference is the largest file that a reference may stand for, in bytes.
const maxReference = 1 << 20

var (
	errNotInFolder = errors.New("it is not in the folder that was named for references")
	errNotFolder   = errors.New("what was named as the folder for references is not a folder")
	errNoFolder    = errors.New("the folder that was named for references does not exist")
	errNotRegular  = errors.New("it is not a regular file")
)

// openRegular opens a regular file in a folder, or the target of a link there, as in a Kubernetes
// secret. If someone has put a pipe in place of the file, it does not wait for the other end.
func openRegular(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func fileResolver(dir string) func(context.Context, string) (string, error) {
	return func(_ context.Context, name string) (string, error) {
		if filepath.IsAbs(name) {
			within, err := filepath.Rel(dir, name)
			if err != nil {
				return "", errNotInFolder
			}
			name = within
		}
		if !filepath.IsLocal(name) {
			return "", errNotInFolder
		}
		if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return "", errNoFolder // it may not be mounted yet: that is not a file that does not exist
		} else if err != nil {
			return "", reason(err)
		} else if !info.IsDir() {
			return "", errNotFolder // to open a pipe as a folder would wait for its other end
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return "", reason(err)
		}
		defer root.Close() //nolint:errcheck // nothing was written
		f, err := openRegular(root, name)
		if err != nil {
			return "", reason(err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxReference+1))
		switch {
		case err != nil:
			return "", reason(err)
		case len(data) > maxReference:
			return "", fmt.Errorf("the file has more than %d bytes", maxReference)
		}
		text := strings.TrimSuffix(string(data), "\n")
		return strings.TrimSuffix(text, "\r"), nil
	}
}

// reason leaves the path out, which the reference has already.
func reason(err error) error {
	if of, ok := errors.AsType[*os.PathError](err); ok {
		return of.Err
	}
	return err
}

func envResolver(names []string) func(context.Context, string) (string, error) {
	return func(_ context.Context, name string) (string, error) {
		if !slices.Contains(names, name) {
			if strings.Contains(name, ":") {
				return "", errNotSet // a name and a default
			}
			return "", errors.New("the variable is not among those that were named for references")
		}
		text, ok := os.LookupEnv(name)
		if !ok {
			return "", errNotSet
		}
		return text, nil
	}
}
