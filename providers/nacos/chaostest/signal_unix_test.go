//go:build unix

package chaostest

import "syscall"

// What is done to a real server's process.
func kill(pid int) error   { return syscall.Kill(pid, syscall.SIGKILL) }
func halt(pid int) error   { return syscall.Kill(pid, syscall.SIGSTOP) }
func resume(pid int) error { return syscall.Kill(pid, syscall.SIGCONT) }
