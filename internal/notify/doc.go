// Package notify delivers the newest state to subscribers, each at its own pace.
//
// Every subscriber has a goroutine and a mailbox with one slot. Publish puts the newest state into each slot and never
// waits; a state that is still in the slot is folded into the new one. So a subscriber sees states in their order, may
// miss some in between, never misses the last, and never sees an older one after a newer one. What a subscriber does
// (block, fail, panic, end its goroutine) is counted and reported, and touches nobody else.
//
// # Concurrency
//
// Everything is safe for concurrent use, except that Publish calls must not overlap: there is one writer.
package notify
