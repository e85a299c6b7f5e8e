// Package routing reads the routing documents of a repository: what their rules can select, what a
// change of one means, and where the percentage of a rule is written.
//
// # Errors
//
// A mistake in a document is a [source.Problems], with file, line and column. Errors name rules,
// data IDs and keys, which are not secret.
package routing
