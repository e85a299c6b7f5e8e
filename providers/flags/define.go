package flags

import (
	"flag"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// paths writes the keys of the options as New does.
func (l *layer) paths() {
	for i, key := range l.only {
		l.only[i] = normal(key)
	}
	for i := range l.named {
		l.named[i].key = normal(l.named[i].key)
	}
}

// normal returns the usual text of a path; other texts as they are.
func normal(key string) string {
	if path, ok := tree.ParsePath(key); ok {
		return path.String()
	}
	return key
}

// define defines the flags of the keys of a struct. above are the types around it: a type that
// contains itself has no end.
func (l *layer) define(at tree.Path, s *tree.Shape, above []reflect.Type) {
	if s == nil {
		return
	}
	if t := elementOf(s.Go); t != nil {
		if slices.Contains(above, t) {
			return
		}
		above = append(slices.Clip(above), t)
	}
	for _, key := range s.Order {
		path, below := at.Join(key), s.Fields[key]
		switch {
		case l.hasFlag(path.String()): // finish defines it
		case below != nil && (below.Kind == tree.StructOf || below.Kind == tree.RemainderOf):
			l.define(path, below, above)
		case l.selects(path, below.HidesText()):
			if name := path.String(); !strings.ContainsAny(name, "=<\"") && !strings.ContainsAny(name, " \t\r\n") {
				l.add(l.nameOf(name), name, below)
			}
		}
	}
}

// finish defines the flags of the options Flag, and reports keys of Only without a flag.
func (l *layer) finish(root *tree.Shape) {
	for _, n := range l.named {
		path, ok := tree.ParsePath(n.key)
		switch {
		case !ok || len(path) == 0 || strings.ContainsAny(n.key, "=<\x00"):
			l.mistake(n.name, "flags.Flag has a key that is not a path: "+strconv.Quote(n.key), `write it as server.port or labels."app.io/name"`)
		case n.name == "" || strings.HasPrefix(n.name, "-") || strings.ContainsAny(n.name, "=<\x00 \t\r\n"):
			l.mistake("", "flags.Flag has a name that no flag can have: "+strconv.Quote(n.name), "write it without a hyphen in front, space or '='")
		default:
			l.selected[n.key] = true
			shape, _ := root.Lookup(path)
			l.add(n.name, n.key, shape)
		}
	}
	for _, key := range l.only {
		if !l.selected[key] {
			l.mistake("", "flags.Only names "+strconv.Quote(key)+", for which there is no flag",
				"name a key of the struct or one above it; use flags.Flag for a key of a section or map")
		}
	}
}

// nameOf returns the name of the flag of a key.
func (l *layer) nameOf(key string) string {
	if l.dashes {
		return strings.NewReplacer(".", "-", "_", "-").Replace(key)
	}
	return key
}

func (l *layer) hasFlag(key string) bool {
	return slices.ContainsFunc(l.named, func(n naming) bool { return n.key == key })
}

// selects reports whether a key has a flag. A secret has one only if its own key is named.
func (l *layer) selects(at tree.Path, secret bool) bool {
	if len(l.only) == 0 {
		return !secret
	}
	found := false
	for i := len(at); i > 0; i-- {
		key := at[:i].String()
		if slices.Contains(l.only, key) && (i == len(at) || !secret) {
			l.selected[key], found = true, true
		}
	}
	return found
}

// add defines one flag.
func (l *layer) add(name, key string, shape *tree.Shape) {
	switch i := slices.IndexFunc(l.flags, func(v *value) bool { return v.name == name }); {
	case i >= 0:
		l.mistake(name, "is the flag of both "+l.flags[i].key+" and "+key, "give one of them another flag with flags.Flag")
		return
	case strings.HasPrefix(name, "-"):
		l.mistake("", "the key "+key+" begins with a hyphen, as no flag can", "give it a flag with flags.Flag")
		return
	case l.set.Lookup(name) != nil:
		l.mistake(name, "is defined already, and is also the flag of the key "+key, "give the key another flag: flags.Flag(\"NAME\", "+strconv.Quote(key)+")")
		return
	}
	v := &value{layer: l, name: name, key: key, shape: shape}
	l.flags = append(l.flags, v)
	if isBool(shape) {
		l.set.Var(boolValue{v}, name, usage(key, shape))
		return
	}
	l.set.Var(v, name, usage(key, shape))
}

func isBool(s *tree.Shape) bool {
	if s == nil || s.Kind != tree.Leaf || s.Go == nil {
		return false
	}
	return elementOf(s.Go).Kind() == reflect.Bool
}

// elementOf returns the type that a pointer points to, and any other type as it is.
func elementOf(t reflect.Type) reflect.Type {
	if t != nil && t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// usage returns the help of a flag: the doc tag, and in parentheses the type and the rules. The
// quotes around the type make package flag show it after the name.
func usage(key string, s *tree.Shape) string {
	if s == nil {
		return "sets " + key
	}
	doc := s.Doc
	if doc == "" {
		doc = "sets " + key
	}
	var notes []string
	if kind := typeOf(s); kind != "" && strings.Count(doc, "`") < 2 {
		notes = append(notes, "`"+kind+"`")
	}
	if s.Rules != "" {
		notes = append(notes, s.Rules)
	}
	if s.Deprecated != "" {
		notes = append(notes, "deprecated: "+s.Deprecated)
	}
	if len(notes) == 0 {
		return doc
	}
	return doc + " (" + strings.Join(notes, "; ") + ")"
}

// typeOf returns the word for the text of a flag; empty for a bool, which needs none.
func typeOf(s *tree.Shape) string {
	switch {
	case isBool(s):
		return ""
	case s.Kind == tree.ListOf:
		return "list"
	case s.Kind == tree.MapOf:
		return "map"
	case s.Kind == tree.Leaf && !strings.Contains(s.Type, "`"):
		return s.Type
	}
	return "value"
}

var _, _ flag.Value = (*value)(nil), boolValue{}
