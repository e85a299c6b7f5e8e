package file

import (
	"io/fs"
	"time"
)

// stamp distinguishes states of a file as far as its attributes can. The zero stamp is that of no
// file.
type stamp struct {
	inode inode
	size  int64
	mtime int64 // ns
	ctime int64 // ns; 0 if the system does not have it
}

func stampOf(info fs.FileInfo) stamp {
	id, ctime := attributes(info)
	return stamp{inode: id, size: info.Size(), mtime: info.ModTime().UnixNano(), ctime: ctime}
}

// old reports whether the file was last touched more than age ago. A file from the future is not
// old.
func (st stamp) old(age time.Duration) bool {
	return time.Since(time.Unix(0, max(st.mtime, st.ctime))) > age
}
