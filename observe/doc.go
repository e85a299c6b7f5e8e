// Package observe tells programs what a config does: each step of the flow as an event.
//
// An [Observer] is a struct of optional functions; a nil one costs nothing. Adapters that turn events into logs, metrics
// or traces live in packages of their own (slogobserve), so that nobody compiles what he does not use.
//
// # Concurrency
//
// The functions are called synchronously, most of them from the one goroutine that applies changes, Delivered from the
// subscribers' goroutines: they must be safe for concurrent use, return quickly, and not call back into the config. A
// panic in one is caught and dropped.
//
// # Secrets
//
// No event carries a value of the configuration. Texts that come from the service's own code (a subscriber's error)
// have had the values of the secret fields taken out, as far as they are whole in the text (or quoted) and at least 4 bytes long.
package observe
