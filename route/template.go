package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnset is the cause of the error of a template with a variable that the instance does not have.
var ErrUnset = errors.New("variable is not set")

// variables are the variables of templates, but for labels.
var variables = []string{"Service", "Version", "Major", "Minor", "Patch", "Profile", "Namespace"}

const labelPrefix = "Labels."

// IsTemplate reports whether a text has a variable.
func IsTemplate(text string) bool { return strings.Contains(text, "{{") }

// Expand replaces the variables of a template by what the instance has. A variable is {{.Service}},
// {{.Version}}, {{.Major}}, {{.Minor}}, {{.Patch}}, {{.Profile}}, {{.Namespace}}, or
// {{.Labels.zone}} for the label zone; nothing else of Go's templates is known. Major, Minor and
// Patch are the first three numbers of a version. A variable that is not known and one that is
// empty, such as Patch of the version v2.3, are errors, the latter with [ErrUnset].
func Expand(template string, in Instance) (string, error) {
	var b strings.Builder
	err := scan(template, func(text string) { b.WriteString(text) }, func(name string) error {
		v := in.value(name)
		if v == "" {
			return fmt.Errorf("{{.%s}}: %w", name, ErrUnset)
		}
		b.WriteString(v)
		return nil
	})
	if err != nil {
		return "", err
	}
	return b.String(), nil
}

// scan calls its functions for the texts and variables of a template, in order.
func scan(template string, text func(string), variable func(name string) error) error {
	for {
		before, rest, found := strings.Cut(template, "{{")
		if strings.Contains(before, "}}") {
			return errors.New("template has a }} without a {{")
		}
		text(before)
		if !found {
			return nil
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return errors.New("template has a {{ without a }}")
		}
		name, dotted := strings.CutPrefix(strings.TrimSpace(inside), ".")
		label, isLabel := strings.CutPrefix(name, labelPrefix)
		if !dotted || !slices.Contains(variables, name) && (!isLabel || !isLabelName(label)) {
			return errors.New("template has a variable that does not exist; use {{." + strings.Join(variables, "}}, {{.") + "}} or {{.Labels.NAME}}")
		}
		if err := variable(name); err != nil {
			return err
		}
		template = after
	}
}

// value returns the value of a variable, empty if there is none.
func (in Instance) value(name string) string {
	switch name {
	case "Service":
		return in.Service
	case "Version":
		return in.Version
	case "Major":
		return in.number(0)
	case "Minor":
		return in.number(1)
	case "Patch":
		return in.number(2)
	case "Profile":
		return in.Profile
	case "Namespace":
		return in.Namespace
	}
	return in.Labels[strings.TrimPrefix(name, labelPrefix)]
}

// number returns a number of the version.
func (in Instance) number(i int) string {
	numbers, _, ok := cutVersion(in.Version)
	if !ok || i >= len(numbers) || slices.ContainsFunc(numbers, func(n string) bool { return !isNumber(n) }) {
		return ""
	}
	return numbers[i]
}

// isLabelName reports whether a label may have that name: letters, digits, and "._-/".
func isLabelName(name string) bool {
	return name != "" && len(name) <= 128 && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-/", r)
	}) < 0
}
