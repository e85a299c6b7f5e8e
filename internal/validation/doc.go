// Package validation checks a bound config by the rules in its struct tags and by its Validate
// methods. Package validate is its public side and describes what differs from validator.
//
// # Flow
//
//	type  ─Compile→ Checker: tags are read, completed and tried
//	value ─Check→   validator's rules on the fields, then Validate methods, inside out → problems
//	value, and where it may differ from a good one ─CheckAfter→ the same, for what may differ
//
// [Compile] examines a struct type once and reports tags that cannot work. Validator itself panics
// at the first value that meets such a tag.
//
// # Concurrency
//
// A checker is immutable and safe for concurrent use.
//
// # Errors
//
// Problems are of kind source.Missing where a rule fails for a key that no document sets, and of
// kind source.Invalid otherwise. They have the position of the key in the tree. No message carries
// a value; see package validate. Nothing panics.
//
// # Limits
//
// A check lists the first [MaxProblems] problems and counts the rest.
package validation
