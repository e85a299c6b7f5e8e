package route

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// Sets returns the sets that the rules can select, in the order of the rules: for each rule one
// set, or one for each combination of the services, profiles, versions and labels that its
// templates have as variables. The values are those of the rule's conditions, or else those that
// the routing document declares. A combination that an earlier rule takes from the rule is left
// out; one that several earlier rules take only together is not.
//
// Of in, the fields that are not empty are known of all instances: the namespace, or the service
// that the caller asks about. Rules that do not match them are left out. The ID has no effect.
//
// A variable whose values are not known stays in the documents; see [IsTemplate]. A rule with a
// percentage of 0 is included. The error of a set is that of [Table.Route] for its instances; the
// set then has no documents.
func (t *Table) Sets(in Instance) iter.Seq2[Set, error] {
	return func(yield func(Set, error) bool) {
		for i := range t.rules {
			r := &t.rules[i]
			for one := range t.cases(r, in) {
				taken := slices.ContainsFunc(t.rules[:i], func(early rule) bool { return early.match.covers(&one.match) })
				if taken {
					continue
				}
				set, err := t.set(r, func(text string) (string, error) { return one.expand(text), nil })
				if err != nil {
					set = Set{Rule: r.number, Reason: r.reason()}
				}
				if !yield(set, err) {
					return
				}
			}
		}
	}
}

// aCase is some of the instances that a rule matches: what is known of them, and the conditions of
// the rule that they meet.
type aCase struct {
	in    Instance
	match match
	exact bool // the version is that of the instances; otherwise it is the beginning of it
}

// cases returns the instances like known that a rule matches, by the values of the variables that
// its templates have.
func (t *Table) cases(r *rule, known Instance) iter.Seq[aCase] {
	start, ok := r.narrowed(known)
	if !ok {
		return func(func(aCase) bool) {}
	}
	var all []dimension
	add := func(values []string, narrow func(c *aCase, value string)) {
		if len(values) > 0 {
			all = append(all, dimension{values, narrow})
		}
	}
	versions := false
	for _, name := range t.variables(r) {
		label, isLabel := strings.CutPrefix(name, labelPrefix)
		switch {
		case name == "Service":
			add(firstOf(start.match.services, t.services), func(c *aCase, v string) { c.in.Service, c.match.services = v, only(v) })
		case name == "Profile":
			add(start.match.profiles.list, func(c *aCase, v string) { c.in.Profile, c.match.profiles = v, only(v) })
		case isLabel:
			add(firstOf(start.match.labels[label], t.labels[label]), func(c *aCase, v string) { c.in.Labels[label], c.match.labels[label] = v, only(v) })
		default:
			versions = versions || name == "Major" || name == "Minor" || name == "Patch"
		}
	}
	if versions && !start.exact {
		var patterns []string
		for _, p := range r.match.versions {
			patterns = append(patterns, p.text)
		}
		add(patterns, func(c *aCase, text string) {
			p := r.match.versions[slices.Index(patterns, text)]
			c.in.Version, c.match.versions = p.known(), []Pattern{p}
		})
	}
	return func(yield func(aCase) bool) {
		for at, more := make([]int, len(all)), true; more; more = next(at, all) {
			c := start
			c.in.Labels, c.match.labels = copied(start.in.Labels), copied(start.match.labels)
			for i, d := range all {
				d.narrow(&c, d.values[at[i]])
			}
			if !yield(c) {
				return
			}
		}
	}
}

// narrowed returns the instances that a rule matches and that have what is known, and whether some
// are left.
func (r *rule) narrowed(known Instance) (aCase, bool) {
	c := aCase{in: known, match: r.match, exact: known.Version != ""}
	one := func(allowed *values, value string) bool {
		if value == "" {
			return true
		}
		ok := allowed.allows(value)
		*allowed = only(value)
		return ok
	}
	if !one(&c.match.services, known.Service) || !one(&c.match.profiles, known.Profile) {
		return c, false
	}
	c.match.labels = copied(r.match.labels)
	for name, value := range known.Labels {
		allowed := c.match.labels[name]
		if !one(&allowed, value) {
			return c, false
		}
		if value != "" {
			c.match.labels[name] = allowed
		}
	}
	if !c.exact {
		return c, true
	}
	if len(r.match.versions) > 0 && !slices.ContainsFunc(r.match.versions, func(p Pattern) bool { return p.Matches(known.Version) }) {
		return c, false
	}
	if exact, err := ParsePattern(known.Version); err == nil { // or earlier rules cannot be compared
		c.match.versions = []Pattern{exact}
	}
	return c, true
}

// copied returns a map of its own, which is not nil.
func copied[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	maps.Copy(c, m)
	return c
}

// expand replaces the variables of a template that are known. The others stay.
func (c *aCase) expand(template string) string {
	var b strings.Builder
	_ = scan(template, func(text string) { b.WriteString(text) }, func(name string) error {
		v := c.in.value(name)
		if v == "" || name == "Version" && !c.exact {
			v = "{{." + name + "}}"
		}
		b.WriteString(v)
		return nil
	})
	return b.String()
}

// dimension is a variable with the values that it can have.
type dimension struct {
	values []string
	narrow func(c *aCase, value string) // leaves only this value
}

// next sets at to the next combination, and reports whether there is one.
func next(at []int, all []dimension) bool {
	for i := len(at) - 1; i >= 0; i-- {
		if at[i]++; at[i] < len(all[i].values) {
			return true
		}
		at[i] = 0
	}
	return false
}

// variables returns the variables of the templates of a rule and of the common documents, labels
// last.
func (t *Table) variables(r *rule) []string {
	used := map[string]bool{}
	for _, d := range slices.Concat(t.common, r.documents) {
		for _, text := range []string{d.namespace, d.group, d.dataID} {
			_ = scan(text, func(string) {}, func(name string) error { used[name] = true; return nil }) // Parse has checked it
		}
	}
	var names []string
	for _, name := range variables {
		if used[name] {
			names = append(names, name)
			delete(used, name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(used))...)
}

// firstOf returns the values of a condition, or those that are declared if it allows all.
func firstOf(condition, declared values) []string {
	if len(condition.list) > 0 {
		return condition.list
	}
	return declared.list
}

func only(value string) values { return newValues([]string{value}) }

// known returns the numbers with which every version that matches the pattern begins.
func (p Pattern) known() string {
	n := slices.Index(p.parts, "*")
	if n < 0 {
		n = len(p.parts)
	}
	return strings.Join(p.parts[:n], ".")
}
