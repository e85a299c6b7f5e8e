// Package resource builds what a service makes from a configuration (a pool, a client, a limiter) before that
// configuration is live, and closes what it replaces when its last user has gone.
//
// # Flow
//
// A [Registry] knows how each resource is made. For each decision there is a [Batch]: it builds a [Set], one [Instance] for
// each resource, for as many candidates as are looked at, and builds nothing twice. A resource whose part of the
// configuration is equal to that of the live instance is not built: the set shares the instance. When a set has become live,
// the instances of the old one that are not in it are retired: they stay open for their users, at most for the grace
// time, and are then closed.
//
// # Dependencies
//
// A build that asks for another resource, by [Registry.In], gets the one of the same candidate, waiting for it where it is
// being built. That makes it a dependency: it is seen from then on, so that a resource is built anew when one that it
// stands on is, and closed before it. Only resources that were added before can be asked for, so there are no circles.
//
// # Concurrency
//
// One writer calls Add, Begin, Build, Adopt and End. Everything else is safe for concurrent use.
package resource
