// Package binding binds a tree of configuration to a struct, strictly, and reports every problem at
// once. Package binder is its public side.
//
// # Flow
//
//	type ─Compile→ Plan (one codec for each type: scalars, text, lists, maps, structs, with hooks before them)
//	tree ─Plan.Bind→ value and Report
//	tree, last value and its tree ─Plan.BindAfter→ value and Changes
//
// [Compile] examines a struct type once. It reports every mistake in the struct itself: two fields
// with one key, a default that does not fit its field, a type that cannot be bound. The walk over
// the struct is this package's own, because it keeps positions, knows unknown keys and continues
// after a problem; docs/adr/0003-mapstructure-successor.md gives the reasons. Decode hooks are
// functions of plain types, so that no version of mapstructure is compiled;
// docs/adr/0038-a-small-core.md says more.
//
// BindAfter takes from the last value what did not change; see
// docs/adr/0091-a-value-takes-what-did-not-change.md. The walk is in renew.go and renewstruct.go. A
// [Bound] has the digests of the value, by which writes into it are noticed.
//
// # Concurrency
//
// A plan is immutable and safe for concurrent use. Every Bind returns a new value, which shares no
// memory that can be changed with earlier values. It shares the tree's strings. A value of
// BindAfter shares memory with the last value, which must not change.
//
// # Errors
//
// Each problem is a source.Problem with layer, document, line and key, and the nearest known key
// where there is one. No problem carries a value; see package binder. Nothing panics.
//
// # Limits
//
// A report lists the first [MaxProblems] problems and counts the rest.
package binding
