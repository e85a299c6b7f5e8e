package file_test

import (
	"os"

	"golang.org/x/sys/unix"
)

// exact reports whether this system tells, for a file at path, whether somebody has it open for
// writing. It asks the kernel itself, so that a source that forgets to ask is found out.
func exact(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	return err == nil
}
