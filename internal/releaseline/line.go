package releaseline

import (
	"bytes"
	"strings"

	"github.com/nacre-go/nacre/source"
)

const (
	start      = "# nacre: "
	maxLine    = 512 // bytes, without the end of the line
	maxRelease = 128 // bytes
	bom        = "\ufeff"
)

// Line is what a publisher says in the first line of a document. An empty field is not given.
type Line struct {
	// Release is the name of the release.
	Release string
	// TraceParent identifies the span of the publication, in the form of W3C Trace Context.
	TraceParent string
}

// HasComments reports whether a format has comments in which the line may be.
func HasComments(format string) bool {
	switch format {
	case source.FormatYAML, source.FormatTOML, source.FormatProperties, source.FormatDotenv:
		return true
	}
	return false
}

// Read returns the line of a document, or a zero Line if the document has none.
func Read(format string, data []byte) Line {
	line, _ := find(format, data)
	return line
}

// Without returns a document without its line. It does not copy the data.
func Without(format string, data []byte) []byte {
	_, rest := find(format, data)
	return rest
}

// Put returns a document with a line, in place of the one that it has. A zero Line removes that.
// The format must have comments, and the fields of the line must be valid.
func Put(format string, data []byte, line Line) []byte {
	rest := bytes.TrimPrefix(Without(format, data), []byte(bom))
	text := line.String()
	if text == "" {
		return rest
	}
	end := "\n"
	if first, _, ok := bytes.Cut(rest, []byte("\n")); ok && bytes.HasSuffix(first, []byte("\r")) {
		end = "\r\n"
	}
	return append([]byte(text+end), rest...)
}

// String returns the line without its end, or "" for a zero Line.
func (l Line) String() string {
	var fields []string
	if l.Release != "" {
		fields = append(fields, "release="+l.Release)
	}
	if l.TraceParent != "" {
		fields = append(fields, "traceparent="+l.TraceParent)
	}
	if fields == nil {
		return ""
	}
	return start + strings.Join(fields, " ")
}

// find returns the line of a document and the document without it.
func find(format string, data []byte) (line Line, rest []byte) {
	text := bytes.TrimPrefix(data, []byte(bom))
	if !bytes.HasPrefix(text, []byte(start)) || !HasComments(format) {
		return Line{}, data
	}
	first, after := text, []byte(nil)
	if i := bytes.IndexByte(text[:min(len(text), maxLine+2)], '\n'); i >= 0 {
		first, after = text[:i], text[i+1:]
	}
	first = bytes.TrimSuffix(first, []byte("\r"))
	if len(first) > maxLine {
		return Line{}, data
	}
	line, ok := parse(string(first[len(start):]))
	if !ok {
		return Line{}, data
	}
	return line, after
}

// parse reads the fields of a line. It ignores fields that it does not know.
func parse(fields string) (line Line, ok bool) {
	for field := range strings.SplitSeq(fields, " ") {
		if field == "" {
			continue
		}
		key, value, isField := strings.Cut(field, "=")
		if !isField || !isKey(key) || !isValue(value) {
			return Line{}, false
		}
		var to *string
		var valid bool
		switch key {
		case "release":
			to, valid = &line.Release, IsRelease(value)
		case "traceparent":
			to, valid = &line.TraceParent, IsTraceParent(value)
		default:
			ok = true
			continue
		}
		if !valid || *to != "" {
			return Line{}, false
		}
		*to, ok = value, true
	}
	return line, ok
}

func isKey(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return (c < 'a' || c > 'z') && c != '-' && c != '_' })
}

func isValue(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' })
}

// IsRelease reports whether a text can be the release of a line: 1 to 128 letters and digits of
// ASCII, and characters of "._-+/:@".
func IsRelease(text string) bool {
	return text != "" && len(text) <= maxRelease && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-+/:@", c)
	})
}

// IsTraceParent reports whether a text is a traceparent of version 00 of W3C Trace Context: 55
// bytes, with a trace ID and a span ID that are not zero.
func IsTraceParent(text string) bool {
	if len(text) != 55 || text[:3] != "00-" || text[35] != '-' || text[52] != '-' {
		return false
	}
	trace, span, flags := text[3:35], text[36:52], text[53:]
	return isHex(trace+span+flags) && strings.Trim(trace, "0") != "" && strings.Trim(span, "0") != ""
}

func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdef") == ""
}
