package validation

import (
	"encoding"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
)

// wantsPresence reports whether a failed rule demands a value.
func wantsPresence(f validator.FieldError) bool {
	for _, tag := range []string{f.Tag(), f.ActualTag()} {
		if strings.HasPrefix(tag, "required") || tag == "skip_unless" {
			return true
		}
	}
	return false
}

// wantsAbsence reports whether a failed rule forbids a value.
func wantsAbsence(f validator.FieldError) bool {
	return strings.HasPrefix(f.ActualTag(), "excluded_") || f.ActualTag() == "isdefault"
}

// notZero returns the message for a value that is present, but counts as absent for the rule.
func (c *checker) notZero(f validator.FieldError, at place) string {
	switch kindOf(f) {
	case reflect.Bool:
		return "must not be false"
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array, reflect.Invalid:
		return "must not be empty"
	case reflect.Struct:
		if f.Type().ConvertibleTo(timeType) {
			return "must not be the zero time"
		}
		return "must not be empty"
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](reflect.Zero(f.Type())); ok && !c.isHidden(at) {
		if text, err := m.MarshalText(); err == nil && len(text) > 0 {
			return "must not be " + string(text) // such as a level, whose zero has a name
		}
	}
	return "must not be 0"
}

// isKeyless reports whether a place is a field without its own key: a squashed struct, or the map
// of remaining keys.
func (p place) isKeyless() bool {
	return p.field != nil && p.field.place.Key == "" && len(p.path) == len(p.around)
}

// keyless returns what is missing in a field without its own key.
func (p place) keyless() string {
	var keys []string
	if p.kind != nil && !p.field.place.Remain {
		for _, f := range p.kind.fields {
			if f.place.Key != "" {
				keys = append(keys, tree.Path{f.place.Key}.String())
			}
		}
	}
	if len(keys) == 0 {
		return "must have a key besides those of the struct"
	}
	return "must have one of the keys " + strings.Join(keys, ", ")
}

// isHidden reports whether the value at a place is hidden.
func (c *checker) isHidden(at place) bool {
	return at.secret || at.kind != nil && reveals(at.kind.typ)
}

// other is a field that a rule names.
type other struct {
	*reference
	key    string
	hidden bool
	spread bool // key is several
}

// otherOf finds a named field. It has no reference if the field is not known, as in a struct that
// is the value of an interface.
func (c *checker) otherOf(name, tag string, at place) other {
	in, around, hidden := at.in, at.around, at.hidden
	if relations[tag].top {
		in, around, hidden = at.root, nil, false
	}
	if tag == "unique" && at.kind != nil && at.kind.elem != nil { // a field of each item
		if r, err := c.refer(pointedTo(at.kind.elem.typ), name); err == nil && r.placed && len(r.path) > 0 {
			return other{reference: r, key: r.path.String()}
		}
		return other{key: tree.SnakeCase(name)}
	}
	if in = reached(in); in.IsValid() && in.Kind() == reflect.Struct {
		if r, err := c.refer(in.Type(), name); err == nil {
			o := other{reference: r, key: tree.SnakeCase(name), hidden: hidden || r.secret || isReferred(at.tree, slices.Concat(around, r.path))}
			if keys := c.spreadKeys(r, slices.Concat(at.base, around)); keys != "" {
				o.key, o.spread = keys, true
			} else if r.placed && len(r.path) > 0 {
				o.key = slices.Concat(at.base, around, r.path).String()
			}
			return o
		}
	}
	return other{key: tree.SnakeCase(name), hidden: true}
}

// spreadKeys returns the keys of a named field without its own key; empty if it has one.
func (c *checker) spreadKeys(r *reference, from tree.Path) string {
	k := c.kinds[pointedTo(r.typ)]
	if !r.spread || !r.placed || k == nil {
		return ""
	}
	var keys []string
	for _, f := range k.fields {
		if f.place.Key != "" {
			keys = append(keys, slices.Concat(from, r.path).Join(f.place.Key).String())
		}
	}
	if len(keys) == 0 {
		return "the remaining keys"
	}
	return "the keys " + strings.Join(keys, ", ")
}

// namedKeys returns the keys of the fields that a rule names.
func (c *checker) namedKeys(tag, param string, f validator.FieldError, at place) string {
	if tag == "unique" && c.measureOf(tag, param, f) != items {
		tag = "nefield"
	}
	names := namedFields(tag, param)
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = c.otherOf(name, tag, at).key
	}
	return strings.Join(keys, ", ")
}

// when returns the condition of a rule on presence: "db.mode is tls and db.region is eu".
func (c *checker) when(tag, param string, at place) string {
	p, ok := presences[tag]
	if !ok {
		return ""
	}
	var out []string
	between := " and "
	if p.values {
		for parts := conditions(param); len(parts) > 1; parts = parts[2:] {
			out = append(out, c.otherOf(parts[0], tag, at).has(parts[1]))
		}
		if p.unless {
			between = " or "
		}
		return strings.Join(out, between)
	}
	lacks := strings.Contains(tag, "_without")
	if !strings.HasSuffix(tag, "_all") {
		between = " or "
	}
	for _, name := range conditions(param) {
		out = append(out, c.isThere(c.otherOf(name, tag, at), !lacks))
	}
	return strings.Join(out, between)
}

// has returns the phrase for a field that has the value of a condition.
func (o other) has(value string) string {
	switch {
	case o.hidden:
		return o.key + " has the value that the rule names"
	case value == "nil" && o.reference != nil && nillable(o.typ):
		return o.key + " is not set"
	case o.reference != nil && classOfKind(pointedTo(o.typ)) == listed && !shownAsText[pointedTo(o.typ)]:
		return o.key + " has " + wording.Mark(value) + " items"
	}
	if value == "" {
		return o.key + " is empty"
	}
	return o.key + " is " + wording.Mark(value)
}

// isThere returns the phrase for a field that is present, or is not, in the sense of the rules on
// presence.
func (c *checker) isThere(o other, there bool) string {
	if o.spread {
		return map[bool]string{true: "one of ", false: "none of "}[there] + o.key + " is set"
	}
	is := map[bool]string{true: " is set", false: " is not set"}
	if o.reference != nil && !nillable(o.typ) && !o.hidden {
		switch c.classOf(o.typ) {
		case boolean:
			is = map[bool]string{true: " is true", false: " is not true"}
		case numeric:
			is = map[bool]string{true: " is not 0", false: " is missing or 0"}
		case textual:
			is = map[bool]string{true: " is set", false: " is missing or empty"}
		}
	}
	return o.key + is[there]
}

// unset returns the key of the field that a comparison names if a pointer to it is nil.
func (c *checker) unset(f validator.FieldError, at place) string {
	r, ok := relations[f.Tag()]
	if !ok || r.without || c.messages[f.Tag()] != "" {
		return ""
	}
	o := c.otherOf(f.Param(), f.Tag(), at)
	in := at.in
	if r.top {
		in = at.root
	}
	if o.reference == nil {
		return ""
	}
	if v, ok := o.value(reached(in)); ok && reached(v).IsValid() {
		return ""
	}
	return o.key
}

// isZero reports whether a value counts as absent.
func isZero(f validator.FieldError) bool {
	v := reflect.ValueOf(f.Value())
	return !v.IsValid() || v.IsZero()
}
