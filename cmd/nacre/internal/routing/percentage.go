package routing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

// ErrNoRule is the cause of the error of a rule that a document does not have.
var ErrNoRule = errors.New("no rule has the name")

// Percentage returns the percentage of the rule with a name. It is an error if no rule has the
// name, and if the rule has no percentage.
func Percentage(d repository.Document, rule string) (float64, error) {
	if _, err := Parse(d); err != nil {
		return 0, err
	}
	n, err := locate(d, rule)
	return n.value, err
}

// WithPercentage returns the text of a routing document with another percentage of a rule. Every
// other byte stays: comments, layout, and the order of the keys.
func WithPercentage(d repository.Document, rule string, percentage float64) ([]byte, error) {
	before, err := Parse(d)
	if err != nil {
		return nil, err
	}
	n, err := locate(d, rule)
	if err != nil {
		return nil, err
	}
	text := strconv.FormatFloat(percentage, 'f', -1, 64)
	edited := d
	edited.Content = append(append(append([]byte{}, d.Content[:n.start]...), text...), d.Content[n.end:]...)
	after, err := Parse(edited)
	if err != nil {
		return nil, err
	}
	if now, err := locate(edited, rule); err != nil || now.value != percentage || !alone(before, after, n.rule) {
		return nil, n.fail(d, errors.New("cannot be changed alone"), "write the number in the rule itself, without an anchor or a tag")
	}
	return edited.Content, nil
}

// alone reports whether the conditions of all rules but one are the same.
func alone(before, after *route.Table, rule int) bool {
	others := func(t *route.Table) (reasons []string) {
		for _, r := range rulesOf(t, "") {
			if r.number != rule {
				reasons = append(reasons, r.reason)
			}
		}
		return reasons
	}
	return slices.Equal(others(before), others(after))
}

// number is the percentage of a rule, as it is written.
type number struct {
	rule         int // from 1
	value        float64
	start, end   int // bytes
	line, column int // of the rule, or of the number if it is known
}

func (n number) fail(d repository.Document, err error, fix string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "change percentage", Document: source.Position{Document: d.File, Line: n.line, Column: n.column}.String(),
		Err: err, Fix: fix}
}

// locate finds the percentage of a rule in a document that was parsed.
func locate(d repository.Document, rule string) (number, error) {
	find := inYAML
	if Format(d.DataID, d.Type) == source.FormatJSON {
		find = inJSON
	}
	all, err := find(d.Content, rule)
	switch {
	case err != nil:
		return number{}, number{}.fail(d, fmt.Errorf("the text cannot be read: %w", err), "")
	case len(all) == 0:
		return number{}, number{}.fail(d, fmt.Errorf("%w %q", ErrNoRule, rule), "give --rule the name of a rule")
	}
	n := all[0]
	if n.end == 0 {
		return n, n.fail(d, fmt.Errorf("the rule %q has no percentage", rule), "write percentage: 100 under its match, which is where the release ends")
	}
	value, err := strconv.ParseFloat(string(d.Content[n.start:n.end]), 64)
	if err != nil {
		return n, n.fail(d, fmt.Errorf("the percentage of the rule %q is not a plain number", rule), "write it as 10 or 2.5, without an anchor or a tag")
	}
	n.value = value
	return n, nil
}

// inYAML returns the rules with a name in a YAML document.
func inYAML(data []byte, rule string) (all []number, err error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil || len(document.Content) == 0 {
		return nil, errors.New("is not YAML")
	}
	for i, r := range items(child(document.Content[0], "rules")) {
		if text := child(r, "name"); text == nil || text.Value != rule {
			continue
		}
		n := number{rule: i + 1, line: r.Line, column: r.Column}
		if p := child(child(r, "match"), "percentage"); p != nil && p.Kind == yaml.ScalarNode {
			n.line, n.column = p.Line, p.Column
			if n.start = offset(data, p.Line, p.Column); n.start >= 0 && bytes.HasPrefix(data[n.start:], []byte(p.Value)) {
				n.end = n.start + len(p.Value)
			} else {
				n.start, n.end = 0, 1 // it is there, and not as a plain number
			}
		}
		all = append(all, n)
	}
	return all, nil
}

// child returns the value of a key of a mapping, through an alias; nil: there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if value := n.Content[i+1]; value.Kind == yaml.AliasNode {
				return value.Alias
			}
			return n.Content[i+1]
		}
	}
	return nil
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// offset returns the byte of a line and column, both from 1, or -1. The library counts characters,
// and the line breaks of YAML 1.1.
func offset(data []byte, line, column int) int {
	rest := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	at := len(data) - len(rest)
	for ; line > 1; line-- {
		i := strings.IndexAny(rest, "\n\r\u0085\u2028\u2029")
		if i < 0 {
			return -1
		}
		width := 1
		switch {
		case strings.HasPrefix(rest[i:], "\r\n"):
			width = 2
		case rest[i] >= 0x80:
			width = len(string([]rune(rest[i : i+min(3, len(rest)-i)])[:1]))
		}
		at, rest = at+i+width, rest[i+width:]
	}
	for i := range rest {
		if column--; column == 0 {
			return at + i
		}
	}
	return -1
}

// inJSON returns the rules with a name in a JSON document.
func inJSON(data []byte, rule string) (all []number, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	w := jsonWalk{d: d, data: data}
	err = w.value("")
	if errors.Is(err, io.EOF) {
		err = nil
	}
	for _, n := range w.found {
		if n.name == rule {
			all = append(all, n.number)
		}
	}
	return all, err
}

// jsonWalk reads a document token by token, since a decoder has no positions of values.
type jsonWalk struct {
	d     *json.Decoder
	data  []byte
	found []namedNumber
}

type namedNumber struct {
	number
	name string
}

// value reads one value; at is its place, such as "rules[].match".
func (w *jsonWalk) value(at string) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		return w.inside(t, at)
	case json.Number:
		if n := len(w.found); at == "rules[].match.percentage" && n > 0 {
			end := int(w.d.InputOffset())
			f := &w.found[n-1]
			f.start, f.end = end-len(t), end
			f.line, f.column = w.position(f.start)
		}
	case string:
		if n := len(w.found); at == "rules[].name" && n > 0 {
			w.found[n-1].name = t
		}
	}
	return nil
}

func (w *jsonWalk) inside(open json.Delim, at string) error {
	for w.d.More() {
		place := at + "[]"
		if open == '{' {
			t, err := w.d.Token()
			if err != nil {
				return err
			}
			key, _ := t.(string)
			place = strings.TrimPrefix(at+"."+key, ".")
		} else if at == "rules" {
			n := namedNumber{number: number{rule: len(w.found) + 1}}
			n.line, n.column = w.position(int(w.d.InputOffset()))
			w.found = append(w.found, n)
		}
		if err := w.value(place); err != nil {
			return err
		}
	}
	_, err := w.d.Token() // the closing one
	return err
}

// position returns the line and column of a byte, both from 1.
func (w *jsonWalk) position(at int) (line, column int) {
	before := string(w.data[:min(at, len(w.data))])
	return 1 + strings.Count(before, "\n"), 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
}
