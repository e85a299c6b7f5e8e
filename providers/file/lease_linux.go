package file

import (
	"os"

	"golang.org/x/sys/unix"
)

// remote are file systems whose writers may be on another machine. Some of them refuse a lease with EAGAIN for reasons of
// their own, which is not to be taken for somebody who writes.
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

// lease takes a read lease on f, which the kernel grants only while nobody has the file open or mapped for writing, and
// which makes whoever opens it for writing wait until release is called. Only the owner of the file and CAP_LEASE get
// one, and not all file systems have them: then nothing is proven.
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
		// A waiting writer is announced by a signal. SIGURG is what the Go runtime sends to itself all the time, so
		// that no program is surprised by it; the default, SIGIO, could be.
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
