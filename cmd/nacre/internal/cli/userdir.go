package cli

import (
	"path/filepath"
	"runtime"
)

// userFolder says where a kind of file of a user is: by a variable of its own on Windows and with
// XDG, and below HOME.
type userFolder struct{ windows, darwin, xdg, home string }

var (
	settingsFolder = userFolder{"AppData", "Library/Application Support", "XDG_CONFIG_HOME", ".config"}
	cacheFolder    = userFolder{"LocalAppData", "Library/Caches", "XDG_CACHE_HOME", ".cache"}
)

// userDir returns the folder as os.UserConfigDir and os.UserCacheDir find theirs, and "" if it is
// not known.
func (a *app) userDir(f userFolder) string {
	get := a.env.Get
	below := func(path string) string {
		if home := get("HOME"); home != "" {
			return filepath.Join(home, filepath.FromSlash(path))
		}
		return ""
	}
	var dir string
	switch runtime.GOOS {
	case "windows":
		dir = get(f.windows)
	case "darwin":
		dir = below(f.darwin)
	default:
		if dir = get(f.xdg); dir == "" {
			dir = below(f.home)
		}
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return dir
}
