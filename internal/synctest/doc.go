// Package synctest is testing/synctest for the tests of this module. Under the race detector it
// lets the process use one processor while a bubble runs.
//
// The runtime gives all timers of a bubble one context of the race detector. Two goroutines of a
// bubble that receive from expired timers at the same time, on two processors, use that context at
// the same time, and the process ends with a segmentation fault. See https://go.dev/issue/78156.
package synctest
