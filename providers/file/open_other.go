//go:build !unix

package file

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

func open(path string) (*os.File, error) { return os.Open(path) }

// The errors of Windows for a file that another process does not share, or has locked.
const (
	sharingViolation = 32
	lockViolation    = 33
)

// inUse reports whether open failed because a process is writing.
func inUse(err error) bool {
	var errno syscall.Errno
	return runtime.GOOS == "windows" && errors.As(err, &errno) && (errno == sharingViolation || errno == lockViolation)
}
