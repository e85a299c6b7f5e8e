//go:build unix

package envconf

import "syscall"

const nonblocking = syscall.O_NONBLOCK
