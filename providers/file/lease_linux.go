package file

import (
	"os"

	"golang.org/x/sys/unix"
)

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
