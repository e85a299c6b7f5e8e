//go:build unix

package env

import "syscall"

// withoutWaiting opens a pipe that took the file's place a moment ago without waiting for its other end.
const withoutWaiting = syscall.O_NONBLOCK
