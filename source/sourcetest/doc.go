// Package sourcetest tests sources: a suite that reports which rule of package source a source
// breaks.
//
// [Run] takes a function that makes a [Harness]: a source, and an origin that the suite can change.
// Each case is a subtest with its own harness, and checks one rule of package source, which a
// failure quotes. What a harness cannot do, it declares with a reason in Harness.Cannot; the suite
// skips no case silently. [RunInBubble] is the same in bubbles of testing/synctest, where waiting
// takes no time.
//
// # Concurrency
//
// Run and RunInBubble call the functions of one harness from one goroutine at a time, but Next of
// its sources runs meanwhile. The exception is Put of a harness that has AfterRead: the function
// that AfterRead sets calls it too, from the goroutine of the source. Run has several cases under
// way at the same time, each with its own harness; RunInBubble runs one after another.
//
// # Limits
//
// The suite finds a race by trying, not by proof: it arranges the interleavings that it can, and
// exact ones where Harness.AfterRead lets it. Only the race detector finds a data race: run the
// suite with -race.
package sourcetest
