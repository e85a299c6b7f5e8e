package check

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// Schema is a JSON Schema.
type Schema struct{ schema *jsonschema.Schema }

// ParseSchema compiles a schema. References to other files and to the network are errors.
func ParseSchema(name string, data []byte) (Schema, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		compiler := jsonschema.NewCompiler()
		compiler.UseLoader(nothing{})
		if err = compiler.AddResource("schema.json", parsed); err == nil {
			var compiled *jsonschema.Schema
			if compiled, err = compiler.Compile("schema.json"); err == nil {
				return Schema{compiled}, nil
			}
		}
	}
	return Schema{}, exit.With(exit.Invalid, fmt.Errorf("%s is not a valid JSON Schema: %w", name, err), "write it with the package describe, or with nacre schema")
}

// nothing loads no schema.
type nothing struct{}

// Load fails.
func (nothing) Load(string) (any, error) {
	return nil, errors.New("a reference to another document is not followed")
}

// Check merges the layers as a service does, and validates the result.
func (s Schema) Check(ctx context.Context, r Request) (Report, error) {
	report := Report{SchemaVersion: schemaVersion}
	for _, c := range r.Checks {
		problems, err := s.one(ctx, c, r.MissingOK)
		if err != nil {
			return report, err
		}
		report.Checks = append(report.Checks, Result{Name: c.Name, Problems: problems})
	}
	return report, nil
}

func (s Schema) one(ctx context.Context, c Layers, missingOK []string) ([]Problem, error) {
	var layers []source.Source
	contents := map[string][]byte{}
	textual := map[string]bool{} // documents in whose format every value is a text
	for _, l := range c.Layers {
		format := cmp.Or(l.Format, source.FormatOf(l.Document))
		textual[l.Document] = format == source.FormatProperties || format == source.FormatDotenv
		contents[l.Document] = l.Content
		layers = append(layers, fixed{memory.New(l.Document, l.Content), format})
	}
	options := nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)}
	cfg, err := nacre.OpenWith[map[string]any](ctx, options, layers...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return malformed(err), nil
	}
	defer cfg.Close()
	found := s.validate(cfg, textual, missingOK)
	for i := range found {
		p := &found[i]
		if p.Kind == source.UnknownKey.Error() && p.Line > 0 {
			p.place(keyPosition(contents[p.Document], p.Key, p.Line, p.Column))
		}
	}
	return found, nil
}

// fixed gives a document the format that the request names.
type fixed struct {
	*memory.Source
	format string
}

// Next returns the document in that format.
func (f fixed) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	content, err := f.Source.Next(ctx, prev)
	if err == nil && f.format != "" {
		content.Documents = slices.Clone(content.Documents)
		content.Documents[0].Format = f.format
	}
	return content, err
}

// malformed returns the problems of documents that could not be read.
func malformed(err error) []Problem {
	var found []Problem
	if all, ok := errors.AsType[source.Problems](err); ok {
		for _, p := range all {
			found = append(found, ProblemOf(p))
		}
		return found
	}
	return []Problem{{Severity: "error", Kind: source.KindOf(err).Error(), Text: err.Error()}}
}

func (s Schema) validate(cfg *nacre.Config[map[string]any], textual map[string]bool, missingOK []string) []Problem {
	found := []Problem{}
	failed, ok := errors.AsType[*jsonschema.ValidationError](s.schema.Validate(plain(cfg.Tree())))
	if !ok {
		return found
	}
	for _, leaf := range leaves(failed, nil) {
		found = append(found, s.problems(cfg, leaf, textual, missingOK)...)
	}
	slices.SortStableFunc(found, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Document, b.Document), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
	return found
}

// leaves returns the errors that have no cause of their own.
func leaves(e *jsonschema.ValidationError, found []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(found, e)
	}
	for _, cause := range e.Causes {
		found = leaves(cause, found)
	}
	return found
}

// problems returns the problems of one error: one for each key that is unknown or missing.
func (s Schema) problems(cfg *nacre.Config[map[string]any], e *jsonschema.ValidationError, textual map[string]bool, missingOK []string) []Problem {
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var found []Problem
		for _, name := range k.Properties {
			found = append(found, at(cfg, append(slices.Clone(e.InstanceLocation), name), source.UnknownKey, "unknown key"))
		}
		return found
	case *kind.Required:
		var found []Problem
		for _, name := range k.Missing {
			p := at(cfg, append(slices.Clone(e.InstanceLocation), name), source.Missing, "required, and no layer has it")
			if !keypath.Like(missingOK, p.Key) {
				found = append(found, p)
			}
		}
		return found
	case *kind.Type:
		p := at(cfg, e.InstanceLocation, source.WrongType, "must be "+strings.Join(k.Want, " or ")+", not "+k.Got)
		if textual[p.Document] && k.Got == "string" {
			return nil // a service reads the number or the boolean in the text
		}
		return []Problem{p}
	}
	return []Problem{at(cfg, e.InstanceLocation, source.Invalid, rule(e))}
}

// rule says which rule a value breaks, without the value.
func rule(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Enum:
		var all []string
		for _, v := range k.Want {
			all = append(all, fmt.Sprint(v))
		}
		return "must be one of " + strings.Join(all, ", ")
	case *kind.Minimum:
		want, _ := k.Want.Float64()
		return "must be at least " + strconv.FormatFloat(want, 'g', -1, 64)
	case *kind.Maximum:
		want, _ := k.Want.Float64()
		return "must be at most " + strconv.FormatFloat(want, 'g', -1, 64)
	case *kind.Pattern:
		return "must match " + k.Want
	case *kind.Format:
		return "must be a valid " + k.Want
	case *kind.MinLength:
		return "must have at least " + strconv.Itoa(k.Want) + " characters"
	case *kind.MaxLength:
		return "must have at most " + strconv.Itoa(k.Want) + " characters"
	case *kind.MinItems:
		return "must have at least " + strconv.Itoa(k.Want) + " items"
	case *kind.MaxItems:
		return "must have at most " + strconv.Itoa(k.Want) + " items"
	case *kind.MinProperties:
		return "must have at least " + strconv.Itoa(k.Want) + " keys"
	case *kind.MaxProperties:
		return "must have at most " + strconv.Itoa(k.Want) + " keys"
	}
	return "breaks the rule " + strings.Join(e.ErrorKind.KeywordPath(), ".") + " of the schema"
}

// at returns a problem of a key, with the position of the key or of the nearest one above it.
func at(cfg *nacre.Config[map[string]any], location []string, k source.Kind, text string) Problem {
	p := Problem{Severity: "error", Kind: k.Error(), Key: key(location)}
	for n := len(location); n > 0; n-- {
		e, err := cfg.Explain(key(location[:n]))
		if err != nil {
			continue
		}
		if i := slices.IndexFunc(e.LayerValues, func(v observe.LayerValue) bool { return v.Effective }); i >= 0 {
			position := e.LayerValues[i].Position
			p.Document, p.Line, p.Column = position.Document, position.Line, position.Column
			break
		}
	}
	p.Text = text
	p.place(p.Line, p.Column)
	return p
}

// place sets the line and column of a problem, also in its text.
func (p *Problem) place(line, column int) {
	old := strings.TrimSpace(source.Position{Document: p.Document, Line: p.Line, Column: p.Column}.String()+" "+p.Key) + ": "
	text := strings.TrimPrefix(p.Text, old)
	p.Line, p.Column = line, column
	p.Text = strings.TrimSpace(source.Position{Document: p.Document, Line: line, Column: column}.String()+" "+p.Key) + ": " + text
}

// key returns a path as people write it: hosts[2].port, labels."app.io/name".
func key(location []string) string {
	var b strings.Builder
	for _, part := range location {
		_, err := strconv.Atoi(part)
		switch {
		case err == nil:
			b.WriteString("[" + part + "]")
			continue
		case b.Len() > 0:
			b.WriteByte('.')
		}
		if strings.ContainsAny(part, `.[]" `) {
			part = strconv.Quote(part)
		}
		b.WriteString(part)
	}
	return b.String()
}
