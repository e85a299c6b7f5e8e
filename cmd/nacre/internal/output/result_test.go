package output_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
)

type item struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Note string `json:"note,omitempty"`
}

func TestWrite(t *testing.T) {
	t.Parallel()
	result := output.Result{
		Value: struct {
			Items []item `json:"items"`
		}{[]item{{"a<b.yaml", 3, ""}, {"true", 10, "two\nlines"}}},
		Header: []string{"NAME", "SIZE"}, Rows: [][]string{{"a<b.yaml", "3"}, {"b\x1b[31m\u202e", ""}}, Names: []string{"a<b.yaml", "b\r"},
	}
	for format, want := range map[output.Format]string{
		output.JSON: `{
  "schema_version": 1,
  "items": [
    {
      "name": "a<b.yaml",
      "size": 3
    },
    {
      "name": "true",
      "size": 10,
      "note": "two\nlines"
    }
  ]
}
`,
		output.YAML: `schema_version: 1
items:
  - name: a<b.yaml
    size: 3
  - name: "true"
    size: 10
    note: |-
      two
      lines
`,
		output.Table: "NAME             SIZE\na<b.yaml         3\nb\\x1b[31m\\u202e  -\n",
		output.Name:  "a<b.yaml\nb\\r\n",
	} {
		var b bytes.Buffer
		if err := output.Write(&b, format, result); err != nil || b.String() != want {
			t.Errorf("%s: error %v, and got\n%s\nwant\n%s", format, err, b.String(), want)
		}
	}
}

// A stream has one object in each line, so that a program can read it while it grows.
func TestLine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for range 2 {
		if err := output.Line(&b, output.JSON, output.Result{Value: struct{}{}}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.String(), strings.Repeat("{\"schema_version\":1}\n", 2); got != want {
		t.Errorf("two results of a stream are %q, want %q", got, want)
	}
	b.Reset()
	if err := output.Line(&b, output.YAML, output.Result{Value: item{Name: "x"}}); err != nil || b.String() != "---\nschema_version: 1\nname: x\nsize: 0\n" {
		t.Errorf("a YAML document of a stream is %q, error %v", b.String(), err)
	}
}

func TestAResultIsAnObject(t *testing.T) {
	t.Parallel()
	if err := output.Write(&bytes.Buffer{}, output.JSON, output.Result{Value: []int{1}}); err == nil {
		t.Error("a list has no schema_version, and is written")
	}
	if _, err := output.Parse("xml"); err == nil || !strings.Contains(err.Error(), "table, json, yaml, name") {
		t.Errorf("an unknown format: %v, want the list of formats", err)
	}
}

// A plan is printed and written to a file, so it has the version itself.
func TestAResultHasOneSchemaVersion(t *testing.T) {
	t.Parallel()
	value := struct {
		SchemaVersion int    `json:"schema_version"`
		Kind          string `json:"kind"`
	}{1, "plan"}
	for _, f := range []output.Format{output.JSON, output.YAML} {
		var b bytes.Buffer
		if err := output.Write(&b, f, output.Result{Value: value}); err != nil || strings.Count(b.String(), "schema_version") != 1 {
			t.Errorf("the result is %q, %v, want one schema_version", b.String(), err)
		}
	}
}
