// Package binder fills a struct from a tree of configuration, strictly, and tells everything that is wrong at once.
//
// # What
//
// [Compile] looks at a struct type once and makes a [Plan]; it reports every mistake in the struct itself: two fields
// with one key, a default that does not fit its field, a type that cannot be bound. A plan binds trees, as often as
// asked. [Bind] does both for a map, for who has no engine. docs/struct-tags.md is the manual of the tags.
//
// # Flow
//
//	type ─Compile→ plan (one codec a type: scalars, text, lists, maps, structs, hooks around them)
//	tree ─plan.Bind→ value, problems
//
// The walk over the struct is this package's own, because it has to keep positions, know unknown keys and go on after a
// problem. Custom conversions are the decode hooks of github.com/go-viper/mapstructure/v2, and those written for
// github.com/mitchellh/mapstructure work unchanged: docs/adr/0003-mapstructure-successor.md says why.
//
// # Strictness
//
// A value of a typed format must have the type of its field: the string "3" is no number and 3 is no string, a bare
// number is no duration, and nothing but true and false is a bool. Text of an origin without types, such as a variable
// of the environment, is read as its field needs, and an empty text is no number. A key that no field has is a problem,
// unless its document allows it. Keys are compared exactly, case included. null is as good as absent.
//
// # Concurrency
//
// A plan is immutable and safe for concurrent use. Every Bind makes a new value that shares nothing that can be changed
// with the values before it, except with the tree's own strings.
//
// # Errors
//
// Each problem is a source.Problem with layer, document, line and key, and the nearest known key where there is one. No
// problem carries a value: texts of other libraries, of UnmarshalText methods and of hooks are not shown, except for a
// [PublicError], by which an author vouches that a text is fit to be shown. Nothing panics; a hook or an UnmarshalText that
// does is a problem.
//
// # Limits
//
// The first [MaxProblems] problems are listed, the rest is counted. Complex numbers, channels, functions and interfaces
// with methods can only be bound by a hook.
package binder
