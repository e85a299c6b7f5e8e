// Package oncesim runs a fleet of machines of package once against a store and a target that it
// simulates, in a schedule that a seed decides: for tests only.
//
// # What
//
// A Scenario says what goes wrong: messages that are lost, late or doubled, reads that are old,
// instances that are killed or paused, runs that fail, clocks of different rates. Play runs it, and
// its Result has everything that happened: the claims, the effects on the targets, and which
// promises broke.
//
// # Concurrency
//
// A run uses one goroutine. Several may run at the same time.
package oncesim
