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

const maxLinks = 40 // as in Linux

// scan is one walk of all paths. It watches everything that it passes, always before it looks.
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

// see watches a path in a role, and reports whether this scan did not watch it in that role before.
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
		// The look that follows sees that it has disappeared.
	case errors.Is(err, fs.ErrPermission) && (r == parent || r == itself):
		// A parent that can be entered but not listed is rarely replaced; and for a file without
		// read permission, the read returns an error.
	case sc.trouble == nil:
		sc.trouble = err
	}
	return true
}

// walk follows rest from the folder at, whose path has no link. It returns the path without links
// and what exists there; if nothing does, info is nil and there is no error.
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
	info, err := os.Lstat(at) // the last link led to a root or to a parent
	if missing(err) {
		return "", nil, nil
	}
	return at, info, err
}

func isLink(info fs.FileInfo, err error) bool {
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// missing reports whether an error says that nothing exists at a path.
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
