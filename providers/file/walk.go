package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

var (
	errMoved = errors.New("changed while it was read")
	errLoop  = errors.New("too many symbolic links")
)

const maxLinks = 40 // as Linux does

// scan is one look at the paths: it watches what it comes across, always before it looks.
type scan struct {
	watch   watcher // may be nil
	want    map[string]role
	heard   interest
	trouble error
}

func newScan(w watcher) *scan {
	return &scan{
		watch: w,
		want:  map[string]role{},
		heard: interest{names: map[string]bool{}, folders: map[string]bool{}},
	}
}

// see watches a path in a role and reports whether that is more than what this scan had asked for already.
func (sc *scan) see(path string, r role) bool {
	if sc.want[path] >= r {
		return false
	}
	sc.want[path] = r
	if sc.watch == nil {
		return true
	}
	err := sc.watch.add(path, r)
	switch {
	case err == nil, missing(err):
		// What went away in the meantime is seen to be gone by the look that follows.
	case errors.Is(err, fs.ErrPermission) && (r == parent || r == itself):
		// A parent that may be passed through but not listed is rarely replaced; and a file that may not be read
		// is an error of the read.
	case sc.trouble == nil:
		sc.trouble = err
	}
	return true
}

// walk follows rest from the folder at, which has no link in its path, and returns the path without links and what
// stands there. Nothing there is a nil info and no error.
func (sc *scan) walk(at string, rest []string) (string, fs.FileInfo, error) {
	var info fs.FileInfo
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at, info = filepath.Dir(at), nil
			continue
		}
		next := filepath.Join(at, name)
		sc.heard.name(next)
		if len(rest) == 0 {
			sc.see(at, leaf)
		} else {
			sc.see(at, parent)
		}
		found, err := os.Lstat(next)
		if (missing(err) || isLink(found, err)) && sc.see(at, step) {
			found, err = os.Lstat(next)
		}
		if missing(err) {
			return "", nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		if !isLink(found, err) {
			at, info = next, found
			continue
		}
		if links++; links > maxLinks {
			return "", nil, errLoop
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", nil, errMoved
		}
		if filepath.IsAbs(target) {
			at = rootOf(target)
		}
		rest = append(split(target), rest...)
		info = nil
	}
	if info != nil {
		return at, info, nil
	}
	info, err := os.Lstat(at) // the last link led to a root or upwards
	if missing(err) {
		return "", nil, nil
	}
	return at, info, err
}

func isLink(info fs.FileInfo, err error) bool {
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// missing reports whether an error says that nothing stands at a path.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// rootOf returns the root of an absolute path: "/", or "C:\".
func rootOf(path string) string {
	return filepath.VolumeName(path) + string(filepath.Separator)
}

// split returns the names of a path below its root.
func split(path string) []string {
	path = filepath.FromSlash(path[len(filepath.VolumeName(path)):])
	return strings.Split(path, string(filepath.Separator))
}
