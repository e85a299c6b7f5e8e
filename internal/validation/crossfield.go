package validation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"
)

// relation is what a rule demands of its field and the field that it names.
type relation struct {
	top   bool // the name counts from the root struct, and not from the struct around the field
	order bool // the values must have an order
	text  bool // both must be text
	// holds compares the field with the one that it names.
	holds func(field, other reflect.Value) bool
	// without is the result if the other field does not exist, because a pointer on the way to it
	// is nil.
	without bool
}

// relations are the rules that compare two fields. They replace validator's, of which those that
// end in csfield look in the struct around the field and not in the whole struct. There, two
// integers of different types are never equal, lists of the same length always are, and some rules
// compare text by the alphabet and others by its bytes.
var relations = func() map[string]relation {
	ordered := func(want func(int) bool) func(a, b reflect.Value) bool {
		return func(a, b reflect.Value) bool {
			order, ok := compare(a, b)
			return ok && want(order)
		}
	}
	differs := func(a, b reflect.Value) bool { return !same(a, b) }
	out := map[string]relation{
		"fieldcontains": {text: true, holds: func(a, b reflect.Value) bool { return strings.Contains(a.String(), b.String()) }},
		"fieldexcludes": {text: true, holds: func(a, b reflect.Value) bool { return !strings.Contains(a.String(), b.String()) }, without: true},
	}
	for name, r := range map[string]relation{
		"eq":  {holds: same},
		"ne":  {holds: differs, without: true},
		"gt":  {order: true, holds: ordered(func(o int) bool { return o > 0 })},
		"gte": {order: true, holds: ordered(func(o int) bool { return o >= 0 })},
		"lt":  {order: true, holds: ordered(func(o int) bool { return o < 0 })},
		"lte": {order: true, holds: ordered(func(o int) bool { return o <= 0 })},
	} {
		out[name+"field"] = r
		r.top = true
		out[name+"csfield"] = r
	}
	return out
}()

// registerRelations registers the relations. It runs before the options, which may replace rules.
func (c *checker) registerRelations() error {
	for name, r := range relations {
		if err := c.validate.RegisterValidation(name, func(f validator.FieldLevel) bool { return c.relates(r, f) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) relates(r relation, f validator.FieldLevel) bool {
	from := f.Parent()
	if r.top {
		from = f.Top()
	}
	other, ok := c.named(from, f.Param())
	if ok {
		other, _, _ = f.ExtractType(other)
		ok = !isNothing(other)
	}
	if !ok {
		return r.without
	}
	return r.holds(f.Field(), other)
}

// named returns the field with a name that counts from a struct; false if there is none.
func (c *checker) named(from reflect.Value, name string) (reflect.Value, bool) {
	if from = reached(from); !from.IsValid() {
		return from, false
	}
	r, err := c.refer(from.Type(), name)
	if err != nil { // in a struct that Compile could not examine, such as one in an interface
		return reflect.Value{}, false
	}
	return r.value(from)
}

func isNothing(v reflect.Value) bool {
	return !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil()
}

// fits returns why a field cannot be compared with another; nil if it can.
func (c *checker) fits(r relation, field, other reflect.Type) error {
	a, b := c.classOf(field), c.classOf(other)
	switch {
	case a == unknown || b == unknown:
		return nil
	case a != b,
		r.text && a != textual,
		r.order && !slices.Contains([]class{numeric, textual, moments, listed}, a),
		!r.order && (a == listed || a == structured) && pointedTo(field) != pointedTo(other):
		return fmt.Errorf("a field of type %s cannot be compared with one of type %s by this rule; give both the same type, or compare them in a Validate method", field, other)
	}
	return nil
}

// checkRelation returns what is wrong with the field that a comparison names.
func (c *checker) checkRelation(name, param string, k, parent *kind) error {
	r, ok := relations[name]
	if !ok {
		r = relations["nefield"] // unique
	}
	from := parent.typ
	if r.top {
		from = c.root.typ
	}
	other, err := c.refer(from, param)
	if err != nil {
		return c.misnamed(name, param, from, err)
	}
	if err := c.fits(r, k.typ, other.typ); err != nil {
		return fmt.Errorf("%s=%s: %w", name, param, err)
	}
	return nil
}
