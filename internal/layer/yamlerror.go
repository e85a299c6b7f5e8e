package layer

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/source"
)

var yamlLine = regexp.MustCompile(`^yaml: line ([0-9]+): `)

// yamlWords are what the parser says, as far as it is of use, in words of our own. Anything else becomes "is not valid YAML":
// the parser's text may quote the document.
var yamlWords = []struct{ theirs, ours string }{
	{"found character that cannot start any token", "has a character that cannot start a value; a tab in the indentation, or a text that wants quotes"},
	{"mapping values are not allowed in this context", "has a colon where no key can be; a text with a colon wants quotes"},
	{"could not find expected ':'", "has a key without a colon"},
	{"did not find expected key", "has a line whose indentation fits nothing above it"},
	{"did not find expected '-' indicator", "has a list whose items are not in one column"},
	{"did not find expected ',' or '}'", "has a { without its }"},
	{"did not find expected ',' or ']'", "has a [ without its ]"},
	{"found unexpected end of stream", "has a quote that is never closed"},
	{"found a tab character", "is indented with a tab; YAML wants spaces"},
	{"block sequence entries are not allowed", "has a list item where none can be"},
	{"unknown escape character", "has an escape that is not known between double quotes"},
	{"undefined tag handle", "has a tag that is not declared"},
	{"exceeded max depth", "is nested too deep"},
}

// syntax reports an error of the parser.
func (y *yamlReader) syntax(err error) {
	text := err.Error()
	var line, column int32
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		if n, err := strconv.ParseInt(m[1], 10, 32); err == nil {
			line = int32(n)
		}
		text = text[len(m[0]):]
	}
	message := "is not valid YAML"
	for _, w := range yamlWords {
		if strings.Contains(text, w.theirs) {
			message += ": it " + w.ours
			break
		}
	}
	if name, ok := strings.CutPrefix(text, "yaml: unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "' referenced")
		message = "has an alias of an anchor that does not stand above it"
		if i := bytes.Index(y.data, []byte("*"+name)); i >= 0 {
			line, column = y.at(i)
		}
	}
	y.report(source.Malformed, line, column, message)
}
