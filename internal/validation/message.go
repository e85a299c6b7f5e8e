package validation

import (
	"reflect"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/wording"
)

// message returns what must hold, in the style of package binding. It never contains the value.
func (c *checker) message(f validator.FieldError, at place) string {
	for _, tag := range []string{f.Tag(), f.ActualTag()} {
		if m, ok := c.messages[tag]; ok {
			return custom(m, f.Param())
		}
	}
	if m, ok := words[f.Tag()]; ok && (f.Tag() == f.ActualTag() || !strings.Contains(m, "{")) {
		return c.fill(m, f.Tag(), f.Param(), f, at)
	}
	// Alternatives: "hexcolor|rgb", or those of an alias.
	var parts []string
	for alternative := range strings.SplitSeq(f.ActualTag(), "|") {
		name, param, ok := strings.Cut(alternative, "=")
		if !ok && alternative == f.ActualTag() {
			param = f.Param()
		}
		part := c.alternative(name, param, f, at)
		if len(parts) > 0 {
			part = strings.TrimPrefix(part, "must ")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " or ")
}

func (c *checker) alternative(name, param string, f validator.FieldError, at place) string {
	if m, ok := c.messages[name]; ok {
		return custom(m, param)
	}
	if m, ok := words[name]; ok {
		return c.fill(m, name, param, f, at)
	}
	return "must satisfy " + wording.Mark(name)
}

// custom returns a message from the service, marked as such except for the word that all messages
// begin with.
func custom(message, param string) string {
	message = strings.ReplaceAll(message, "{param}", param)
	if rest, ok := strings.CutPrefix(message, "must "); ok {
		return "must " + wording.Mark(rest)
	}
	return wording.Mark(message)
}

// fill inserts the parameter of a rule into its words.
func (c *checker) fill(m, tag, param string, f validator.FieldError, at place) string {
	if by, ok := byMeasure[tag]; ok {
		m = by[c.measureOf(tag, param, f)]
	}
	if m, ok := hiddenWords[tag]; ok && c.isHidden(at) {
		return m
	}
	if tag == "unique" && param != "" {
		m = uniqueField
		if c.measureOf(tag, param, f) != items {
			m = words["nefield"]
		}
	}
	if rest, ok := strings.CutPrefix(m, "is required"); ok {
		switch {
		case at.isKeyless():
			m = at.keyless() + rest
		case at.present:
			m = c.notZero(f, at) + rest
		}
	}
	if !strings.Contains(m, "{") {
		return m
	}
	return strings.NewReplacer(
		"{param}", wording.Mark(c.written(f, param)),
		"{list}", wording.Mark(strings.Join(conditions(param), ", ")),
		"{field}", c.namedKeys(tag, param, f, at),
		"{when}", c.when(tag, param, at),
	).Replace(m)
}

// measure is what the bounds of a field count.
type measure int

const (
	number measure = iota
	characters
	items
	moment // a time
)

func (c *checker) measureOf(tag, param string, f validator.FieldError) measure {
	switch kindOf(f) {
	case reflect.String:
		return characters
	case reflect.Slice, reflect.Map, reflect.Array:
		return items
	case reflect.Struct:
		if _, ok := relations[tag]; ok || param == "" {
			return moment
		}
	}
	return number
}

// kindOf returns the kind of the field, or of the type that it points to.
func kindOf(f validator.FieldError) reflect.Kind {
	t := f.Type()
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return reflect.Invalid
	}
	return t.Kind()
}

// isNil reports whether a rule fails because the field has no value.
func isNil(f validator.FieldError) bool {
	switch f.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Invalid:
		return !wantsPresence(f) && !wantsAbsence(f)
	}
	return false
}

// written returns a parameter as it is in the struct: 10MiB, not 10485760.
func (c *checker) written(f validator.FieldError, param string) string {
	if k := c.kinds[f.Type()]; k != nil {
		if was, ok := k.params[param]; ok {
			return was
		}
	}
	if f.Type() == reflect.TypeFor[time.Duration]() {
		if d, err := time.ParseDuration(param + "ns"); err == nil { // written as a bare number
			return d.String()
		}
	}
	return param
}
