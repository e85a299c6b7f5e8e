package binding

import (
	"fmt"
	"reflect"
)

// Option changes how a plan binds. Without options, binding is strict and has no conversions of the
// service's own.
type Option func(*settings)

// unwrap lets a public option embed an Option: the embedded method is how [Options] recognizes it.
func (o Option) unwrap() Option { return o }

// Options returns the options that public ones embed. Package binder declares its own Option type,
// so that no type of this package appears in a public signature.
func Options[O any](public []O) []Option {
	var out []Option
	for _, p := range public {
		if w, ok := any(p).(interface{ unwrap() Option }); ok {
			out = append(out, w.unwrap())
		}
	}
	return out
}

// settings is what options set; the zero value means no hooks and no parsers.
type settings struct {
	hooks    []hook
	parsers  map[reflect.Type]parser
	mistakes []string
}

type parser func(text string, into reflect.Value) error

// Hook adds decode hooks; see binder.Hook.
func Hook(hooks ...any) Option {
	return func(s *settings) {
		for i, h := range hooks {
			hook := hookOf(h)
			if hook == nil {
				s.mistakes = append(s.mistakes, fmt.Sprintf("hook %d, a %T, is not a decode hook; see binder.Hook for the three kinds of function", i+1, h))
				continue
			}
			s.hooks = append(s.hooks, hook)
		}
	}
}

// Parse adds a parser of T; see binder.Parse.
func Parse[T any](parse func(text string) (T, error)) Option {
	return func(s *settings) {
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
	}
}

// PublicText is the text of a binder.PublicError, which errors.As converts to it. This package
// cannot import binder, which imports it.
type PublicText string

// Error returns the text.
func (t PublicText) Error() string { return string(t) }
