package binder

import "github.com/nacre-go/nacre/internal/binding"

// Option changes how values are bound: [Hook], [Parse]. Without options, binding is strict.
type Option interface{ sealed() }

type option struct{ binding.Option }

func (option) sealed() {}

// Hook adds decode hooks, in this order. A decode hook is a function of one of the three kinds that
// mapstructure calls, or of a type with one of them as its underlying type:
//
//	func(from, to reflect.Type, data any) (any, error)
//	func(from, to reflect.Kind, data any) (any, error)
//	func(from, to reflect.Value) (any, error)
//
// Hooks that were written for github.com/go-viper/mapstructure/v2 or
// github.com/mitchellh/mapstructure, and the hooks that these modules have, work unchanged.
// Anything else is a mistake of kind source.InvalidArgument.
//
// Hooks see every value on its way into every field, first for a pointer and then for what it
// points to, as mapstructure calls them: maps as map[string]any, lists as []any, whole numbers as
// int, text as string. What a hook returns unchanged is bound as it would be without hooks. What a
// hook changes must be assignable to the field; otherwise it is bound in place of the original
// value, and its strings are read as the field needs.
//
// Hooks must be safe for concurrent use. They cost a copy of the tree, so that they are slower than
// [Parse].
func Hook(hooks ...any) Option { return option{binding.Hook(hooks...)} }

// Parse binds every field of type T by a function that reads it from text, for types without an
// UnmarshalText method. It takes precedence over every other rule for T. The function must be safe
// for concurrent use. The text of its error is shown only if it is a [PublicError].
func Parse[T any](parse func(text string) (T, error)) Option { return option{binding.Parse(parse)} }

// PublicError is an error whose text may be shown to people. An UnmarshalText method, a hook or a
// parser that returns one, wrapped or not, vouches that the text carries no value: "must be one of
// red, green, blue".
type PublicError string

// Error returns the text.
func (e PublicError) Error() string { return string(e) }

// As implements the interface that [errors.As] looks for. Nacre finds the text of a wrapped
// PublicError by it.
func (e PublicError) As(target any) bool {
	text, ok := target.(*binding.PublicText)
	if ok {
		*text = binding.PublicText(e)
	}
	return ok
}
