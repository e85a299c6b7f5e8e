package file

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// watcher reports that something may have changed. Only Next uses it, except for close.
type watcher interface {
	// add watches path, or adds a role to a watch. If path is watched already and is another folder
	// now, the watch moves to that folder.
	add(path string, r role) error
	// keep ends the watches on all paths that are not in want.
	keep(want map[string]role)
	// wait returns what has happened since the last wait, or nothing after d. It may return early
	// with nothing, and must not wait if d is zero.
	wait(ctx context.Context, d time.Duration) ([]event, error)
	close() error
}

// role says why a path is watched. A later role includes the events of an earlier one.
type role int

const (
	parent role = iota + 1 // a folder on the way, which may be replaced
	step                   // a folder with a link, or in which a name is missing
	leaf                   // a folder with a file: its writes matter
	itself                 // the file itself
)

type happening int

const (
	changed  happening = iota // a name appeared, disappeared or was replaced; or unknown
	touched                   // attributes changed, such as permissions
	modified                  // a process wrote bytes, and has not closed the file yet
	closed                    // a process that had the file open for writing closed it
	lost                      // the watched folder disappeared, or events were dropped
)

// event is something that happened to the file or folder at path.
type event struct {
	path string
	what happening
}

// interest holds the names that decide about the content, as of a scan. Paths are folded.
type interest struct {
	names   map[string]bool // full paths
	folders map[string]bool // folders in which every name may matter
}

// fold returns the form in which paths are compared. On a file system that ignores case, the
// letters of a given path need not be those that the watch reports.
func fold(path string) string {
	switch runtime.GOOS {
	case "windows", "darwin", "ios":
		return strings.ToLower(path)
	}
	return path
}

func (in interest) name(path string)   { in.names[fold(path)] = true }
func (in interest) folder(path string) { in.folders[fold(path)] = true }

// writeState is what the watch has reported about the writers of a file since it has its name.
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
