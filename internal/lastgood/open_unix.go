//go:build unix

package lastgood

import (
	"io/fs"
	"os"
	"syscall"
)

// quickly is the flags to open a file that another user may have replaced: without waiting for the
// other end of a pipe, and without following a link.
const quickly = syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// withoutWaiting is the flag to open a file that may be a pipe, and that may be a link.
const withoutWaiting = syscall.O_NONBLOCK

// isLink reports whether an open failed because the file is a link.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// names returns the number of hard links of a file.
func names(info fs.FileInfo) uint64 {
	if sys, isStat := info.Sys().(*syscall.Stat_t); isStat {
		return uint64(sys.Nlink) //nolint:unconvert // it has other types on other systems
	}
	return 1
}

// ownerOf returns the owner of a file. It reports false on systems without owners.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	if sys, isStat := info.Sys().(*syscall.Stat_t); isStat {
		return int(sys.Uid), true
	}
	return 0, false
}
