package layer

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// propertiesReader decodes .properties as java.util.Properties does: a key ends at '=', ':' or
// white space, a backslash at the end of a line joins it with the next, \t \n \r \f and \uXXXX mean
// the same as in Java, any other backslash is dropped, and lines that begin with '#' or '!' are
// comments. It differs in three ways: the file is UTF-8, a duplicate key is a problem, and so is a
// key without '=', ':' and a value, such as a heading without its comment sign.
type propertiesReader struct {
	*flat
	next int
}

func (r *reading) properties() *tree.Node {
	p := &propertiesReader{flat: r.flat(true)}
	for p.next < len(p.data) && !p.stopped {
		if s := p.line(); s != nil {
			p.add(s)
		}
	}
	return p.build()
}

// line decodes one logical line. It returns nil for a line that sets nothing.
func (p *propertiesReader) line() *setting {
	for p.next < len(p.data) && (blank(p.data[p.next]) || lineEnd(p.data[p.next])) {
		p.next++
	}
	if p.next == len(p.data) {
		return nil
	}
	if c := p.data[p.next]; c == '#' || c == '!' {
		for p.next < len(p.data) && !lineEnd(p.data[p.next]) {
			p.next++
		}
		return nil
	}
	s := &setting{doc: p.reading.doc}
	s.line, s.column = p.at(p.next)
	name, ok := p.text(true)
	separated := p.separator()
	s.valueLine, s.valueColumn = p.at(p.next)
	value, okValue := p.text(false)
	if !ok || !okValue {
		return nil
	}
	if name == "" {
		p.reportAt(source.Malformed, s.line, s.column, "", "has no key")
		return nil
	}
	s.name, s.shown, s.value = name, name, value
	if !separated && value == "" {
		p.tell(s, source.Malformed, "", "is neither key = value nor a comment")
		return nil
	}
	return s
}

func blank(c byte) bool   { return c == ' ' || c == '\t' || c == '\f' }
func lineEnd(c byte) bool { return c == '\n' || c == '\r' }

// separator skips the text between key and value, and reports whether it contains a '=' or ':'.
func (p *propertiesReader) separator() (found bool) {
	for p.joined(); p.next < len(p.data); p.joined() {
		switch c := p.data[p.next]; {
		case blank(c):
		case (c == '=' || c == ':') && !found:
			found = true
		default:
			return found
		}
		p.next++
	}
	return found
}

// joined skips a backslash at the end of a line, with the space at the beginning of the next.
func (p *propertiesReader) joined() {
	for p.next+1 < len(p.data) && p.data[p.next] == '\\' && lineEnd(p.data[p.next+1]) {
		crlf := p.data[p.next+1] == '\r' && p.next+2 < len(p.data) && p.data[p.next+2] == '\n'
		if p.next += 2; crlf {
			p.next++
		}
		for p.next < len(p.data) && blank(p.data[p.next]) {
			p.next++
		}
	}
}

// text decodes a key or a value. It reports malformed text and continues after it.
func (p *propertiesReader) text(key bool) (string, bool) {
	var b strings.Builder
	ok := true
	for p.joined(); p.next < len(p.data); p.joined() {
		c := p.data[p.next]
		if lineEnd(c) || key && (blank(c) || c == '=' || c == ':') {
			break
		}
		p.next++
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if p.next == len(p.data) {
			break // as in Java, a backslash at the end of the file is ignored
		}
		c = p.data[p.next]
		p.next++
		switch c {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			ok = p.unicode(&b) && ok
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ok
}

// unicode decodes the XXXX of \uXXXX, and the second half of a pair after it.
func (p *propertiesReader) unicode(b *strings.Builder) bool {
	start := p.next - 2
	c, ok := p.hex()
	if ok && utf16.IsSurrogate(c) {
		if strings.HasPrefix(string(p.data[p.next:min(p.next+2, len(p.data))]), `\u`) {
			p.next += 2
			var low rune
			low, ok = p.hex()
			c = utf16.DecodeRune(c, low)
			ok = ok && c != '\uFFFD'
		} else {
			ok = false
		}
	}
	if !ok || c == 0 {
		line, column := p.at(start)
		p.reportAt(source.Malformed, line, column, "", `has a \u that is not a character; it needs four hexadecimal digits`)
		return false
	}
	b.WriteRune(c)
	return true
}

func (p *propertiesReader) hex() (rune, bool) {
	if p.next+4 > len(p.data) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.data[p.next:p.next+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.next += 4
	return rune(n), true
}
