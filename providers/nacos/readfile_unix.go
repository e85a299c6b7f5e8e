//go:build unix

package nacos

import "syscall"

const withoutWaiting = syscall.O_NONBLOCK
