// Package once decides what one instance of a fleet does about a hook that the fleet runs once for
// each version of its configuration: when to read the record, what to write to it, and when to run.
//
// # What
//
// A Machine belongs to one hook in one instance. The instances share nothing but a record, which
// they change by compare-and-set. A claim writes a token, a holder and a nonce into the record;
// the holder runs the hook and writes the outcome. ADR 79 states the rules and their reasons.
//
// # Flow
//
//	Want, Loaded, Swapped, Ended → Machine ─Next→ Action: load, swap, run, cancel, wait
//
// A Machine does no I/O and has no clock: every call passes the time of the instance, as the time
// since it started. So a test can run any schedule of any number of instances, and repeat it.
//
// # Concurrency
//
// A Machine is not safe for concurrent use. Its driver calls Next, does what the Action says, and
// reports the result, one at a time. Only a run continues at the same time.
//
// # Limits
//
// A read may be of any age, and proves only that the record once was so. A swap that fails, for
// whatever reason, may have been applied. The record itself decides.
package once
