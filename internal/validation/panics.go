package validation

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// validated runs validator, again without each field at which a rule panics. Rules of validator
// panic if a value, such as that of an interface, has a type that the rule does not support. Each
// such field gets a violation.
func (c *checker) validated(pointer reflect.Value) (stumbled []violation, err error) {
	var at string // the last field that validator visited
	skip := make(map[string]bool)
	for len(stumbled) <= MaxProblems {
		text := panicking(func() {
			switch {
			case c.root.typ.Kind() != reflect.Struct:
				err = c.validate.Var(pointer.Elem().Interface(), c.tag)
			case len(stumbled) == 0:
				err = c.validate.Struct(pointer.Interface())
			default:
				err = c.validate.StructFiltered(pointer.Interface(), func(field []byte) bool {
					at = string(field)
					return skip[at]
				})
			}
		})
		switch {
		case text == "":
			return stumbled[min(1, len(stumbled)):], err
		case c.root.typ.Kind() != reflect.Struct:
			return []violation{{kind: source.Invalid, message: "a validation rule " + wording.Mark(text)}}, nil
		case len(stumbled) == 0: // again, to find the field
			stumbled = []violation{{}}
			continue
		case skip[at]: // not at a field
			return append(stumbled[1:], violation{kind: source.Invalid, message: "a validation rule " + wording.Mark(text)}), nil
		}
		skip[at] = true
		where, _ := c.locate(at, pointer.Elem())
		message := "cannot be validated: a rule " + text
		if where.field != nil && !c.isHidden(where) {
			message = fmt.Sprintf("cannot be validated by %q: a rule %s", where.field.tag, wording.Mark(text))
		}
		stumbled = append(stumbled, violation{path: where.path, kind: source.Invalid, message: message})
	}
	return stumbled[1:], nil
}

// panicking returns the value of a panic in do, as far as it may be shown; empty if do did not
// panic.
func panicking(do func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			if text = panicText(p); !strings.HasPrefix(text, "panicked") {
				text = "panicked: " + text
			}
		}
	}()
	do()
	return ""
}
