//go:build unix

package testrun

import (
	"syscall"
	"time"
)

// CPU returns the processor time that the process has used. A test that is not parallel bounds its
// work by it, however busy the machine is.
func CPU() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
