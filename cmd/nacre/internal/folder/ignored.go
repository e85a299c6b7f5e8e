package folder

import "strings"

// Ignored returns why a file or a folder with this name is not a config or a group; empty if it is
// one. The names are those of hidden files, and of what editors write next to a file while they
// save it or have it open. A data ID that looks so has a file with %XX in its name.
func Ignored(name string) (why string) {
	switch {
	case strings.HasPrefix(name, "."): // also .name.swp of vim, .#name of emacs, .goutputstream-* of GNOME
		return "hidden"
	case strings.HasSuffix(name, "~"),
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") && len(name) > 1, // emacs
		name == "4913", // vim finds out with it whether it can write to the folder
		strings.HasSuffix(name, "___jb_tmp___"), strings.HasSuffix(name, "___jb_old___"):
		return "a temporary file of an editor"
	}
	for _, suffix := range []string{".swp", ".swo", ".swx", ".kate-swp", ".vsctmp", ".tmp", ".bak", ".orig", ".rej", ".part"} {
		if strings.HasSuffix(name, suffix) {
			return "a temporary file or a backup"
		}
	}
	return ""
}
