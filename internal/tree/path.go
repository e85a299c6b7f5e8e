package tree

import (
	"strconv"
	"strings"
	"unicode"
)

// Path is the way from the root to a node: the keys of maps, and "[i]" for items of lists. A key
// may be any text, also with dots.
type Path []string

// Item returns the segment of a list item: "[i]".
func Item(i int) string { return "[" + strconv.Itoa(i) + "]" }

// Join returns p with one more segment. It shares no memory that a later Join of p could overwrite.
func (p Path) Join(segment string) Path { return append(p[:len(p):len(p)], segment) }

// With returns the text of the path p followed by key, which is the text of a path itself; empty if
// key is empty.
func (p Path) With(key string) string {
	switch {
	case len(p) == 0 || key == "":
		return key
	case key[0] == '[':
		return p.String() + key
	}
	return p.String() + "." + key
}

// String returns the path in the form of messages: `db.pool`, `hosts[2].port`,
// `labels."app.io/name"`.
func (p Path) String() string {
	var b strings.Builder
	for i, segment := range p {
		if _, item := index(segment); item && i > 0 {
			b.WriteString(segment)
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		if segment == "" || strings.ContainsFunc(segment, quoted) {
			b.WriteString(strconv.Quote(segment))
		} else {
			b.WriteString(segment)
		}
	}
	return b.String()
}

// quoted reports whether a key that contains c is quoted: c has a meaning in a path, or is not
// printable.
func quoted(c rune) bool {
	return strings.ContainsRune(".\"[] ", c) || !unicode.IsPrint(c) || c == unicode.ReplacementChar
}

// ParsePath is the inverse of String. It reports false for a text that is not a path, such as an
// open quote.
func ParsePath(s string) (Path, bool) {
	if s == "" {
		return nil, true
	}
	var p Path
	for {
		switch {
		case strings.HasPrefix(s, `"`):
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, false
			}
			segment, err := strconv.Unquote(q)
			if err != nil {
				return nil, false
			}
			p, s = append(p, segment), s[len(q):]
		default:
			end := strings.IndexAny(s, ".[")
			if end < 0 {
				end = len(s)
			}
			if end == 0 || strings.ContainsAny(s[:end], "\"]") {
				return nil, false
			}
			p, s = append(p, s[:end]), s[end:]
		}
		for strings.HasPrefix(s, "[") {
			end := strings.IndexByte(s, ']')
			if end < 0 {
				return nil, false
			}
			if _, ok := index(s[:end+1]); !ok {
				return nil, false
			}
			p, s = append(p, s[:end+1]), s[end+1:]
		}
		if s == "" {
			return p, true
		}
		if s[0] != '.' {
			return nil, false
		}
		s = s[1:]
	}
}
