// Package fleetonce runs a function in one instance of a fleet for each version of a part of the
// config: to warm a cache, to migrate a database, to notify someone.
//
//	store := nacosonce.New(client, "orders.warm-cache")
//	hook, err := fleetonce.Do(cfg, store, "warm-cache",
//		func(ctx context.Context, run fleetonce.Run[Config]) error {
//			return cache.Warm(ctx, run.Config.Cache, run.Token)
//		}, fleetonce.Options{Keys: []string{"cache"}})
//	if err != nil { … }
//	defer hook.Close()
//
// # Promise
//
// At least once per version, by one instance at a time as long as clocks run at similar rates and
// no pause exceeds the term; the token only rises; exactly once only if the hook is idempotent or
// its target checks the token.
//
// A pause is a time during which an instance does not run, such as that of a virtual machine that
// is moved. Rates are similar if they differ by less than a tenth. A version that another one
// replaces before an instance has claimed it is not run. A version is tried [Options].Attempts
// times at most.
//
// # Tokens
//
// An instance that was paused may have its effect after another one has taken over. A target that
// stores the token and the version together with the effect is safe from that. It does nothing if
// the token is not higher than the stored one, or the version is the stored one. In SQL:
//
//	UPDATE schema_info SET …, token = $1, version = $2 WHERE token < $1 AND version <> $2
//
// # Flow
//
// The instances share a record in a [Store]: of a Nacos config, a Lease of Kubernetes, or memory.
// An instance whose version is newer than that of the record claims it by compare-and-set, with a
// token, runs the function, and writes the outcome into the record, from which the others learn it.
// If the record does not change for two and a quarter terms, by the monotonic clock of another
// instance, that instance takes over. No instance renews its claim: the term bounds the function.
//
// An operator creates the record, once, with [Create]: several instances that create a record of
// Nacos at the same time may all succeed.
//
// # Versions
//
// Instances whose layers set the keys of the part to equal values have the same version. Secrets
// and defaults do not count, so that the record reveals nothing of a secret, and two builds of a
// service agree. A version is newer if its documents were published later, or if the config changed
// after this instance saw the record.
//
// # Concurrency
//
// Everything is safe for concurrent use. A hook has two goroutines, and one more while its function
// runs; Close ends them.
//
// # Errors
//
// The text of an error of the function is stored in the record, where the fleet can read it,
// without the secrets of the config. Errors of the store are tried again without end, and are in
// [Status].
package fleetonce
