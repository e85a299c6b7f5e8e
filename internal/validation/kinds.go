package validation

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// kind is what is known of one type. A recursive type is a ring of kinds.
type kind struct {
	typ    reflect.Type
	fields []field           // of a struct
	byName map[string]int    // by Go's name
	elem   *kind             // of a pointer, slice, array or map
	one    bool              // a struct that stands for a single value
	method bool              // the type, or a pointer to it, has a Validate method
	asked  bool              // there is such a method here or below
	ruled  bool              // there is a rule here or below
	params map[string]string // of an int that reads itself from text: rewritten parameters, as they were written
}

// field is a field of a struct.
type field struct {
	index  int
	name   string
	place  tree.Field
	tag    string
	secret bool
	kind   *kind // nil for a field that has no place in the config
}

type validating interface{ Validate() error }

var (
	validatingType = reflect.TypeFor[validating]()
	revealerType   = reflect.TypeFor[interface{ Reveal() string }]()
)

// survey makes the kinds of all types that can be reached from t.
func survey(t reflect.Type) (root *kind, all map[reflect.Type]*kind) {
	all = make(map[reflect.Type]*kind)
	root = look(t, all)
	// What is below is known only once all kinds are: rings make it a matter of repeating until
	// nothing is new.
	for changed := true; changed; {
		changed = false
		for _, k := range all {
			asked, ruled := k.asked, k.ruled
			for _, below := range k.below() {
				asked, ruled = asked || below.asked, ruled || below.ruled
			}
			if asked != k.asked || ruled != k.ruled {
				k.asked, k.ruled, changed = asked, ruled, true
			}
		}
	}
	return root, all
}

// below returns the kinds that are walked into.
func (k *kind) below() []*kind {
	if k.elem != nil {
		return []*kind{k.elem}
	}
	out := make([]*kind, 0, len(k.fields))
	for _, f := range k.fields {
		if f.tag != "-" {
			out = append(out, f.kind)
		}
	}
	return out
}

func look(t reflect.Type, all map[reflect.Type]*kind) *kind {
	if k, ok := all[t]; ok {
		return k
	}
	k := &kind{typ: t}
	all[t] = k
	k.method = t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer &&
		(t.Implements(validatingType) || reflect.PointerTo(t).Implements(validatingType))
	k.asked = k.method
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		k.elem = look(t.Elem(), all)
		if t.Kind() == reflect.Map {
			look(t.Key(), all) // tags between keys and endkeys are about it
		}
	case reflect.Interface:
		k.ruled = true // whatever is in there may have rules
	case reflect.Struct:
		if k.one = tree.OneValue(t); k.one {
			return k
		}
		k.byName = make(map[string]int)
		for i := range t.NumField() {
			sf := t.Field(i)
			place, err := tree.FieldOf(sf)
			if !sf.IsExported() && (!sf.Anonymous || err != nil || place.Skip) {
				continue
			}
			f := field{index: i, name: sf.Name, place: place, tag: sf.Tag.Get("validate"), secret: sf.Tag.Get("secret") == "true"}
			if place.Skip || err != nil {
				f.tag = "-" // and nothing is looked for in there: it may be a client, a pool, anything
			} else {
				f.kind = look(sf.Type, all)
			}
			k.ruled = k.ruled || f.tag != "" && f.tag != "-"
			k.byName[f.name] = len(k.fields)
			k.fields = append(k.fields, f)
		}
	}
	return k
}

// rules returns the tags that validator shall use for a struct's fields: fields without rules here
// and below are left out, and dive is added where the rules are below a slice, an array or a map.
func (k *kind) rules() map[string]string {
	out := make(map[string]string, len(k.fields))
	for i := range k.fields {
		f := &k.fields[i]
		switch {
		case f.tag == "-", f.tag == "" && !f.kind.ruled:
			out[f.name] = "-"
		default:
			out[f.name] = complete(f.tag, f.kind)
		}
	}
	return out
}

// complete adds what a tag lacks to reach the rules below its field.
func complete(tag string, k *kind) string {
	parts := split(tag)
	if slices.Contains(parts, "structonly") || slices.Contains(parts, "nostructlevel") {
		return tag
	}
	var out []string
	rest := parts // what of the tag is still to come
	for pointer := false; k.elem != nil; k = k.elem {
		if k.typ.Kind() == reflect.Pointer {
			pointer = true
			continue
		}
		at := slices.Index(rest, "dive")
		had := at >= 0
		if !had && !k.ruled {
			break
		}
		if !had {
			at = len(rest)
		}
		out = append(out, rest[:at]...)
		if pointer {
			out = append(out, "omitnil") // validator has no way to dive into nil
		}
		out = append(out, "dive")
		if had {
			rest = rest[at+1:]
		} else {
			rest = nil
		}
		pointer = false
	}
	return join(append(out, rest...))
}

// has reports whether a struct has a field for a path, whatever the value is. The entries of a map
// are not known.
func (k *kind) has(path tree.Path) bool {
	if len(path) == 0 {
		return true
	}
	if k == nil {
		return false
	}
	switch k.typ.Kind() {
	case reflect.Pointer:
		return k.elem.has(path)
	case reflect.Slice, reflect.Array:
		return isItem(path[0]) && k.elem.has(path[1:])
	}
	for _, f := range k.fields {
		if f.place.Squash && f.kind.has(path) || f.place.Key == path[0] && f.place.Key != "" && f.kind.has(path[1:]) {
			return true
		}
	}
	return false
}

func isItem(segment string) bool {
	i, ok := strings.CutPrefix(segment, "[")
	_, err := strconv.Atoi(strings.TrimSuffix(i, "]"))
	return ok && err == nil
}
