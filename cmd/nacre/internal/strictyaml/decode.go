package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode decodes the first document of data into v. A key that v does not have is an error. An
// empty text leaves v as it is.
func Decode(data []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	err := d.Decode(v)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	wrong, ok := errors.AsType[*yaml.TypeError](err)
	if !ok {
		return errors.New(at(err.Error()) + "is not valid YAML")
	}
	var texts []string
	for _, text := range wrong.Errors {
		texts = append(texts, explain(text))
	}
	return errors.New(strings.Join(texts, "; "))
}

var (
	line    = regexp.MustCompile(`line (\d+): `)
	unknown = regexp.MustCompile(`^line \d+: field (.+) not found in type \S+$`)
	twice   = regexp.MustCompile(`^line \d+: mapping key ".*" already defined at line (\d+)$`)
)

// explain returns what a text of the library says, without its values.
func explain(text string) string {
	if m := unknown.FindStringSubmatch(text); m != nil {
		return at(text) + "key " + m[1] + " is unknown"
	}
	if m := twice.FindStringSubmatch(text); m != nil {
		return at(text) + "a key is given twice; the first is in line " + m[1]
	}
	return at(text) + "a value has the wrong type"
}

// at returns the first line number of a text, as the beginning of another one.
func at(text string) string {
	if m := line.FindStringSubmatch(text); m != nil {
		return "line " + m[1] + ": "
	}
	return ""
}
