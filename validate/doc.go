// Package validate says what is wrong with a bound config, by the rules in its struct tags and by its own Validate
// methods, in plain words and by the keys of the config.
//
// # What
//
// [Compile] looks at a struct type once and makes a [Checker]; a tag that does not exist, does not fit its field or
// names a field that is not there is found there, and not in the service that runs. The rules are those of
// github.com/go-playground/validator/v10 in the tag `validate`. [Struct] does both, for who has no engine.
//
// # Flow
//
//	type ─Compile→ checker: tags read, completed, tried
//	value ─Check→ validator's rules on the fields → Validate methods, inside out → problems
//
// # What is more than validator's
//
// Rules that name other fields are this package's own (docs/adr/0018): those ending in csfield count from the whole
// struct, at any depth, and values of different types are compared by what they say. A value that a document has, but
// which is as good as none, is invalid and not missing. Structs in slices, arrays, maps and pointers are always checked,
// also without dive. A required struct must not be zero. A parameter may be written as the field's own type is:
// `validate:"max=10MiB"` on a size, `gte=WARN` on a log level. A type with a method Reveal() string, as secrets have, is
// checked by what it reveals. URLs, addresses, networks and regular expressions are checked by their text. A field that
// has no place in the config (`config:"-"`) is not checked.
//
// # Validate methods
//
// Every value in the config whose type, or a pointer to it, has a method Validate() error is asked, whatever the tags
// said before, and every error is told: those of errors.Join one by one. [Field] and [At] say which key an error is
// about. A method that panics is a problem, unless the tags found some already, which is why it may have stumbled. The
// receiver is the value itself, which may keep a pointer into itself; a value in a map has no address, and a copy is asked.
//
// # Concurrency
//
// A checker is immutable and safe for concurrent use. Custom rules and Validate methods must be, too.
//
// # Errors
//
// Problems are of kind source.Missing where a rule does not hold for a key that no document has, else source.Invalid, and
// stand where the tree has their key; a key that no layer has stands nowhere. A rule that panics is a problem of its
// field. No message carries a value, nor the parameter of a rule that a secret breaks, with one exception that is not
// ours: the text of an error from a Validate method is its author's and is shown, unless a secret of the config occurs
// in it.
// Nothing panics.
//
// # Limits
//
// The first [MaxProblems] problems are listed, the rest is counted. Validate methods of values in fields of an interface
// type, and of map keys, are not asked.
package validate
