// Package notify delivers the newest state to subscribers, each at its own pace.
//
// Every subscriber has a goroutine and a mailbox with one slot. Publish puts the newest state into
// each slot and never waits; it folds a state that is still in the slot into the new one. A
// subscriber therefore sees states in order. It may miss states in between, but never the last one.
// A subscriber that blocks, fails, panics or ends its goroutine is counted and reported; others are
// unaffected.
//
// # Concurrency
//
// Everything is safe for concurrent use, except that calls of Publish must not overlap: there is
// one writer.
package notify
