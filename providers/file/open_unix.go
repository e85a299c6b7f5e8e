//go:build unix

package file

import (
	"errors"
	"os"
	"syscall"
)

// open does not wait, neither for the other end of a pipe that has replaced the file, nor for a
// write lease of another process.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// inUse reports whether open failed because a process is writing.
func inUse(err error) bool { return errors.Is(err, syscall.EWOULDBLOCK) }
