// Package guard looks at a change that is well formed and valid, and says why it should not be applied without a person: because a
// document loses much of what it had ([Compare]), because a field takes effect only after a restart ([Freezer]), or because a layer has
// been wrong too often ([Breaker]). Who asks decides what becomes of the change.
//
// # Concurrency
//
// Compare and a Freezer are safe for concurrent use; a Breaker belongs to one writer.
package guard
