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
