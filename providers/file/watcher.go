package file

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// watcher tells that something may have changed. Only Next uses it, except for close.
type watcher interface {
	// add puts a watch on path, or strengthens the one that is there. It may be called for what is watched already; if
	// another folder stands at the path by now, the watch moves to it.
	add(path string, r role) error
	// keep ends the watches on all paths that are not in want.
	keep(want map[string]role)
	// wait returns what has happened since the last wait, or nothing after d. It may return early with nothing, and must
	// not wait if d is zero.
	wait(ctx context.Context, d time.Duration) ([]event, error)
	close() error
}

// role says why a path is watched; a later one sees all that an earlier one sees.
type role int

const (
	parent role = iota + 1 // a folder on the way, which may be replaced
	step                   // a folder in which a link stands or a name is missing
	leaf                   // a folder in which a file stands: its writes matter
	itself                 // the file itself
)

type happening int

const (
	changed  happening = iota // a name appeared, went away or was replaced; or no telling what
	touched                   // attributes changed, such as permissions
	modified                  // bytes were written by somebody who has yet to close the file
	closed                    // somebody who could write closed the file
	lost                      // the watched folder itself went, or events were dropped
)

// event is one happening to the file or folder at path.
type event struct {
	path string
	what happening
}

// interest is what a look came across: the names that decide about the content. Paths are folded.
type interest struct {
	names   map[string]bool // full paths
	folders map[string]bool // folders in which every name may matter
}

// fold makes equal what a file system that ignores case takes for equal: the user's letters in a path need not be those
// that the watch tells.
func fold(path string) string {
	switch runtime.GOOS {
	case "windows", "darwin", "ios":
		return strings.ToLower(path)
	}
	return path
}

func (in interest) name(path string)   { in.names[fold(path)] = true }
func (in interest) folder(path string) { in.folders[fold(path)] = true }

// writeState is what the watch told about the writers of one file since it came to its name.
type writeState int

const (
	untold  writeState = iota
	inWrite            // written to, and not closed yet
	written            // written to, then closed
)

// has reports whether a change of path may change the content.
func (in interest) has(path string) bool {
	path = fold(path)
	return in.names[path] || in.folders[filepath.Dir(path)]
}
