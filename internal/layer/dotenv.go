package layer

import (
	"bytes"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// dotenvReader decodes a .env file, line by line: NAME=value, with or without "export" before it. A
// value is
//
//   - plain: to the end of the line, without the space around it and without a comment (a # after a
//     space);
//   - in 'single quotes': literal, possibly over several lines;
//   - in "double quotes": the same with \n, \r, \t, \", \\, \$ and \ at the end of a line, which
//     joins it with the next. Any other \ is literal.
//
// A $ is literal: variables are not expanded, because a password with a $ is more common than a
// reference.
type dotenvReader struct {
	*flat
	next int
}

func (r *reading) dotenv() *tree.Node {
	d := &dotenvReader{flat: r.flat(false)}
	for d.next < len(d.data) && !d.stopped {
		d.assignment()
	}
	return d.build()
}

func (d *dotenvReader) assignment() {
	d.skip(" \t\r\n")
	if d.next == len(d.data) {
		return
	}
	if d.data[d.next] == '#' {
		d.toNextLine()
		return
	}
	d.export()
	start := d.next
	for d.next < len(d.data) && nameByte(d.data[d.next]) {
		d.next++
	}
	name := string(d.data[start:d.next])
	d.skip(" \t")
	if name == "" || d.next == len(d.data) || d.data[d.next] != '=' {
		d.malformed(start, "is not NAME=value")
		return
	}
	d.next++
	d.skip(" \t")
	s := &setting{name: name, shown: name, doc: d.reading.doc}
	s.line, s.column = d.at(start)
	s.valueLine, s.valueColumn = d.at(d.next)
	if value, ok := d.value(); ok {
		s.value = value
		d.add(s)
	}
}

// nameByte reports whether a name may contain c.
func nameByte(c byte) bool {
	return c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func (d *dotenvReader) skip(set string) {
	for d.next < len(d.data) && strings.IndexByte(set, d.data[d.next]) >= 0 {
		d.next++
	}
}

// export skips the word "export", unless that is the name itself.
func (d *dotenvReader) export() {
	rest := d.data[d.next:]
	if !bytes.HasPrefix(rest, []byte("export")) || len(rest) < 7 || rest[6] != ' ' && rest[6] != '\t' {
		return
	}
	before := d.next
	d.next += len("export")
	d.skip(" \t")
	if d.next < len(d.data) && d.data[d.next] == '=' {
		d.next = before
	}
}

func (d *dotenvReader) toNextLine() {
	if i := bytes.IndexByte(d.data[d.next:], '\n'); i >= 0 {
		d.next += i + 1
		return
	}
	d.next = len(d.data)
}

func (d *dotenvReader) malformed(offset int, message string) {
	line, column := d.at(offset)
	d.reportAt(source.Malformed, line, column, "", message)
	d.toNextLine()
}

func (d *dotenvReader) value() (string, bool) {
	if d.next < len(d.data) && (d.data[d.next] == '"' || d.data[d.next] == '\'') {
		return d.quoted(d.data[d.next])
	}
	start := d.next
	d.toNextLine()
	value := string(d.data[start:d.next])
	if i := strings.IndexByte(strings.TrimRight(value, "\r\n"), '\r'); i >= 0 {
		return "", d.loneCR(start + i)
	}
	for i := range value {
		if value[i] == '#' && (i == 0 && start > 0 && isSpace(d.data[start-1]) || i > 0 && isSpace(value[i-1])) {
			value = value[:i]
			break
		}
	}
	return strings.Trim(value, " \t\r\n"), true
}

// loneCR reports a carriage return without a line feed: a file with such line ends would become one
// value.
func (d *dotenvReader) loneCR(offset int) bool {
	d.next = offset
	d.malformed(offset, `has a carriage return (CR) without a line feed; save it with LF or CRLF, or write \r in double quotes`)
	return false
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// quoted decodes up to the closing quote, after which only a comment is allowed.
func (d *dotenvReader) quoted(quote byte) (string, bool) {
	start := d.next
	var b strings.Builder
	for d.next++; ; d.next++ {
		if d.next == len(d.data) {
			d.next = start
			d.malformed(start, "has a quote that is not closed")
			return "", false
		}
		c := d.data[d.next]
		if c == quote {
			break
		}
		if c == '\\' && quote == '"' {
			d.escape(&b)
			continue
		}
		if c == '\r' {
			if d.next+1 == len(d.data) || d.data[d.next+1] != '\n' {
				return "", d.loneCR(d.next)
			}
			continue // lines end with \n, on every system
		}
		b.WriteByte(c)
	}
	d.next++
	end := d.next
	d.skip(" \t\r")
	if d.next < len(d.data) && d.data[d.next] != '\n' && (d.data[d.next] != '#' || d.next == end) {
		d.malformed(d.next, "has text after the closing quote")
		return "", false
	}
	d.toNextLine()
	return b.String(), true
}

// escape decodes a backslash, and what it escapes, between double quotes.
func (d *dotenvReader) escape(b *strings.Builder) {
	rest := d.data[d.next+1:]
	switch {
	case len(rest) == 0:
		b.WriteByte('\\')
		return
	case bytes.HasPrefix(rest, []byte("\r\n")):
		d.next += 2
		return
	}
	switch c := rest[0]; c {
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case '"', '\\', '$':
		b.WriteByte(c)
	case '\n':
	default:
		b.WriteByte('\\')
		return // c is next
	}
	d.next++
}
