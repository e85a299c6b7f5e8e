package layer

import (
	"bytes"
	"slices"

	"github.com/nacre-go/nacre/source"
)

const (
	yamlDirective = "%YAML"
	wrongVersion  = "names a YAML version that is not supported - write %YAML 1.2, or leave the line out"
)

// directives accepts %YAML 1.2, which the parser refuses although it reads 1.2, and refuses every
// version but 1.1 and 1.2. It gives the parser "%YAML 1.1" instead, which has the same length, so
// that positions stay right.
func (y *yamlReader) directives() bool {
	if bytes.IndexByte(y.data, '%') < 0 {
		return true
	}
	mayStand := true // directives come before a document, not in it
	declared := false
	for start := 0; start < len(y.data); {
		end := start + lineLength(y.data[start:])
		line := y.data[start:end]
		switch {
		case len(bytes.Trim(line, " \t\r\n")) == 0 || line[0] == '#':
		case ended(line):
			mayStand = true
		case mayStand && bytes.HasPrefix(line, []byte(yamlDirective)):
			y.entire = true
			at, known := version(line)
			if !known {
				l, c := y.at(start)
				y.report(source.Malformed, l, c, wrongVersion)
				return false
			}
			if line[at] == '2' {
				y.data = slices.Clone(y.data)
				y.data[start+at] = '1'
			}
			declared = true
		case mayStand && line[0] == '%':
			declared, y.entire = true, true
		case mayStand:
			if declared && !bytes.HasPrefix(line, []byte("---")) {
				l, c := y.at(start)
				y.report(source.Malformed, l, c, "follows a directive (%) without a --- line between them")
				return false
			}
			mayStand, declared = false, false
		}
		start = end
	}
	return true
}

// lineLength returns the length of the first line of data, including its end.
func lineLength(data []byte) int {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0:
		return len(data)
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2
	}
	return i + 1
}

// ended reports whether a line is the "..." after a document.
func ended(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("..."))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// version returns the offset of the minor number in a %YAML line, and whether the version is 1.1 or
// 1.2.
func version(line []byte) (at int, known bool) {
	rest := line[len(yamlDirective):]
	number := bytes.TrimLeft(rest, " \t")
	at = len(line) - len(number) + len("1.")
	if len(number) == len(rest) || len(number) < len("1.1") || number[0] != '1' || number[1] != '.' {
		return at, false
	}
	after := number[len("1.1"):]
	return at, (number[2] == '1' || number[2] == '2') && (len(after) == 0 || bytes.IndexByte([]byte(" \t\r\n"), after[0]) >= 0)
}

// unicodeLineEnds end a line in YAML 1.1, which the parser follows, and not in YAML 1.2 and in most
// editors.
var unicodeLineEnds = [][]byte{[]byte("\u0085"), []byte("\u2028"), []byte("\u2029")}

// oneWayToSeeLines refuses unicodeLineEnds: one parser would see a comment where another sees a
// key.
func (y *yamlReader) oneWayToSeeLines() bool {
	for _, end := range unicodeLineEnds {
		if i := bytes.Index(y.data, end); i >= 0 {
			line, column := y.at(i)
			y.report(source.Malformed, line, column,
				`has a Unicode line separator, which ends a line in YAML 1.1 only - write it as \N, \L or \P in double quotes, or remove it`)
			return false
		}
	}
	return true
}
