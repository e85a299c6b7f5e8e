// Package sourcetest tests sources: a suite that says which rule of package source one breaks, and a scripted source that
// breaks down when it is told to.
//
// # The suite
//
// [Run] takes a function that makes a [Harness]: a source over an origin that the suite can change. Each case has its own
// harness, is a subtest, and belongs to one rule of package source, which a failure quotes. What a harness cannot do it
// declares with a reason in Harness.Cannot; no case is left out silently. [Check] is the same without a *testing.T: it
// returns what is broken as values, and may run in a bubble of testing/synctest, where waiting costs nothing.
//
// # The scripted source
//
// [NewScripted] makes a source whose content, errors and faults a test decides: it loses wake-ups, doubles them, blocks,
// delays, tears content, declares wrong digests, panics. It records what it was told of its contents.
//
// # Concurrency
//
// A Scripted is safe for concurrent use, also inside a bubble. Run and Check call a harness from one goroutine at a time,
// but a source's Next runs meanwhile.
//
// # Limits
//
// The suite finds a race by trying, not by proof: it arranges the interleavings that it can, and exact ones where
// Harness.AfterRead lets it. A data race is found only by the race detector: run the suite with -race.
package sourcetest
