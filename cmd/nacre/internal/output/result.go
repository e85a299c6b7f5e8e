package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// SchemaVersion is the schema_version of every object.
const SchemaVersion = 1

// Format is the form of the output.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
	YAML  Format = "yaml"
	Name  Format = "name"
)

// Formats lists the formats.
func Formats() []string { return []string{string(Table), string(JSON), string(YAML), string(Name)} }

// Parse returns the format with that name.
func Parse(name string) (Format, error) {
	if slices.Contains(Formats(), name) {
		return Format(name), nil
	}
	return "", fmt.Errorf("output format %q is unknown; use one of %s", name, strings.Join(Formats(), ", "))
}

// Result is what a command found, in all forms.
type Result struct {
	// Value is the object of JSON and YAML: a struct or map.
	Value any
	// Header and Rows are the table. Text replaces it for a result that is not one.
	Header []string
	Rows   [][]string
	Text   func(w io.Writer) error
	// Names are the lines of the format name.
	Names []string
}

// Write writes a result. JSON is indented.
func Write(w io.Writer, f Format, r Result) error {
	var b bytes.Buffer
	err := write(&b, f, r)
	if err == nil {
		_, err = w.Write(b.Bytes())
	}
	return err
}

func write(b *bytes.Buffer, f Format, r Result) error {
	switch f {
	case JSON:
		line, err := object(r.Value)
		if err == nil {
			err = json.Indent(b, line, "", "  ")
		}
		b.WriteByte('\n')
		return err
	case YAML:
		line, err := object(r.Value)
		if err != nil {
			return err
		}
		return asYAML(b, line)
	case Name:
		for _, name := range r.Names {
			b.WriteString(Clean(name) + "\n")
		}
		return nil
	}
	if r.Text != nil {
		return r.Text(b)
	}
	return table(b, r.Header, r.Rows)
}

// Line writes a result of a stream: one line, or for YAML one document.
func Line(w io.Writer, f Format, r Result) error {
	var b bytes.Buffer
	switch f {
	case JSON:
		line, err := object(r.Value)
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	case YAML:
		b.WriteString("---\n")
		if err := write(&b, f, r); err != nil {
			return err
		}
	default:
		if err := write(&b, f, r); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// object returns a value as a JSON object in one line, with one schema_version, first.
func object(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	line := bytes.TrimSpace(b.Bytes())
	if len(line) < 2 || line[0] != '{' {
		return nil, errors.New("output is not an object")
	}
	const field = `{"schema_version":`
	if bytes.HasPrefix(line, []byte(field)) { // a plan, which is also a file, has its own
		return line, nil
	}
	head := field + strconv.Itoa(SchemaVersion)
	if line[1] != '}' {
		head += ","
	}
	return append([]byte(head), line[1:]...), nil
}

// asYAML writes JSON as YAML, with the fields in the same order.
func asYAML(b *bytes.Buffer, line []byte) error {
	var node yaml.Node
	if err := yaml.Unmarshal(line, &node); err != nil {
		return err
	}
	plain(&node)
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	if err := e.Encode(&node); err != nil {
		return err
	}
	return e.Close()
}

// plain lets the encoder choose the style of each node; a text that looks like another type stays
// quoted.
func plain(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		n.SetString(n.Value)
	}
	for _, c := range n.Content {
		plain(c)
	}
}

func table(b *bytes.Buffer, header []string, rows [][]string) error {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for i, row := range append([][]string{header}, rows...) {
		if i == 0 && header == nil {
			continue
		}
		cells := make([]string, len(row))
		for j, cell := range row {
			if cells[j] = Clean(cell); cell == "" {
				cells[j] = "-"
			}
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

// Clean returns a text for a terminal: without control characters, which could move the cursor or
// change what was printed before.
func Clean(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a terminal does not show a rune as it is: control characters, and those
// that change the direction of text.
func hidden(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
