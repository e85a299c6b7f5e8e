package validation

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// CheckAfter is CheckSection for a value that follows a good one, from which it may differ as
// changes say. It applies the rules to what may differ and calls the methods of what may differ or
// was made again. ok is false if a rule may not hold: then no method was called, and CheckSection
// knows the problems.
//
// A rule across fields is applied again if anything in the struct around it may differ. A rule that
// depends on more than the value, such as the existence of a file, is always applied.
func (c *Checker[T]) CheckAfter(at tree.Path, value *T, root *tree.Node, changes *tree.Changes) (problems source.Problems, ok bool) {
	return c.c.checkAfter(at, reflect.ValueOf(value), root, changes)
}

func (c *checker) checkAfter(at tree.Path, pointer reflect.Value, root *tree.Node, changes *tree.Changes) (source.Problems, bool) {
	if c.root.ruled {
		good := false
		panicked := panicking(func() {
			if p := c.single(); p != nil {
				good = p.whole(pointer.Elem(), changes)
			}
		})
		if panicked != "" || !good {
			return nil, false
		}
	}
	a := &asking{checker: c, root: pointer.Elem()}
	a.revisit(pointer.Elem(), c.root, nil, changes)
	return c.problems(a.found, at, root), true
}

// parts checks parts of a value. It is immutable.
type parts struct {
	*checker
	// alone has the rules of the fields of each struct, but not those below them.
	alone    *validator.Validate
	passages map[reflect.Type][]passage // from each struct
	// restless are the types with rules, here or below, that depend on more than the value.
	restless map[reflect.Type]bool
}

// passage leads from a struct to what the rules of a field do not check.
type passage struct {
	field *field
	kind  *kind // of the field, without pointers
	// items reports that the field is a list or map. tag has the rules of its items, which are
	// always applied if restless is set.
	items, restless bool
	tag             []string
	// skipsZero reports that the rules below do not apply to a zero value.
	skipsZero bool
}

// partsBy returns nil if there are rules that no part can be checked by: those that count from the
// whole struct, and rules of the items of a list or map that name fields around it.
func (c *checker) partsBy(options []Option) *parts {
	p := &parts{checker: c, alone: validator.New(validator.WithRequiredStructEnabled()), passages: map[reflect.Type][]passage{}, restless: map[reflect.Type]bool{}}
	alone := *c // for the functions that are registered, which call it
	alone.validate = p.alone
	for _, register := range []func() error{alone.registerRelations, alone.registerPresences, alone.registerUnique} {
		if register() != nil {
			return nil
		}
	}
	s := &settings{validate: p.alone, messages: map[string]string{}, aliases: map[string]string{}}
	for _, o := range options {
		if o(s) != nil {
			return nil
		}
	}
	registerTypes(p.alone, c.kinds)
	for t, k := range c.kinds {
		if t.Implements(valuerType) || reflect.PointerTo(t).Implements(valuerType) {
			return nil // what is checked is another value
		}
		if k.tags == nil {
			continue
		}
		rules := make(map[string]string, len(k.tags))
		for i := range k.fields {
			rule, ok := p.divide(k, &k.fields[i])
			if !ok {
				return nil
			}
			rules[k.fields[i].name] = rule
		}
		p.alone.RegisterStructValidationMapRules(rules, reflect.Zero(t).Interface())
	}
	if slices.ContainsFunc(split(c.tag), p.namesField) {
		return nil
	}
	p.spread()
	return p
}

// divide returns the rules of a field without those of what is below it, and records the passage to
// the latter. It reports false if they cannot be divided.
func (p *parts) divide(k *kind, f *field) (rule string, ok bool) {
	tag := k.tags[f.name]
	all := split(tag)
	if tag == "-" {
		return tag, true
	}
	if slices.ContainsFunc(all, p.countsFromTop) {
		return "", false
	}
	if p.dependsOnMore(tag, f.kind) {
		p.restless[k.typ] = true
	}
	if slices.Contains(all, "structonly") || slices.Contains(all, "nostructlevel") {
		return tag, true // nothing below is checked
	}
	next := passage{field: f, kind: pointedAt(f.kind)}
	dive := slices.Index(all, "dive")
	switch {
	case dive >= 0 && next.kind.elem == nil:
		return "", false
	case dive >= 0:
		rest := all[dive+1:]
		if slices.ContainsFunc(rest, p.namesField) {
			return tag, !p.hasStructs(next.kind, nil)
		}
		next.items, next.tag, next.restless = true, rest, p.dependsOnMore(tag, f.kind)
		if rule = join(all[:dive]); rule == "" {
			rule = "-"
		}
	case next.kind.typ.Kind() == reflect.Interface:
		rule = tag
	case !p.isStruct(next.kind):
		return tag, true
	case f.place.Squash: // its fields are checked with those of the struct around
		rule = tag
	case tag == "":
		rule = "-"
	default:
		next.skipsZero = f.kind == next.kind && skipsZero(all)
		rule = tag + ",structonly"
	}
	p.passages[k.typ] = append(p.passages[k.typ], next)
	return rule, true
}

func pointedAt(k *kind) *kind {
	for k.typ.Kind() == reflect.Pointer {
		k = k.elem
	}
	return k
}

func skipsZero(tag []string) bool {
	return slices.Contains(tag, "omitempty") || slices.Contains(tag, "omitzero")
}

// isStruct reports whether validator applies the rules of the fields of a kind.
func (p *parts) isStruct(k *kind) bool {
	return k.typ.Kind() == reflect.Struct && !k.one && k.ruled && !k.typ.ConvertibleTo(timeType) && !shownAsText[k.typ] && !reveals(k.typ)
}

// hasStructs reports whether there are structs with rules, or values of any type, in a list or map.
func (p *parts) hasStructs(k *kind, seen []*kind) bool {
	if k = pointedAt(k); k.elem != nil && !slices.Contains(seen, k) {
		return p.hasStructs(k.elem, append(seen, k))
	}
	return k.elem != nil || p.isStruct(k) || k.typ.Kind() == reflect.Interface
}

// anyRule reports whether a part of a tag has a rule, perhaps behind an alias.
func (p *parts) anyRule(part string, is func(name, param string) bool) bool {
	for alternative := range strings.SplitSeq(part, "|") {
		name, param, _ := strings.Cut(alternative, "=")
		if is(name, param) {
			return true
		}
		if tags, ok := p.aliases[name]; ok && slices.ContainsFunc(split(tags), func(part string) bool { return p.anyRule(part, is) }) {
			return true
		}
	}
	return false
}

func (p *parts) countsFromTop(part string) bool {
	return p.anyRule(part, func(name, _ string) bool { return relations[name].top })
}

// namesField reports whether a part of a tag has a rule that names another field.
func (p *parts) namesField(part string) bool {
	return p.anyRule(part, func(name, param string) bool {
		_, relates := relations[name]
		_, presence := presences[name]
		return relates || presence || name == postcodeField || name == "unique" && param != ""
	})
}

// dependsOnMore reports whether a tag has a rule that depends on files, the network or the time.
func (p *parts) dependsOnMore(tag string, k *kind) bool {
	return slices.ContainsFunc(steps(tag, k, p.kinds), func(s step) bool {
		moment := s.kind == nil || pointedTo(s.kind.typ).ConvertibleTo(timeType) || s.kind.typ.Kind() == reflect.Interface
		return p.anyRule(s.part, func(name, param string) bool {
			return outward[name] && name != "validateFn" || moment && sized[name] && param == ""
		})
	})
}

// spread makes the types restless that have restless ones below them.
func (p *parts) spread() {
	for changed := true; changed; {
		changed = false
		for t, k := range p.kinds {
			if !p.restless[t] && slices.ContainsFunc(k.below(), func(below *kind) bool { return p.restless[below.typ] }) {
				p.restless[t], changed = true, true
			}
		}
	}
}
