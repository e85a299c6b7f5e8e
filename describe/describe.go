package describe

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
)

// Description is what a struct accepts.
type Description struct {
	shape *tree.Shape
	keys  []Key
}

// Key is one key that the struct has.
type Key struct {
	// Path is the key as it is written: "db.pool". Of lists and maps it is "hosts[].port" and
	// "labels.*".
	Path string
	// Type is what it takes, in words: "int", "duration", "list of string".
	Type string
	// Default is the text of its default; HasDefault says that there is one. Secrets show none.
	Default    string
	HasDefault bool
	// Secret says that its value is never shown, RestartOnly that a change takes effect only after
	// a restart.
	Secret, RestartOnly bool
	// Rules is its validate tag, Doc its doc tag.
	Rules, Doc string
}

// Of describes T, as a config with those options of its binder takes it. The error is a
// source.Problems with all mistakes in T's tags.
func Of[T any](options ...binder.Option) (*Description, error) {
	plan, err := binding.Compile[T](binding.Options(options)...)
	if err != nil {
		return nil, err
	}
	d := &Description{shape: plan.Shape()}
	d.walk("", d.shape, map[string]bool{})
	return d, nil
}

// Keys returns all keys, in the order of the struct. A struct that contains itself is listed once
// on each way down.
func (d *Description) Keys() []Key { return append([]Key(nil), d.keys...) }

// walk lists the keys at and below a place. Above are the types on the way there.
func (d *Description) walk(at string, s *tree.Shape, above map[string]bool) {
	name := typeName(s)
	if above[name] && name != "" {
		return
	}
	above[name] = true
	defer delete(above, name)
	for _, key := range s.Order {
		d.add(join(at, key), s.Fields[key], above)
	}
	if s.Kind == tree.RemainderOf {
		d.add(join(at, "*"), s.Elem, above)
	}
}

func (d *Description) add(at string, s *tree.Shape, above map[string]bool) {
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
		if s.Doc == "" && s.Rules == "" && !s.Static {
			d.walk(at, s, above)
			return
		}
	}
	k := Key{Path: at, Type: s.Type, Secret: s.Secret, RestartOnly: s.Static, Rules: s.Rules, Doc: s.Doc, HasDefault: s.Defaulted, Default: s.Default}
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

// typeName is the name of a struct's type; empty for one without.
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

// pointedTo is the type at the end of pointers; nil stays nil.
func pointedTo(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// Markdown returns a table with a line for each key.
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

// cell makes a text fit for a cell: one line, without the bar that would end it, and without HTML.
func cell(text string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "|", `\|`, "<", "&lt;", ">", "&gt;").Replace(text)
}

// code is a cell in which everything is meant as it stands.
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
