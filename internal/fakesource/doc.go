// Package fakesource is a source for tests, whose content, errors and faults a test decides. It
// loses wake-ups, doubles and delays them, blocks, tears content, declares wrong digests and
// panics, and records what the engine acknowledged.
//
// # Concurrency
//
// A [Source] is safe for concurrent use. It works in a bubble of testing/synctest if it was made
// there.
package fakesource
