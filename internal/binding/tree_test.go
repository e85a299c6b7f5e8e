package binding_test

import (
	"slices"
	"testing"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// pairs is a map in a certain order: key, value, key, value.
type pairs []any

// yamlDoc is the document that the tests' trees stand in.
var yamlDoc = &tree.Doc{Layer: "file", Name: "app.yaml"}

// grow makes a tree of pairs, []any and scalars, a key a line, as block YAML would stand.
func grow(doc *tree.Doc, v any) *tree.Node {
	line := int32(0)
	return growAt(doc, v, &line, 1, 1)
}

func growAt(doc *tree.Doc, v any, line *int32, indent, column int32) *tree.Node {
	switch v := v.(type) {
	case *tree.Node:
		return v
	case pairs:
		start := *line + 1
		entries := make([]tree.Entry, 0, len(v)/2)
		for i := 0; i < len(v); i += 2 {
			*line++
			at := *line
			key := v[i].(string)
			value := growAt(doc, v[i+1], line, indent+2, indent+int32(len(key))+2)
			if s, ok := v[i+1].(pairs); !ok || len(s) == 0 {
				value.Line = at
			}
			entries = append(entries, tree.Entry{Key: key, Value: value, Line: at, Column: indent})
		}
		return tree.NewMap(doc, start, indent, entries)
	case []any:
		items := make([]*tree.Node, len(v))
		for i := range v {
			items[i] = growAt(doc, v[i], line, indent+2, column)
		}
		return tree.NewList(doc, *line, column, items)
	case int:
		return tree.NewScalar(doc, *line, column, int64(v))
	}
	return tree.NewScalar(doc, *line, column, v)
}

// bindTo binds pairs to a T and stops the test if they are not good.
func bindTo[T any](t *testing.T, v any, options ...binder.Option) *T {
	t.Helper()
	got, report := plan[T](t, options...).Bind(grow(yamlDoc, v))
	if len(report.Problems) > 0 {
		t.Fatalf("a good tree has problems:\n%v", report.Problems)
	}
	return got
}

func plan[T any](t testing.TB, options ...binder.Option) *binding.Plan[T] {
	t.Helper()
	p, err := binding.Compile[T](binding.Options(options)...)
	if err != nil {
		t.Fatalf("a good struct has mistakes:\n%v", err)
	}
	return p
}

// problemsOf binds pairs to a T and stops the test if they are good.
func problemsOf[T any](t *testing.T, v any, options ...binder.Option) source.Problems {
	t.Helper()
	got, report := plan[T](t, options...).Bind(grow(yamlDoc, v))
	if len(report.Problems) == 0 {
		t.Fatalf("a bad tree has no problems and became %+v", *got)
	}
	onlyUnknown := !slices.ContainsFunc(report.Problems, func(p *source.Problem) bool { return p.Kind != source.UnknownKey })
	if (got != nil) != onlyUnknown {
		t.Errorf("there is a value: %v; it must be there exactly if nothing but unknown keys is wrong", got != nil)
	}
	return report.Problems
}

// text is short for text without a type, as the environment has it.
func text(s string) source.Text { return source.Text(s) }

// problemsOrNone binds pairs to a T and returns what is wrong, if anything is.
func problemsOrNone[T any](t *testing.T, v any, options ...binder.Option) source.Problems {
	t.Helper()
	_, report := plan[T](t, options...).Bind(grow(yamlDoc, v))
	return report.Problems
}
