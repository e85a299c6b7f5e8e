// Package validate checks a bound config by the rules in its struct tags and by its own Validate
// methods. It describes problems in plain words and by the keys of the config.
//
// # What
//
// The rules are those of github.com/go-playground/validator/v10 in the tag `validate`. A service
// adds rules with an [Option], in Options.Validate of package nacre: [Tag] for a rule of its own,
// [Alias] for a name of several. [Struct] checks a value without a config. A tag that does not
// exist, does not fit its field or names a field that does not exist is an error when the config is
// opened.
//
// # Differences from validator
//
// Rules that name other fields are this package's own (docs/adr/0018): those that end in csfield
// count from the whole struct, at any depth, and values of different types are compared by their
// meaning. A zero value that a document sets is invalid, and not missing. Structs in slices,
// arrays, maps and pointers are always checked, also without dive. A required struct must not be
// zero. A parameter can be written as the type of the field is: `validate:"max=10MiB"` on a size,
// `gte=WARN` on a log level. A type with a method Reveal() string, as secrets have, is checked by
// the text that it reveals. URLs, addresses, networks and regular expressions are checked by their
// text. A field without a place in the config (`config:"-"`) is not checked.
//
// # Validate methods
//
// A rule on a whole struct, or on a type of your own, is a method Validate() error of that type. It
// is called for every value in the config whose type, or a pointer to it, has one, after the tags
// and whatever they found. Every error is reported, and those of errors.Join one by one. [Field]
// and [At] say which key an error is about. A method that panics is a problem, unless the tags
// found some, which may be why it panicked. The receiver is the value itself, so that a pointer to
// it remains valid. A value in a map has no address: the method gets a copy.
//
// # Concurrency
//
// Custom rules and Validate methods must be safe for concurrent use. They must give the same result
// for the same value: after a change, they are called for the values that may differ.
//
// # Errors
//
// Errors are source.Problems: of kind source.Missing where a rule fails for a key that no document
// sets, and of kind source.Invalid otherwise. A problem has the position of its key, if a layer
// sets it. A rule that panics is a problem of its field. No message carries a value, nor the
// parameter of a rule that a secret breaks, with one exception: the text of an error from a
// Validate method is shown, unless a secret of the config occurs in it. Nothing panics.
//
// # Limits
//
// The first 100 problems are listed, and the rest are counted. Validate methods of values in fields
// of an interface type, and of map keys, are not called.
package validate
