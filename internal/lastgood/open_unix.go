//go:build unix

package lastgood

import (
	"io/fs"
	"os"
	"syscall"
)

// quickly opens what it is given, without waiting for the other end of a pipe that somebody has put in the file's place, and
// follows no link that he has put there.
const quickly = syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// isLink reports whether that is why a file was not opened.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// names is how many names a file has: hard links.
func names(info fs.FileInfo) uint64 {
	if sys, isStat := info.Sys().(*syscall.Stat_t); isStat {
		return uint64(sys.Nlink) //nolint:unconvert // it has other types on other systems
	}
	return 1
}

// ownerOf returns the user to whom a file belongs. It reports false where files have none.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	if sys, isStat := info.Sys().(*syscall.Stat_t); isStat {
		return int(sys.Uid), true
	}
	return 0, false
}
