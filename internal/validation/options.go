package validation

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"
)

// Option changes how a checker checks. Without options, a checker knows all of validator's own
// tags.
type Option func(*settings) error

// unwrap lets a public option embed an Option: the embedded method is how [Options] recognizes it.
func (o Option) unwrap() Option { return o }

// Options returns the options that public ones embed. Package validate declares its own Option
// type, so that no type of this package appears in a public signature.
func Options[O any](public []O) []Option {
	var out []Option
	for _, p := range public {
		if w, ok := any(p).(interface{ unwrap() Option }); ok {
			out = append(out, w.unwrap())
		}
	}
	return out
}

// settings is what options set.
type settings struct {
	validate *validator.Validate
	messages map[string]string
	aliases  map[string]string
}

// Tag adds a rule; see validate.Tag.
func Tag(name string, rule func(value reflect.Value, param string) bool, message string) Option {
	return func(s *settings) error {
		if rule == nil || name == "" || message == "" {
			return errors.New("a custom tag needs a name, a rule and a message")
		}
		s.messages[name] = message
		return guarded(func() error {
			return s.validate.RegisterValidation(name, func(field validator.FieldLevel) (holds bool) {
				defer func() {
					if recover() != nil {
						holds = false
					}
				}()
				return rule(field.Field(), field.Param())
			})
		})
	}
}

// Alias adds a name for several tags; see validate.Alias.
func Alias(name, tags, message string) Option {
	return func(s *settings) error {
		if name == "" || message == "" {
			return errors.New("an alias needs a name and a message")
		}
		s.messages[name], s.aliases[name] = message, tags
		return guarded(func() error { s.validate.RegisterAlias(name, tags); return nil })
	}
}

// circular returns an alias that refers to itself, on which validator would not terminate; empty if
// there is none.
func (c *checker) circular() string {
	state := make(map[string]int) // 1: in progress, 2: done
	var visit func(name string) bool
	visit = func(name string) bool {
		tags, ok := c.aliases[name]
		if !ok || state[name] == 2 {
			return false
		}
		if state[name] == 1 {
			return true
		}
		state[name] = 1
		if slices.ContainsFunc(strings.FieldsFunc(tags, func(r rune) bool { return r == ',' || r == '|' }), visit) {
			return true
		}
		state[name] = 2
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(c.aliases)) {
		if visit(name) {
			return name
		}
	}
	return ""
}

// guarded turns a panic into an error: validator panics on names that it does not allow.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("validator: %s", panicText(p))
		}
	}()
	return do()
}

// panicText returns the value of a panic of validator, or of a method of the service, if it is a
// text about types and tags. Otherwise it returns only the type, because the value may be from the
// config.
func panicText(p any) string {
	if s, ok := p.(string); ok {
		for _, known := range []string{"Bad field ", "Undefined validation function", "Invalid validation tag", "Alias '", "Tag '", "Bad param number",
			"Duplicate param", "'keys' tag", "'endkeys' tag", "dive error", "function Key cannot", "Unrecognized parameter"} {
			if strings.HasPrefix(s, known) {
				return s
			}
		}
	}
	return "panicked with a " + reflect.TypeOf(p).String()
}
