// Package binder binds values to a struct, strictly, and reports every problem at once.
//
// # What
//
// A service configures binding with an [Option]: [Hook] for decode hooks that were written for
// mapstructure, [Parse] for types without an UnmarshalText method. Options.Binder of package nacre
// takes them, and describe.Of does too. [Bind] does the same for a map, without a config. [Size] is
// a number of bytes. docs/struct-tags.md is the manual of the tags.
//
// # Strictness
//
// A value of a format with types must have the type of its field: the string "3" is not a number,
// and 3 is not a string; a duration needs a unit; only true and false are a bool. Text from an
// origin without types, such as an environment variable, is read as its field needs, and an empty
// text is not a number. A key without a field is a problem, unless its document allows unknown
// keys. Keys are compared exactly, case included. A null counts as an absent key.
//
// # Concurrency
//
// Options are immutable and can be used by several configs. Hooks, parsers and UnmarshalText
// methods must be safe for concurrent use. Parsers and UnmarshalText methods must give the same
// result for the same text: after a change, they are called for the values that changed.
//
// # Errors
//
// Errors are source.Problems. Each problem names the layer, the document, the line, the key and,
// where there is one, the nearest known key. No problem carries a value: the texts of other
// libraries, of UnmarshalText methods and of hooks are not shown, except for a [PublicError].
// Nothing panics: a panic in a hook, a parser or an UnmarshalText method becomes a problem.
//
// # Limits
//
// The first 100 problems are listed, and the rest are counted. Complex numbers, channels, functions
// and interfaces with methods need a hook.
package binder
