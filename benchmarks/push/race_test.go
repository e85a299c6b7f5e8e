//go:build race

package main

// raceDetector says that the tests run with it. The SDK has races of its own, so that it is left
// out then.
const raceDetector = true
