// Package guard finds valid changes that should not be applied without an approval, and says why: a
// document loses much of its content ([Compare]), a field takes effect only after a restart
// ([Freezer]), or a layer had too many bad changes ([Breaker]). The caller decides what to do.
//
// # Concurrency
//
// Compare and Freezer are safe for concurrent use; a Breaker belongs to one writer.
package guard
