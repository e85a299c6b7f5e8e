// Package rescue calls what others have written, which may panic, end its goroutine or not come back, and makes errors of that.
//
// # Concurrency
//
// Everything is safe for concurrent use.
package rescue
