package layer

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/source"
)

var yamlLine = regexp.MustCompile(`line ([0-9]+): `)

// yamlWords are nacre's texts for errors of the parser. Any other error becomes "is not valid
// YAML": the text of the parser may quote the document.
var yamlWords = []struct{ theirs, ours string }{
	{"found character that cannot start any token", "has a character that cannot start a value; a tab in the indentation, or a text that needs quotes"},
	{colonMisplaced, "has a colon where no key can be; a text with a colon needs quotes"},
	{"could not find expected ':'", "has a key without a colon"},
	{keyMissing, "has a line whose indentation matches no line above it"},
	{"did not find expected '-' indicator", "has a list whose items start in different columns"},
	{"did not find expected ',' or '}'", "has a { without a }"},
	{"did not find expected ',' or ']'", "has a [ without a ]"},
	{"found unexpected end of stream", "has a quote that is not closed"},
	{"found a tab character", "is indented with a tab; use spaces"},
	{"block sequence entries are not allowed", "has a list item where none can be"},
	{"unknown escape character", "has an escape that is not known between double quotes"},
	{"undefined tag handle", "has a tag that is not declared"},
	{"did not find expected <document start>", "has a directive (%) without a line --- after it"},
	{"found duplicate %YAML directive", "has two %YAML lines"},
	{"found duplicate %TAG directive", "declares a tag twice"},
	{"found unknown directive name", "has a directive other than %YAML and %TAG"},
	{"invalid Unicode character escape code", "has an escape that is not a character; write the character itself, or \\U and eight digits"},
	{"exceeded max depth", "is nested too deeply"},
	{"control characters are not allowed", "has a control character"},
}

// What the parser says of a line that is indented too far, and of other mistakes, such as
// "a: b: c".
const (
	colonMisplaced = "mapping values are not allowed in this context"
	keyMissing     = "did not find expected key"
)

// isTooDeep reports whether a line is indented more than the one above it, although that one does
// not open a map, a list or a text.
func (y *yamlReader) isTooDeep(line int32) bool {
	lines := bytes.Split(y.data, []byte("\n"))
	if line < 1 || int(line) > len(lines) {
		return false
	}
	depth := func(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " ")) }
	for i := int(line) - 2; i >= 0; i-- {
		above, _, _ := bytes.Cut(lines[i], []byte(" #"))
		if above = bytes.TrimRight(above, " \r"); len(above) == depth(above) || above[depth(above)] == '#' {
			continue
		}
		return depth(lines[line-1]) > depth(above) && !bytes.HasSuffix(above, []byte(":")) && bytes.Contains(above, []byte(": "))
	}
	return false
}

// maxSearch is the size in bytes up to which faultyLine searches for the line of an error.
const maxSearch = 256 << 10

// syntax reports an error of the parser.
func (y *yamlReader) syntax(err error) {
	text := yamlLine.ReplaceAllString(err.Error(), "")
	line, column := y.faultyLine(err), int32(0)
	message := "is not valid YAML"
	for _, w := range yamlWords {
		if !strings.Contains(text, w.theirs) {
			continue
		}
		message += ": it " + w.ours
		if (w.theirs == colonMisplaced || w.theirs == keyMissing) && y.isTooDeep(line) {
			message = "is not valid YAML: it has a line that is indented more than the line above, which has a value already; indent both alike"
		}
		break
	}
	if name, ok := strings.CutPrefix(text, "yaml: unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "' referenced")
		message = "has an alias of an anchor that is not defined above it"
		start := y.offset(line)
		if i := bytes.Index(y.data[start:], []byte("*"+name)); i >= 0 {
			line, column = y.at(start + i)
		}
	}
	y.report(source.Malformed, line, column, message)
}

// faultyLine returns the line at which the parser fails. The parser itself reports the beginning of
// a construct, and is often off by one line. So faultyLine searches for the shortest prefix of the
// document that fails in the same way: its last line is the result.
func (y *yamlReader) faultyLine(err error) int32 {
	text := err.Error()
	if len(y.data) > maxSearch {
		return told(text)
	}
	y.at(0) // compute the lines
	starts := y.lines.starts
	last := len(starts)
	if starts[last-1] == len(y.data) {
		last--
	}
	fails := func(k int) bool {
		end := len(y.data)
		if k+1 < len(starts) {
			end = starts[k+1]
		}
		fault := firstFault(y.data[:end])
		return fault != nil && fault.Error() == text
	}
	// The line of the parser is usually near: search around it in steps that double.
	low, high := 0, last // the first that fails is in [low, high]
	for at, step := int(told(text))-1, 1; at >= 0 && at < last; step *= 2 {
		if fails(at) {
			if high = at; low == at {
				break
			}
			if at -= step; at < low {
				break
			}
			continue
		}
		if low = at + 1; high < last {
			break
		}
		at += step
	}
	k := low + sort.Search(high-low, func(k int) bool { return fails(low + k) })
	return int32(min(k+1, max(last, 1)))
}

// told returns the line in the error of the parser, or 0.
func told(text string) int32 {
	m := yamlLine.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// firstFault returns the first error of the parser for the data.
func firstFault(data []byte) error {
	documents := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := documents.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (y *yamlReader) offset(line int32) int {
	y.at(0)
	return y.lines.starts[max(0, min(int(line), len(y.lines.starts))-1)]
}
