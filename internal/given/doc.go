// Package given makes a document from Go values, so that a config can be bound to exactly these
// values. It serves the tests of services: package nacretest is its public side.
//
// A tree cannot hold all that a Go value holds: fields that are not bound, unexported fields,
// functions, the difference between a nil and an empty list. So a [Document] has both: a tree of
// the values, which the engine merges, compares and explains like that of any document, and the
// values themselves, which binding copies; see tree.Given.
//
// # Copies
//
// A document copies values when it is made and whenever they are bound, so that no caller changes a
// live version. It copies what binding fills: structs, maps, lists, and pointers to them. Whatever
// binding does not fill (a field with the tag `config:"-"`, an unexported field, a function, the
// inside of a type with its own text form) is shared.
//
// # Concurrency
//
// A document is immutable and safe for concurrent use.
package given
