package nacre_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

var updateNumbers = flag.Bool("update", false, "write the tables of docs again")

// spelled are texts that some format takes as a number, a bool or nothing.
var spelled = []string{
	"5", "+5", "-5", "-0", "256", "0644", "08", "-07", "00", "0o17", "0x1F", "0b11", "1_000", "1_", "1e3", "1e-1", "1e400", ".5", "5.", "5.0", "01.5", "9007199254740993",
	"9223372036854775808", "18446744073709551616", ".inf", "inf", "-.inf", ".nan", "nan", "NaN", "true", "True", "TRUE", "t", "1", "0", "yes", "no", "on", "off", "null", "~", "1:30",
	"3s", "1d", "1m", "10MiB", "1kB", "64Mi", "5M", "10m", "2026-01-02", "1.2.3", "1,2", "a=1", "[1,2]", "{a: 1}",
}

// spelledIn are the formats, and how a text stands in each.
var spelledIn = []struct{ name, format, before, after string }{
	{"YAML", source.FormatYAML, "v: ", "\n"},
	{"JSON", source.FormatJSON, `{"v":`, `}`},
	{"TOML", source.FormatTOML, "v = ", "\n"},
	{"quoted", source.FormatJSON, `{"v":"`, `"}`},
	{"quoted", source.FormatYAML, `v: "`, "\"\n"},
	{"quoted", source.FormatTOML, `v = "`, "\"\n"},
	{"text", source.FormatProperties, "v=", "\n"},
	{"text", source.FormatDotenv, "V=", "\n"},
	{"text", environ.Format, "V<APP_V=", "\x00"},
}

type spelledField[T any] struct {
	V T `config:"v"`
}

const (
	refused = "–"
	nothing = "nothing"
)

// reader reads texts into fields of one type.
type reader struct {
	name string
	read func(format, document string) string
	def  func(text string) string
}

func readerOf[T any](t *testing.T, name string) reader {
	t.Helper()
	p, err := binding.Compile[spelledField[T]]()
	if err != nil {
		t.Fatal(err)
	}
	return reader{name,
		func(format, document string) string {
			root, problems := layer.Decode("l", "r", source.Document{Name: "d", Format: format, Data: []byte(document)}, p.Shape())
			if len(problems) > 0 {
				return refused
			}
			if n := root.Child("v"); n == nil || n.Kind == tree.Null {
				return nothing
			}
			got, report := p.Bind(root)
			if len(report.Problems) > 0 {
				return refused
			}
			return shown(got.V)
		},
		func(text string) string {
			field := reflect.StructField{Name: "V", Type: reflect.TypeFor[T](), Tag: reflect.StructTag(fmt.Sprintf("config:\"v\" default:%q", text))}
			into := reflect.New(reflect.StructOf([]reflect.StructField{field}))
			if err := binder.Bind(map[string]any{}, into.Interface()); err != nil {
				return refused
			}
			return shown(into.Elem().Field(0).Interface())
		},
	}
}

func shown(v any) string {
	switch v := v.(type) {
	case fmt.Stringer:
		return v.String()
	case *int:
		return fmt.Sprint(*v)
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

// TestNumbersMeanOneThing holds that a text never means two numbers, in whatever layer it stands:
// all formats that accept it for a field of some type give the same value. A field of type any may
// be a number from a typed format and text from the others.
func TestNumbersMeanOneThing(t *testing.T) {
	t.Parallel()
	readers := []reader{
		readerOf[int](t, "int"), readerOf[uint8](t, "uint8"), readerOf[float64](t, "float64"), readerOf[bool](t, "bool"), readerOf[string](t, "string"),
		readerOf[time.Duration](t, "Duration"), readerOf[binder.Size](t, "Size"), readerOf[fs.FileMode](t, "FileMode"), readerOf[[]int](t, "[]int"),
		readerOf[map[string]int](t, "map[string]int"), readerOf[any](t, "any"), readerOf[*int](t, "*int"),
	}
	var table strings.Builder
	heads := []string{"Text"}
	for _, r := range readers {
		if !r.hidden() {
			heads = append(heads, r.name)
		}
	}
	table.WriteString("| " + strings.Join(heads, " | ") + " |\n" + strings.Repeat("|---", len(heads)) + "|\n")
	for _, text := range spelled {
		table.WriteString("| `" + text + "` |")
		for _, r := range readers {
			values, in := r.all(text)
			meant := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == nothing || r.name == "any" && v == shown(text) })
			if len(meant) > 1 {
				t.Errorf("%s means several things to a field of type %s: %v", text, r.name, in)
			}
			if !r.hidden() {
				table.WriteString(" " + cell(values, in) + " |")
			}
		}
		table.WriteString("\n")
	}
	checkTable(t, "docs/numbers.md", table.String())
}

// checkTable holds that a document has a table, or writes it.
func checkTable(t *testing.T, file, table string) {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(file), ".md")
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->\n"
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(have), begin)
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has lost the marks of its table", file)
	}
	want := before + begin + table + end + after
	if *updateNumbers {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(have) {
		t.Errorf("%s is out of date; write it again with go test . -run '^%s$' -update", file, t.Name())
	}
}

// hidden reports whether the type has no column in the document, because another type behaves the
// same.
func (r reader) hidden() bool {
	return r.name == "uint8" || r.name == "map[string]int" || r.name == "*int"
}

// all returns the values of a text, and the formats that give each of them.
func (r reader) all(text string) (values []string, in map[string][]string) {
	in = map[string][]string{}
	note := func(name, got string) {
		if got == refused || slices.Contains(in[got], name) {
			return
		}
		if in[got] == nil {
			values = append(values, got)
		}
		in[got] = append(in[got], name)
	}
	for _, f := range spelledIn {
		note(f.name, r.read(f.format, f.before+text+f.after))
	}
	note("text", r.def(text))
	return values, in
}

// cell returns the values of a text, with their formats if these are not all.
func cell(values []string, in map[string][]string) string {
	if len(values) == 0 {
		return refused
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = strings.ReplaceAll(v, "|", "\\|")
		if formats := in[v]; len(formats) < 4 {
			parts[i] += " (" + strings.Join(formats, ", ") + ")"
		}
	}
	return strings.Join(parts, "; ")
}
