//go:build unix

package file

import (
	"errors"
	"os"
	"syscall"
)

// open does not wait: not for the other end of a pipe that took the file's place, nor for another's write lease.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// inUse reports whether open was refused because of somebody who is writing.
func inUse(err error) bool { return errors.Is(err, syscall.EWOULDBLOCK) }
