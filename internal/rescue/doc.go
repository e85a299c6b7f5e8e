// Package rescue calls functions that may panic, end their goroutine or not return, and returns an
// error for each of these.
//
// # Concurrency
//
// Everything is safe for concurrent use.
package rescue
