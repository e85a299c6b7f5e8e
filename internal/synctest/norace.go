//go:build !race

package synctest

// raceDetector is whether the race detector is compiled in.
const raceDetector = false
