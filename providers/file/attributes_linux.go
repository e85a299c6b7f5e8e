package file

import (
	"io/fs"
	"syscall"
)

// inode identifies a file regardless of its path.
type inode struct{ device, number uint64 }

func attributes(info fs.FileInfo) (inode, int64) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return inode{uint64(st.Dev), st.Ino}, st.Ctim.Nano() //nolint:unconvert // Dev is narrower on some architectures
	}
	return inode{}, 0
}
