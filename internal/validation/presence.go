package validation

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"
)

// presence is a rule that demands or forbids a value, depending on other fields.
type presence struct {
	absent bool // the value must be absent
	// applies reports whether the condition of the rule is met; nil for a rule that names values.
	applies func(there []bool) bool
	// values reports that the rule names fields with their values. All must match, or none with
	// unless.
	values bool
	unless bool
}

// presences are the rules on presence. They replace validator's, which panic if an embedded pointer
// is nil and cannot parse a value in the form of its field's type.
var presences = func() map[string]presence {
	isThere := func(b bool) bool { return b }
	some := func(there []bool) bool { return slices.Contains(there, true) }
	all := func(there []bool) bool { return !slices.Contains(there, false) }
	someLack := func(there []bool) bool { return !all(there) }
	none := func(there []bool) bool { return !slices.ContainsFunc(there, isThere) }
	out := map[string]presence{"skip_unless": {values: true}}
	for name, absent := range map[string]bool{"required": false, "excluded": true} {
		out[name+"_if"] = presence{absent: absent, values: true}
		out[name+"_unless"] = presence{absent: absent, values: true, unless: true}
		out[name+"_with"] = presence{absent: absent, applies: some}
		out[name+"_with_all"] = presence{absent: absent, applies: all}
		out[name+"_without"] = presence{absent: absent, applies: someLack}
		out[name+"_without_all"] = presence{absent: absent, applies: none}
	}
	return out
}()

func (c *checker) registerPresences() error {
	for name, p := range presences {
		if err := c.validate.RegisterValidation(name, func(f validator.FieldLevel) bool {
			return !c.applies(p, f) || fieldIsThere(f) != p.absent
		}, true); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) applies(p presence, f validator.FieldLevel) bool {
	words := conditions(f.Param())
	if !p.values {
		there := make([]bool, len(words))
		for i, name := range words {
			v, ok := c.named(f.Parent(), name)
			there[i] = ok && isThere(f, v)
		}
		return p.applies(there)
	}
	for i := 0; i+1 < len(words); i += 2 {
		v, ok := c.named(f.Parent(), words[i])
		if met := ok && isValue(f, v, words[i+1]); met == p.unless {
			return false
		}
	}
	return true
}

// isThere reports whether a field has a value: a pointer, list or map that is not nil, or any other
// value that is not zero.
func isThere(f validator.FieldLevel, v reflect.Value) bool {
	v, kind, nullable := f.ExtractType(v)
	switch kind {
	case reflect.Invalid:
		return false
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func:
		return !v.IsNil()
	}
	return nullable || !v.IsZero()
}

// fieldIsThere is isThere for the field of a rule. Validator does not tell a rule whether its field
// is a pointer.
func fieldIsThere(f validator.FieldLevel) bool {
	v := f.Field()
	if isNothing(v) {
		return false
	}
	if declared := declaredType(f); declared != nil && (declared.Kind() == reflect.Pointer || declared.Kind() == reflect.Interface) {
		return v.Kind() != reflect.Slice && v.Kind() != reflect.Map || !v.IsNil()
	}
	return isThere(f, v)
}

// declaredType returns the type of a rule's field in the struct, or of the item that the rule dived
// into.
func declaredType(f validator.FieldLevel) reflect.Type {
	parent := reached(f.Parent())
	name, items, _ := strings.Cut(f.StructFieldName(), "[")
	if !parent.IsValid() || parent.Kind() != reflect.Struct {
		return nil
	}
	sf, ok := parent.Type().FieldByName(name)
	if !ok {
		return nil
	}
	t := sf.Type
	if items == "" {
		return t
	}
	for range strings.Count(items, "[") + 1 {
		switch inner := pointedTo(t); inner.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t = inner.Elem()
		default:
			return t
		}
	}
	return t
}

// isValue reports whether a field has the value that a condition names: a text, a number, true,
// false, nil, or the number of items of a list or map.
func isValue(f validator.FieldLevel, v reflect.Value, want string) bool {
	v, _, _ = f.ExtractType(v)
	if isNothing(v) {
		return want == "nil"
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		if want == "nil" {
			return v.IsNil()
		}
		fallthrough
	case reflect.Array:
		n, err := strconv.Atoi(want)
		return err == nil && n == v.Len()
	}
	parsed, err := parse(v.Type(), want)
	return err == nil && same(v, parsed)
}

// takes returns why a field cannot have the value that a condition names; nil if it can.
func (c *checker) takes(t reflect.Type, want string) error {
	inner := pointedTo(t)
	if want == "nil" && nillable(t) {
		return nil
	}
	switch c.classOf(t) {
	case unknown, textual:
		return nil
	case listed:
		if n, err := strconv.Atoi(want); err != nil || n < 0 {
			return fmt.Errorf("a condition on a list or map must be a number of items or nil, not %q", want)
		}
		return nil
	}
	_, err := parse(inner, want)
	return err
}
