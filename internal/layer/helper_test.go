package layer_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// read decodes a text in a format.
func read(format, text string, shape *tree.Shape) (*tree.Node, source.Problems) {
	return layer.Decode("l", "r1", source.Document{Name: "doc", Format: format, Data: []byte(text)}, shape)
}

// must decodes a text that is right.
func must(t *testing.T, format, text string, shape *tree.Shape) *tree.Node {
	t.Helper()
	n, ps := read(format, text, shape)
	if len(ps) > 0 {
		t.Fatalf("%s that is right was refused: %v", format, ps)
	}
	return n
}

// lines are the problems' texts, one a line.
func told(ps source.Problems) string {
	if len(ps) == 0 {
		return ""
	}
	return ps.Error()
}

func want(t *testing.T, got source.Problems, lines ...string) {
	t.Helper()
	if g, w := told(got), strings.Join(lines, "\n"); g != w {
		t.Errorf("problems are\n%s\nwant\n%s", g, w)
	}
}

// Shapes for tests.
var leaf = &tree.Shape{Kind: tree.Leaf, Type: "string"}

func listOf(elem *tree.Shape) *tree.Shape { return &tree.Shape{Kind: tree.ListOf, Elem: elem} }
func mapOf(elem *tree.Shape) *tree.Shape  { return &tree.Shape{Kind: tree.MapOf, Elem: elem} }

// structOf takes keys and shapes in turn; a key that is followed by another is a leaf.
func structOf(fields ...any) *tree.Shape {
	s := &tree.Shape{Kind: tree.StructOf, Fields: map[string]*tree.Shape{}}
	for i := 0; i < len(fields); i++ {
		key := fields[i].(string)
		s.Order = append(s.Order, key)
		s.Fields[key] = leaf
		if i+1 < len(fields) {
			if f, ok := fields[i+1].(*tree.Shape); ok {
				s.Fields[key] = f
				i++
			}
		}
	}
	return s
}

// environData returns the data of a document of variables with the prefix APP_.
func environData(t *testing.T, entries ...string) string {
	t.Helper()
	var data []byte
	for _, e := range entries {
		key, value, _ := strings.Cut(e, "=")
		var ok bool
		if data, ok = environ.Append(data, environ.Variable{Key: key, Name: "APP_" + key, Value: value}); !ok {
			t.Fatalf("%s cannot be a variable", e)
		}
	}
	return string(data)
}

func itoa(i int) string { return strconv.Itoa(i) }
