package validate

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/validation"
)

// Option changes what can be checked: [Tag], [Alias]. Without options, all of validator's own tags
// are known.
type Option interface{ sealed() }

type option struct{ validation.Option }

func (option) sealed() {}

// Tag adds a rule that validate tags can name. The rule gets the value of the field, what pointers
// to it point to, and the tag's parameter, "2" in `validate:"multiple=2"`; a type with a method
// Reveal() string is given as the text that it reveals. The message says what must hold: "must be a
// known region"; {param} in it stands for the parameter.
//
// The rule must be safe for concurrent use. A rule that panics does not hold. A rule sees one
// field: what depends on several fields, or on a type of your own, is for a method Validate() error
// of the struct or of that type.
func Tag(name string, rule func(value reflect.Value, param string) bool, message string) Option {
	return option{validation.Tag(name, rule, message)}
}

// Alias adds a name for several tags: Alias("pool", "gte=1,lte=500", "must be between 1 and 500").
func Alias(name, tags, message string) Option { return option{validation.Alias(name, tags, message)} }
