package validation

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// kind holds what is known about one type. The kinds of a recursive type refer to each other.
type kind struct {
	typ    reflect.Type
	fields []field           // of a struct
	byName map[string]int    // by Go's name
	elem   *kind             // of a pointer, slice, array or map
	one    bool              // a struct that stands for a single value
	method bool              // the type, or a pointer to it, has a Validate method
	asked  bool              // there is such a method here or below
	ruled  bool              // there is a rule here or below
	params map[string]string // of an integer with an UnmarshalText method: the original text of rewritten parameters
	tags   map[string]string // of a struct: the tags that validator has for the fields
}

// field is a field of a struct.
type field struct {
	index  int
	name   string
	place  tree.Field
	tag    string
	secret bool
	kind   *kind // nil for a field without a place in the config
}

type validating interface{ Validate() error }

var (
	validatingType = reflect.TypeFor[validating]()
	revealerType   = reflect.TypeFor[interface{ Reveal() string }]()
)

// survey returns the kinds of all types that can be reached from t.
func survey(t reflect.Type) (root *kind, all map[reflect.Type]*kind) {
	all = make(map[reflect.Type]*kind)
	root = look(t, all)
	// A kind depends on the kinds below it, and recursive types on themselves, so this repeats
	// until nothing changes.
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

// below returns the kinds of the fields or items of k.
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
		k.ruled = true // its value may have rules
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
				f.tag = "-" // its type is not examined: it may be a client or a pool
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

// rules returns the tags that validator uses for the fields of a struct. It leaves out fields
// without rules, here or below, and adds dive where the rules are below a slice, an array or a map.
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

// complete adds the dives that a tag needs to reach the rules below its field.
func complete(tag string, k *kind) string {
	parts := split(tag)
	if slices.Contains(parts, "structonly") || slices.Contains(parts, "nostructlevel") {
		return tag
	}
	var out []string
	rest := parts // the parts that follow
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
			out = append(out, "omitnil") // validator cannot dive into nil
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

// has reports whether a struct has a field for a path. The entries of a map are not known.
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
