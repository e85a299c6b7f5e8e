package file

import (
	"os"
	"path/filepath"
	"strings"
)

// names returns the name of the source, which is the last element of its first path, and its
// identity.
func (s *fileSource) names() (name, identity string) {
	var paths []string
	for _, e := range s.entries {
		if e.path != "" {
			paths = append(paths, shown(e.path))
		}
	}
	if paths == nil {
		return "file", ""
	}
	name = paths[0][strings.LastIndexByte(paths[0], '/')+1:]
	if name == "" {
		name = "file" // the root folder
	}
	identity = "file:///" + strings.TrimPrefix(paths[0], "/")
	if len(paths) > 1 {
		identity += "?with=" + strings.Join(paths[1:], ",")
	}
	return name, identity
}

// shown returns a path with slashes, and with "~" for the user's home folder, whose name is that of
// a person.
func shown(path string) string {
	home, err := os.UserHomeDir()
	if err == nil && filepath.IsAbs(home) && filepath.Dir(home) != home {
		if rest, ok := strings.CutPrefix(path, filepath.Clean(home)+string(filepath.Separator)); ok {
			return "/~/" + filepath.ToSlash(rest)
		}
	}
	return filepath.ToSlash(path)
}
