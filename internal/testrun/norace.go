//go:build !race

package testrun

// raceDetector is whether the race detector is compiled in.
const raceDetector = false
