package validation

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// tryNames checks the fields that a rule names. It reports false for a rule that names none.
func (p *preparing) tryNames(name, param string, k, parent *kind) (bool, error) {
	rule, ok := presences[name]
	_, relates := relations[name]
	switch {
	case relates:
		return true, p.checkRelation(name, param, k, parent)
	case name == "unique":
		return true, p.checkUnique(k, parent, param)
	case name == postcodeField:
		other, err := p.refer(parent.typ, param)
		if err != nil {
			return true, p.misnamed(name, param, parent.typ, err)
		}
		if class := p.classOf(other.typ); class != textual && class != unknown {
			return true, fmt.Errorf("%s=%s names a field of type %s, which cannot be a country code", name, param, other.typ)
		}
		return true, nil
	case name == "validateFn":
		return true, p.checkMethod(cmp.Or(param, "Validate"), k)
	case !ok:
		return false, nil
	}
	names := namedFields(name, param)
	words := conditions(param)
	if len(names) == 0 || rule.values && len(words)%2 != 0 {
		return true, fmt.Errorf("%s=%s must be names of fields%s", name, param, map[bool]string{true: ", each with a value"}[rule.values])
	}
	for i, field := range names {
		other, err := p.refer(parent.typ, field)
		if err != nil {
			return true, p.misnamed(name, field, parent.typ, err)
		}
		if !rule.values {
			continue
		}
		if !rule.unless && slices.Contains(names[:i], field) {
			return true, fmt.Errorf("%s names %s twice; a field cannot have two values", name, field)
		}
		if err := p.takes(other.typ, words[2*i+1]); err != nil {
			return true, fmt.Errorf("%s=%s: %s never has that value: %w", name, param, field, err)
		}
	}
	return true, nil
}

const postcodeField = "postcode_iso3166_alpha2_field"

func (p *preparing) tryPart(part string, k *kind, parent *kind) error {
	name, param, _ := strings.Cut(part, "=")
	if name == "dive" && (k == nil || !slices.Contains([]reflect.Kind{reflect.Slice, reflect.Array, reflect.Map, reflect.Interface}, k.typ.Kind())) {
		return fmt.Errorf("dive needs a slice, an array or a map")
	}
	if structural[name] || k == nil {
		return nil
	}
	if tags, ok := p.aliases[name]; ok {
		return p.tryAll(tags, k, parent)
	}
	if _, ours := p.messages[name]; ours {
		return nil
	}
	if checked, err := p.tryNames(name, param, k, parent); checked {
		return err
	}
	if !tried(name) {
		return nil
	}
	if guarded(func() error {
		_ = p.validate.VarWithValue(sample(k.typ), reflect.Zero(parent.typ).Interface(), part)
		return nil
	}) != nil {
		return fmt.Errorf("%s does not fit a field of type %s", part, k.typ)
	}
	return nil
}

// checkMethod returns why validateFn cannot call a method; nil if it can.
func (c *checker) checkMethod(name string, k *kind) error {
	t := pointedTo(k.typ)
	switch {
	case t.Kind() == reflect.Interface || c.classOf(t) == unknown:
		return nil
	case shownAsText[t] || reveals(t):
		return fmt.Errorf("validateFn cannot call a method of %s, which is checked by its text; write a Validate method of the struct", t)
	}
	method, ok := reflect.PointerTo(t).MethodByName(name)
	if !ok {
		return fmt.Errorf("validateFn names %s, but %s has no such method", name, t)
	}
	if f := method.Type; f.NumIn() != 1 || f.NumOut() == 0 || f.Out(0).Kind() != reflect.Bool && !f.Out(0).Implements(reflect.TypeFor[error]()) {
		return fmt.Errorf("validateFn names %s, but that method of %s must take nothing and return a bool or an error", name, t)
	}
	return nil
}

// namedFields returns the fields that the parameter of a rule names; nil if it names none.
func namedFields(name, param string) []string {
	rule, ok := presences[name]
	switch _, relates := relations[name]; {
	case relates, name == postcodeField, name == "unique":
		return []string{param}
	case !ok:
		return nil
	case !rule.values:
		return conditions(param)
	}
	var fields []string
	for i, word := range conditions(param) {
		if i%2 == 0 {
			fields = append(fields, word)
		}
	}
	return fields
}

// conditions splits "Mode tls Region 'eu west'" as validator does.
func conditions(param string) []string {
	var out []string
	for param = strings.TrimSpace(param); param != ""; param = strings.TrimSpace(param) {
		if param[0] == '\'' {
			if end := strings.IndexByte(param[1:], '\''); end >= 0 {
				out, param = append(out, param[1:end+1]), param[end+2:]
				continue
			}
		}
		end := strings.IndexAny(param, " \t\n")
		if end < 0 {
			end = len(param)
		}
		out, param = append(out, param[:end]), param[end:]
	}
	return out
}

// misnamed returns the error for a rule that names a field which does not exist, with the nearest
// name.
func (c *checker) misnamed(rule, name string, from reflect.Type, why error) error {
	text := fmt.Sprintf("%s names %s, but %s", rule, name, why)
	if _, ok := errors.AsType[*noField](why); !ok {
		return errors.New(text)
	}
	if fields := c.byKeys(from, name); fields != "" {
		return fmt.Errorf("%s; a rule names fields and not keys: %s=%s", text, rule, fields)
	}
	relation, relates := relations[rule]
	_, elsewhere := c.refer(c.root.typ, name)
	whole := cmp.Or(c.root.typ.Name(), "the whole struct")
	switch {
	case relation.top:
		return fmt.Errorf("%s; %s counts from %s: write the whole path from there, or %s for a field of the same struct",
			text, rule, whole, strings.Replace(rule, "csfield", "field", 1))
	case elsewhere != nil || from == c.root.typ:
		return errors.New(text)
	case relates && !relation.text:
		rule = strings.Replace(rule, "field", "csfield", 1)
		return fmt.Errorf("%s; write %s=%s, which counts from %s", text, rule, name, whole)
	}
	return fmt.Errorf("%s; this rule cannot name a field outside of its struct, but a Validate method of %s can read it", text, whole)
}

// byKeys returns the names of fields that are given by their keys, such as TLS.On for "tls.on";
// empty if there are none.
func (c *checker) byKeys(from reflect.Type, keys string) string {
	var fields []string
	for key := range strings.SplitSeq(keys, ".") {
		k := c.kinds[pointedTo(from)]
		if k == nil {
			return ""
		}
		i := slices.IndexFunc(k.fields, func(f field) bool {
			return f.place.Key != "" && (f.place.Key == key || f.name == key || strings.EqualFold(f.name, key))
		})
		if i < 0 {
			return ""
		}
		fields = append(fields, k.fields[i].name)
		from = k.typ.Field(k.fields[i].index).Type
	}
	return strings.Join(fields, ".")
}
