// Package resource builds what a service makes from a configuration (a pool, a client, a limiter)
// before that configuration is live, and closes what it replaces when the last user is done with
// it.
//
// # Flow
//
// A [Registry] knows how to make each resource. Each decision has a [Batch]. For each candidate
// that the decision looks at, the batch builds a [Set] with one [Instance] of each resource, and it
// builds nothing twice. If the part of the configuration that a resource is built from is equal to
// that of the live instance, the set shares the live instance. When a set becomes live, the
// registry retires the instances of the old set that the new one does not have. A retired instance
// stays open for its users, at most for the grace period, and is then closed.
//
// # Dependencies
//
// A build that asks for another resource with [Registry.In] gets the one of the same candidate, and
// waits while that one is being built. It then depends on it: a resource is built again when one
// that it depends on is, and is closed before it. A build can ask only for resources that were
// added earlier, so there are no cycles.
//
// # Concurrency
//
// One writer calls Add, Begin, Build, Adopt and End. Everything else is safe for concurrent use.
package resource
