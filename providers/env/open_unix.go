//go:build unix

package env

import "syscall"

// withoutWaiting opens a pipe that has just replaced the file without waiting for its other end.
const withoutWaiting = syscall.O_NONBLOCK
