//go:build unix

package nacre

import "syscall"

// withoutWaiting opens what it is given without waiting for the other end of a pipe.
const withoutWaiting = syscall.O_NONBLOCK
