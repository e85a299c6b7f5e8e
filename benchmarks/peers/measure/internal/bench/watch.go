package bench

import "time"

// Watch measures a stretch of time, and what the process used of the processors in it.
type Watch struct {
	start time.Time
	cpu   time.Duration
}

// StartWatch begins to measure.
func StartWatch() Watch {
	return Watch{cpu: processTime(), start: time.Now()}
}

// Stop returns what has passed. cpu is wall where the system tells nothing of processors.
func (w Watch) Stop() (wall, cpu time.Duration) {
	wall = time.Since(w.start)
	if cpu = processTime() - w.cpu; cpu <= 0 {
		cpu = wall
	}
	return wall, cpu
}

// StopIdle returns what has passed, with the processor time until the process has nothing left to
// do.
func (w Watch) StopIdle() (wall, cpu time.Duration) {
	wall = time.Since(w.start)
	return wall, max(0, Idle()-w.cpu)
}

// Idle waits until the process has nothing left to do, and returns the processor time that it has
// used by then, without that of the wait. Where the system tells nothing of processors, it waits
// for a moment.
func Idle() time.Duration {
	const nap, rest = time.Millisecond, 100 * time.Microsecond
	var used [3]time.Duration // at the last looks
	for look := 0; ; look++ {
		copy(used[:], used[1:])
		used[2] = processTime()
		if look >= 2 && used[2]-used[1] < rest && used[1]-used[0] < rest {
			return used[0]
		}
		time.Sleep(nap)
	}
}
