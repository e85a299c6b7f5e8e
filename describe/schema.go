package describe

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/nacre-go/nacre/internal/tree"
)

// dialect is the version of JSON Schema.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// Schema returns a JSON Schema (draft 2020-12) for a document of one of several layers: it requires
// no key.
func (d *Description) Schema() []byte { return d.schema(false) }

// WholeSchema returns a JSON Schema for a document that is the only layer: it requires the keys
// that are required and have no default.
func (d *Description) WholeSchema() []byte { return d.schema(true) }

func (d *Description) schema(whole bool) []byte {
	w := &writer{whole: whole, defs: map[string]*jsonschema.Schema{}, open: map[string]bool{}, recursive: map[string]bool{}}
	root := w.of(d.shape)
	// A root that contains itself is a definition, to which the schema refers.
	root = &jsonschema.Schema{Schema: dialect, Type: root.Type, Ref: root.Ref, Properties: root.Properties, PropertyOrder: root.PropertyOrder,
		Required: root.Required, AllOf: root.AllOf, PatternProperties: root.PatternProperties, AdditionalProperties: root.AdditionalProperties}
	for name := range w.recursive {
		if root.Defs == nil {
			root.Defs = map[string]*jsonschema.Schema{}
		}
		root.Defs[name] = w.defs[name]
	}
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil { // not possible: it consists of texts and numbers
		return nil
	}
	return append(data, '\n')
}

// writer writes one schema.
type writer struct {
	whole     bool
	defs      map[string]*jsonschema.Schema // by name of the type
	open      map[string]bool               // types in progress
	recursive map[string]bool               // types that contain themselves
}

func (w *writer) of(s *tree.Shape) *jsonschema.Schema {
	switch s.Kind {
	case tree.StructOf, tree.RemainderOf:
		return w.structure(s)
	case tree.ListOf:
		return &jsonschema.Schema{Type: "array", Items: w.item(s)}
	case tree.MapOf:
		return &jsonschema.Schema{Type: "object", AdditionalProperties: w.of(s.Elem)}
	case tree.Any:
		return &jsonschema.Schema{}
	}
	return leaf(s)
}

// item returns the schema of the items of a list. Items that are matched by a key must have it in
// every layer.
func (w *writer) item(list *tree.Shape) *jsonschema.Schema {
	out := w.of(list.Elem)
	if list.Merge.How != tree.MergeKey {
		return out
	}
	if out.Ref != "" {
		out = &jsonschema.Schema{AllOf: []*jsonschema.Schema{out}}
	} else {
		copied := *out
		out = &copied
	}
	switch key, old := list.Merge.Key, aliases(list.Elem, list.Merge.Key); {
	case old != nil:
		out.AllOf = append(slices.Clone(out.AllOf), anyOf(key, old))
	case !slices.Contains(out.Required, key):
		out.Required = append(slices.Clone(out.Required), key)
	}
	return out
}

func (w *writer) structure(s *tree.Shape) *jsonschema.Schema {
	name := strings.NewReplacer("/", ".", "~", ".").Replace(typeName(s))
	if w.open[name] {
		w.recursive[name] = true
		return &jsonschema.Schema{Ref: "#/$defs/" + name}
	}
	if name != "" {
		w.open[name] = true
		defer delete(w.open, name)
	}
	out := &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, PropertyOrder: slices.Clone(s.Order)}
	for _, key := range s.Order {
		f := s.Fields[key]
		out.Properties[key] = w.field(f)
		old := w.oldNames(out, s, key)
		switch {
		case !w.whole || f.Defaulted || !slices.Contains(rules(f.Rules), "required"):
		case old == nil:
			out.Required = append(out.Required, key)
		default:
			out.AllOf = append(out.AllOf, anyOf(key, old))
		}
	}
	out.PatternProperties = map[string]*jsonschema.Schema{passing: {}}
	if s.Kind == tree.RemainderOf {
		out.AdditionalProperties = w.of(s.Elem)
	} else {
		out.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	}
	if name != "" {
		w.defs[name] = out
	}
	return out
}

// passing matches the keys that a document may always have; see tree.Passes.
const passing = `^(x-.*|\$schema)$`

// oldNames adds the aliases of a key, as deprecated properties, and returns them.
func (w *writer) oldNames(out *jsonschema.Schema, s *tree.Shape, key string) []string {
	old := aliases(s, key)
	for _, alias := range old {
		property := *out.Properties[key]
		property.Deprecated, property.Default, property.Description = true, nil, "old name of "+key
		out.Properties[alias] = &property
		out.PropertyOrder = append(out.PropertyOrder, alias)
	}
	return old
}

// anyOf returns the schema of a map that has at least one of the names of a key.
func anyOf(key string, old []string) *jsonschema.Schema {
	out := &jsonschema.Schema{}
	for _, name := range append([]string{key}, old...) {
		out.AnyOf = append(out.AnyOf, &jsonschema.Schema{Required: []string{name}})
	}
	return out
}

// field returns the schema of a field, with its tags.
func (w *writer) field(f *tree.Shape) *jsonschema.Schema {
	out := w.of(f)
	if out.Ref != "" {
		out = &jsonschema.Schema{AllOf: []*jsonschema.Schema{out}}
	} else {
		copied := *out
		out = &copied
	}
	constrain(out, f)
	if f.Merge.Joins() && !w.whole {
		out.MinItems = nil // the other layers have items too
	}
	var notes []string
	if f.Doc != "" {
		notes = append(notes, f.Doc)
	}
	if f.Rules != "" {
		notes = append(notes, "validate: "+f.Rules)
	}
	if f.Static {
		notes = append(notes, "restart-only")
	}
	if note := mergeNote(f); note != "" {
		notes = append(notes, note)
	}
	if f.Deprecated != "" {
		notes, out.Deprecated = append(notes, "deprecated: "+f.Deprecated), true
	}
	out.Description = strings.Join(notes, "; ")
	if f.Defaulted && !f.HidesText() {
		out.Default = defaultOf(out.Type, f.Default)
	}
	out.WriteOnly = f.Secret
	return out
}

// defaultOf returns a default as a value of the type.
func defaultOf(of, text string) json.RawMessage {
	switch of {
	case "integer", "number", "boolean":
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	data, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	return data
}

var textType = reflect.TypeFor[encoding.TextUnmarshaler]()

// readsText reports whether a type has an UnmarshalText method.
func readsText(t reflect.Type) bool {
	t = pointedTo(t)
	return t != nil && (t.Implements(textType) || reflect.PointerTo(t).Implements(textType))
}

// duration is the syntax of a duration: that of time.ParseDuration, and d for days.
const duration = `^[-+]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d))+$`

// fileMode is the syntax of a file mode.
const fileMode = `^0([oO]?[0-7]+)?$`

// leaf returns the schema of a scalar.
func leaf(s *tree.Shape) *jsonschema.Schema {
	t := pointedTo(s.Go)
	switch {
	case s.Type == "duration":
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: duration}, {Enum: []any{0}}}}
	case s.Type == "file mode": // 0o644 is a number to an editor
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: fileMode}, {Type: "integer"}}}
	case s.Type == "size":
		return &jsonschema.Schema{Types: []string{"string", "integer"}}
	case t == nil:
		return &jsonschema.Schema{}
	case t.PkgPath() == "math/big":
		return &jsonschema.Schema{Types: []string{"string", "number"}}
	case readsText(t):
		return &jsonschema.Schema{Type: "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return &jsonschema.Schema{Type: "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &jsonschema.Schema{Type: "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &jsonschema.Schema{Type: "integer", Minimum: new(float64)}
	case reflect.Float32, reflect.Float64:
		return &jsonschema.Schema{Type: "number"}
	}
	return &jsonschema.Schema{Type: "string"}
}

// rules returns the rules of a validate tag, up to dive: those after it apply to the items.
func rules(tag string) []string {
	all := strings.Split(tag, ",")
	if i := slices.Index(all, "dive"); i >= 0 {
		all = all[:i]
	}
	return all
}

// constrain adds the rules that a schema can express. It leaves out rules with conditions
// (omitempty, alternatives) and rules with a parameter in words.
func constrain(s *jsonschema.Schema, f *tree.Shape) {
	all := rules(f.Rules)
	if slices.ContainsFunc(all, func(r string) bool { return strings.HasPrefix(r, "omit") || strings.HasPrefix(r, "structonly") }) {
		return
	}
	for _, rule := range all {
		name, param, _ := strings.Cut(rule, "=")
		if strings.Contains(rule, "|") {
			continue
		}
		if name == "oneof" {
			oneOf(s, f, param)
			continue
		}
		n, err := strconv.ParseFloat(param, 64)
		if err != nil {
			continue
		}
		switch s.Type {
		case "integer", "number":
			bound(s, name, n)
		case "string":
			if readsText(f.Go) {
				continue // the bound applies to the parsed value, such as a log level
			}
			length(&s.MinLength, &s.MaxLength, name, int(n))
		case "array":
			length(&s.MinItems, &s.MaxItems, name, int(n))
		case "object":
			length(&s.MinProperties, &s.MaxProperties, name, int(n))
		}
	}
}

func oneOf(s *jsonschema.Schema, f *tree.Shape, param string) {
	if strings.Contains(param, "'") {
		return
	}
	for text := range strings.FieldsSeq(param) {
		switch s.Type {
		case "string":
			if !readsText(f.Go) {
				s.Enum = append(s.Enum, text)
			}
		case "integer":
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				s.Enum = append(s.Enum, n)
			}
		}
	}
}

func bound(s *jsonschema.Schema, rule string, n float64) {
	switch rule {
	case "min", "gte":
		s.Minimum = &n
	case "max", "lte":
		s.Maximum = &n
	case "gt":
		s.ExclusiveMinimum = &n
	case "lt":
		s.ExclusiveMaximum = &n
	}
}

// length sets the bounds of a length. Validator counts the characters of a string, as JSON Schema
// does.
func length(low, high **int, rule string, n int) {
	switch rule {
	case "min", "gte":
		*low = &n
	case "max", "lte":
		*high = &n
	case "len":
		*low, *high = &n, &n
	case "gt":
		n++
		*low = &n
	case "lt":
		n--
		*high = &n
	}
}
