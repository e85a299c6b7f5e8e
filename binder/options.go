package binder

import (
	"fmt"
	"reflect"

	"github.com/go-viper/mapstructure/v2"
)

// Option changes how a plan binds. The zero set of options is strict and needs nothing else.
type Option interface{ apply(*settings) }

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

// settings is what options set; the zero value means no hooks and no parsers.
type settings struct {
	hooks    []hook
	parsers  map[reflect.Type]parser
	mistakes []string
}

type hook func(from, to reflect.Value) (any, error)

type parser func(text string, into reflect.Value) error

// Hook adds conversions in the form of mapstructure's decode hooks, in that order. They see every value on its way into
// every field, pointers first and then what they point to, as mapstructure calls them: maps as map[string]any, lists as
// []any, whole numbers as int, text as string. What a hook returns unchanged is bound as it would be without hooks; what
// it changes must be assignable to the field, or is bound in its place, its strings as text without a type.
//
// Every function that is convertible to one of mapstructure's three kinds of hook is taken, from either module.
// Hooks must be safe for concurrent use. They cost a copy of the tree, so that they are slower than [Parse].
func Hook(hooks ...mapstructure.DecodeHookFunc) Option {
	return option(func(s *settings) {
		for i, h := range hooks {
			if !isHook(h) {
				s.mistakes = append(s.mistakes, fmt.Sprintf("hook %d, a %T, is not a decode hook", i+1, h))
				continue
			}
			// Compose resolves the kind of hook once, instead of at every value.
			composed := mapstructure.ComposeDecodeHookFunc(h)
			s.hooks = append(s.hooks, composed.(func(reflect.Value, reflect.Value) (any, error)))
		}
	})
}

var hookKinds = []reflect.Type{
	reflect.TypeFor[mapstructure.DecodeHookFuncType](),
	reflect.TypeFor[mapstructure.DecodeHookFuncKind](),
	reflect.TypeFor[mapstructure.DecodeHookFuncValue](),
}

func isHook(h any) bool {
	v := reflect.ValueOf(h)
	if v.Kind() != reflect.Func || v.IsNil() {
		return false
	}
	for _, kind := range hookKinds {
		if v.Type().ConvertibleTo(kind) {
			return true
		}
	}
	return false
}

// Parse binds every field of type T by a function that reads it from text, for types without an UnmarshalText method.
// It goes before every other rule for T. The function must be safe for concurrent use; its error's text is not shown
// unless it is a [PublicError].
func Parse[T any](parse func(text string) (T, error)) Option {
	return option(func(s *settings) {
		if parse == nil {
			s.mistakes = append(s.mistakes, "a parser is nil")
			return
		}
		if s.parsers == nil {
			s.parsers = make(map[reflect.Type]parser)
		}
		s.parsers[reflect.TypeFor[T]()] = func(text string, into reflect.Value) error {
			v, err := parse(text)
			if err == nil {
				into.Set(reflect.ValueOf(&v).Elem())
			}
			return err
		}
	})
}

// PublicError is an error whose text may be shown to people: an UnmarshalText method, a hook or a parser that returns one,
// wrapped or not, vouches that it carries no value. "must be one of red, green, blue".
type PublicError string

// Error returns the text.
func (r PublicError) Error() string { return string(r) }
