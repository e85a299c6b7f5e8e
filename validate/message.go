package validate

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/tree"
)

// isMissing reports whether a rule that does not hold means that there is no value.
func isMissing(tag string) bool { return strings.HasPrefix(tag, "required") }

// message says what must hold, in the words of the binder, never with the value.
func (c *checker) message(f validator.FieldError, at place) string {
	for _, tag := range []string{f.Tag(), f.ActualTag()} {
		if m, ok := c.messages[tag]; ok {
			return strings.ReplaceAll(m, "{param}", f.Param())
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
		part := "must satisfy " + name
		if m, ok := c.messages[name]; ok {
			part = strings.ReplaceAll(m, "{param}", param)
		} else if m, ok := words[name]; ok {
			part = c.fill(m, name, param, f, at)
		}
		if len(parts) > 0 {
			part = strings.TrimPrefix(part, "must ")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " or ")
}

// fill puts the parameter of a rule into its words.
func (c *checker) fill(m, tag, param string, f validator.FieldError, at place) string {
	if by, ok := byMeasure[tag]; ok {
		m = by[c.measureOf(f, param)]
	}
	if !strings.Contains(m, "{") {
		return m
	}
	fields := namedFields(tag, param)
	return strings.NewReplacer(
		"{param}", c.written(f, param),
		"{list}", strings.Join(conditions(param), ", "),
		"{field}", c.keys(fields, tag, at, ", "),
		"{and}", c.keys(fields, tag, at, " and "),
		"{or}", c.keys(fields, tag, at, " or "),
		"{when}", c.when(param, at),
	).Replace(m)
}

// measure is what a field's bounds count.
type measure int

const (
	number measure = iota
	characters
	items
	moment // a time that is compared with now
)

func (c *checker) measureOf(f validator.FieldError, param string) measure {
	switch kindOf(f) {
	case reflect.String:
		return characters
	case reflect.Slice, reflect.Map, reflect.Array:
		return items
	case reflect.Struct:
		if param == "" {
			return moment
		}
	}
	return number
}

// kindOf returns the kind of the field, or of what it would point to.
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

// isNil reports whether a rule does not hold because there is nothing that it could be asked about.
func isNil(f validator.FieldError) bool {
	switch f.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Invalid:
		return !isMissing(f.Tag()) && !strings.HasPrefix(f.Tag(), "excluded") && f.Tag() != "isdefault"
	}
	return false
}

// written returns a parameter as the struct's author wrote it: 10MiB, not 10485760.
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

// keys returns Go's names of fields as keys of the config.
func (c *checker) keys(fields []string, tag string, at place, between string) string {
	out := make([]string, len(fields))
	for i, name := range fields {
		out[i] = c.keyOf(name, tag, at)
	}
	return strings.Join(out, between)
}

func (c *checker) keyOf(name, tag string, at place) string {
	from, around := at.parent, at.around
	if strings.HasSuffix(tag, "csfield") {
		from, around = c.root, nil
	}
	if from != nil {
		if path, ok := from.resolve(name, around); ok && len(path) > len(around) {
			return path.String()
		}
	}
	return tree.SnakeCase(name)
}

// when returns the conditions of required_if and its like: "db.mode is tls and db.region is eu".
func (c *checker) when(param string, at place) string {
	var out []string
	parts := conditions(param)
	for i := 0; i+1 < len(parts); i += 2 {
		key := c.keyOf(parts[i], "", at)
		if c.hides(parts[i], at) {
			out = append(out, key+" is as it is")
		} else {
			out = append(out, key+" is "+cmp.Or(parts[i+1], "empty"))
		}
	}
	return strings.Join(out, " and ")
}

// hides reports whether a field's value is nobody's business: the condition's parameter would be that value.
func (c *checker) hides(name string, at place) bool {
	if at.parent == nil {
		return false
	}
	i, ok := at.parent.byName[name]
	if !ok {
		return strings.Contains(name, ".") // too far away to know
	}
	f := at.parent.fields[i]
	return f.secret || f.kind == nil || reveals(f.kind.typ)
}
