package file

import (
	"os"

	"golang.org/x/sys/unix"
)

// remote are file systems whose writers may be on another machine. Some of them refuse a lease with
// EAGAIN for their own reasons, which must not count as a writer.
var remote = map[uint32]bool{
	unix.NFS_SUPER_MAGIC:  true,
	unix.SMB_SUPER_MAGIC:  true,
	unix.SMB2_SUPER_MAGIC: true,
	unix.CIFS_SUPER_MAGIC: true,
	unix.AFS_SUPER_MAGIC:  true,
	unix.CODA_SUPER_MAGIC: true,
	unix.CEPH_SUPER_MAGIC: true,
	unix.V9FS_MAGIC:       true,
	unix.FUSE_SUPER_MAGIC: true, // also virtiofs: the folders that a virtual machine shares with its host
}

// local reports whether all writers of a file are on this machine.
func local(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && !remote[uint32(st.Type)]
}

// lease takes a read lease on f. The kernel grants it only while no process has the file open or
// mapped for writing; a process that then opens it for writing waits until release is called. Only
// the owner of the file and CAP_LEASE get a lease, and not every file system has them; without a
// lease, nothing is known.
func lease(f *os.File) (proof, func()) {
	p := unproven
	conn, err := f.SyscallConn()
	if err != nil {
		return p, func() {}
	}
	err = conn.Control(func(fd uintptr) {
		if !local(int(fd)) {
			return
		}
		// The kernel announces a waiting writer by a signal. The Go runtime sends SIGURG to itself
		// all the time, so no program is surprised by it, as it could be by the default, SIGIO.
		if _, err := unix.FcntlInt(fd, unix.F_SETSIG, int(unix.SIGURG)); err != nil {
			return
		}
		switch _, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK); err {
		case nil:
			p = whole
		case unix.EAGAIN:
			p = inWriting
		}
	})
	if err != nil || p != whole {
		return p, func() {}
	}
	return p, func() {
		_ = conn.Control(func(fd uintptr) { // closing f would release it as well
			_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		})
	}
}
