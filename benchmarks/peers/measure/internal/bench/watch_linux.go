package bench

import (
	"time"

	"golang.org/x/sys/unix"
)

// processTime is what this process has used of the processors, the garbage collector included.
func processTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
