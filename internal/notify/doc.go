// Package notify delivers the newest state to subscribers, each at its own pace.
//
// Every subscriber has a goroutine and a mailbox with one slot. Publish puts the newest state into
// each slot and never waits; it folds a state that is still in the slot into the new one. A
// subscriber therefore sees states in order. It may miss states in between, but never the last one.
// A subscriber that blocks, fails, panics or ends its goroutine is counted and reported; others are
// unaffected.
//
// A subscriber may have a function that reports whether a state concerns it. One goroutine, the
// sieve, asks all of those, and puts the state into the slots of those that it concerns. So a state
// that concerns one of a thousand subscribers wakes one goroutine. A function that blocks delays
// the others by a few milliseconds: then another goroutine asks them. It is never called together
// with the handler of its subscriber.
//
// # Concurrency
//
// Everything is safe for concurrent use, except that calls of Publish must not overlap: there is
// one writer.
package notify
