package describe

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
)

// Description describes what a struct accepts.
type Description struct {
	shape *tree.Shape
	keys  []Key
}

// Key describes one key of the struct.
type Key struct {
	// Path is the key: "db.pool". In lists and maps it is "hosts[].port" and "labels.*".
	Path string
	// Type is the type of its values, in words: "int", "duration", "list of string".
	Type string
	// Default is the text of its default, redacted for a secret. HasDefault reports whether there
	// is one.
	Default    string
	HasDefault bool
	// Secret reports whether its value is hidden, and RestartOnly whether a change takes effect
	// only after a restart.
	Secret, RestartOnly bool
	// Rules is its validate tag, Doc its doc tag, and Deprecated its deprecated tag.
	Rules, Doc, Deprecated string
	// Aliases are its old names, in alphabetical order.
	Aliases []string

	merge string // how the lists of several layers merge, in words
}

// Of describes T. The options must be those of the config, Options.Binder of package nacre. The
// error is a source.Problems with all mistakes in the tags of T.
func Of[T any](options ...binder.Option) (*Description, error) {
	plan, err := binding.Compile[T](binding.Options(options)...)
	if err != nil {
		return nil, err
	}
	d := &Description{shape: plan.Shape()}
	d.walk("", d.shape, map[string]bool{})
	return d, nil
}

// Keys returns all keys, in the order of the struct. Below a struct that contains itself, the keys
// are listed once.
func (d *Description) Keys() []Key { return append([]Key(nil), d.keys...) }

// walk lists the keys at and below a place. above are the types on the way there.
func (d *Description) walk(at string, s *tree.Shape, above map[string]bool) {
	name := typeName(s)
	if above[name] && name != "" {
		return
	}
	above[name] = true
	defer delete(above, name)
	for _, key := range s.Order {
		d.add(join(at, key), s.Fields[key], aliases(s, key), above)
	}
	if s.Kind == tree.RemainderOf {
		d.add(join(at, "*"), s.Elem, nil, above)
	}
}

// aliases returns the old names of a key of a struct.
func aliases(s *tree.Shape, key string) (all []string) {
	for _, alias := range slices.Sorted(maps.Keys(s.Aliases)) {
		if s.Aliases[alias] == key {
			all = append(all, alias)
		}
	}
	return all
}

func (d *Description) add(at string, s *tree.Shape, aliases []string, above map[string]bool) {
	leaf, suffix := s, ""
	for leaf.Kind == tree.ListOf || leaf.Kind == tree.MapOf {
		if leaf.Kind == tree.ListOf {
			suffix += "[]"
		} else {
			suffix += ".*"
		}
		leaf = leaf.Elem
	}
	if s.Kind == tree.StructOf || s.Kind == tree.RemainderOf {
		if s.Doc == "" && s.Rules == "" && !s.Static && s.Deprecated == "" && aliases == nil {
			d.walk(at, s, above)
			return
		}
	}
	k := Key{Path: at, Type: s.Type, Secret: s.Secret, RestartOnly: s.Static, Rules: s.Rules, Doc: s.Doc, Deprecated: s.Deprecated, Aliases: aliases,
		HasDefault: s.Defaulted, Default: s.Default, merge: mergeNote(s)}
	if s.HidesText() && s.Defaulted {
		k.Default = wording.Redacted
	}
	d.keys = append(d.keys, k)
	if leaf.Kind == tree.StructOf || leaf.Kind == tree.RemainderOf {
		d.walk(at+suffix, leaf, above)
	}
}

func join(at, key string) string {
	if key != "*" {
		key = tree.Path{key}.String()
	}
	if at == "" {
		return key
	}
	return at + "." + key
}

// typeName returns the name of the type of a struct; empty for a type without a name.
func typeName(s *tree.Shape) string {
	if s.Go == nil || s.Kind != tree.StructOf && s.Kind != tree.RemainderOf {
		return ""
	}
	t := pointedTo(s.Go)
	if t.Name() == "" {
		return ""
	}
	return t.PkgPath() + "." + t.Name()
}

// pointedTo returns the type at the end of pointers, and nil for nil.
func pointedTo(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// mergeNote says how the lists of several layers at a key merge. It is empty if the field has no
// rule, or if a list replaces the others.
func mergeNote(s *tree.Shape) string {
	for s.Kind == tree.MapOf && s.Elem != nil {
		s = s.Elem
	}
	if s.Kind != tree.ListOf {
		return ""
	}
	switch s.Merge.How {
	case tree.MergeAppend:
		return "layers append their items"
	case tree.MergeIndex:
		return "layers merge by position"
	case tree.MergeKey:
		return "layers merge by " + s.Merge.Key
	}
	return ""
}

// Markdown returns a table with a row for each key.
func (d *Description) Markdown() string {
	var b strings.Builder
	b.WriteString("| Key | Type | Default | Rules | Notes |\n|---|---|---|---|---|\n")
	for _, k := range d.keys {
		var notes []string
		if k.Doc != "" {
			notes = append(notes, k.Doc)
		}
		if k.Secret {
			notes = append(notes, "secret")
		}
		if k.RestartOnly {
			notes = append(notes, "restart-only")
		}
		if k.merge != "" {
			notes = append(notes, k.merge)
		}
		if k.Deprecated != "" {
			notes = append(notes, "deprecated: "+k.Deprecated)
		}
		if k.Aliases != nil {
			notes = append(notes, "old name: "+strings.Join(k.Aliases, ", "))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", code(k.Path), cell(k.Type), k.defaultCell(), code(k.Rules), cell(strings.Join(notes, "; ")))
	}
	return b.String()
}

func (k Key) defaultCell() string {
	switch {
	case !k.HasDefault:
		return ""
	case k.Default == "":
		return "empty"
	}
	return code(k.Default)
}

// cell escapes a text for a cell of a table: it is one line, without HTML, and its bars do not end
// the cell.
func cell(text string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "|", `\|`, "<", "&lt;", ">", "&gt;").Replace(text)
}

// code returns a cell with a text as code.
func code(text string) string {
	if text == "" {
		return ""
	}
	text = strings.NewReplacer("\r\n", " ", "\n", " ", "|", `\|`).Replace(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}
