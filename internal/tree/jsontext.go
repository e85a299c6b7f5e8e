package tree

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/nacre-go/nacre/source"
)

// maxTextDepth is the depth of the JSON in a text: it is below other keys, and the depth of a tree
// is limited.
const maxTextDepth = 100

// FromText returns the map or list that a text from a format without types means at a place of the
// given kind: JSON, or "a=1,b=2" for a map. Other texts are returned as they are: they are a list
// of items with commas between them (see SplitText), or not for such a place. fault says what is
// wrong with the text, without a value.
func FromText(n *Node, kind ShapeKind) (made *Node, fault string) {
	text, ok := n.Value.(source.Text)
	switch {
	case !ok:
		return n, ""
	case isJSON(string(text), kind):
		return parseJSON(n, string(text), kind)
	case kind == MapOf:
		return parsePairs(n, string(text))
	}
	return n, ""
}

// NotAMap is the fault of a text that is not a map.
const NotAMap = "must be a map, written key=value,key=value or as JSON"

// HasText reports whether a text can mean a map or struct: it begins as JSON, or is a=1,b=2 for a
// map.
func HasText(text string, kind ShapeKind) bool {
	if isJSON(text, kind) {
		return true
	}
	return kind == MapOf && !slices.ContainsFunc(SplitText(text), func(part string) bool { return !strings.Contains(part, "=") })
}

// isJSON reports whether a text is to be read as JSON.
func isJSON(text string, kind ShapeKind) bool {
	text = strings.TrimSpace(text)
	switch kind {
	case MapOf, StructOf, RemainderOf:
		return strings.HasPrefix(text, "{")
	case ListOf:
		inside, ok := strings.CutPrefix(text, "[")
		if !ok {
			return false
		}
		if next := strings.TrimLeft(inside, " \t\r\n"); next != "" && strings.IndexByte(`"{[`, next[0]) >= 0 {
			return true
		}
		first, _, _ := strings.Cut(inside, "]")
		_, err := netip.ParseAddr(first)
		return err != nil && strings.HasSuffix(text, "]") // [::1]:80,[::2] is a list of two addresses
	}
	return false
}

// parsePairs parses "a=1,b=2".
func parsePairs(n *Node, text string) (*Node, string) {
	parts := SplitText(text)
	entries := make([]Entry, 0, len(parts))
	seen := make(map[string]bool, len(parts))
	for _, part := range parts {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		switch {
		case !ok:
			return nil, NotAMap
		case seen[key]:
			return nil, "has a key twice"
		}
		seen[key] = true
		entries = append(entries, Entry{Key: key, Value: NewScalar(n.Doc, n.Line, n.Column, source.Text(strings.TrimSpace(value)))})
	}
	return NewMap(n.Doc, n.Line, n.Column, entries), ""
}

// parseJSON parses JSON, as strictly as a document.
func parseJSON(n *Node, text string, kind ShapeKind) (*Node, string) {
	j := jsonText{near: n, data: []byte(text), budget: MaxNodes}
	if !json.Valid(j.data) {
		if kind == ListOf {
			return nil, `begins like JSON and is not valid JSON; put its strings in double quotes, or write a list as a,b`
		}
		return nil, `begins like JSON and is not valid JSON; put its keys and strings in double quotes`
	}
	made := j.value(0)
	return made, j.fault
}

// jsonText parses JSON that is valid.
type jsonText struct {
	near   *Node
	data   []byte
	next   int
	budget int
	fault  string // the first; the result does not count if there is one
}

func (j *jsonText) failed(fault string) *Node {
	if j.fault == "" {
		j.fault = fault
	}
	j.next = len(j.data)
	return nil
}

// space skips white space and the characters between values, and returns the next character.
func (j *jsonText) space() byte {
	for j.next < len(j.data) && strings.IndexByte(" \t\r\n,:", j.data[j.next]) >= 0 {
		j.next++
	}
	if j.next == len(j.data) {
		return 0
	}
	return j.data[j.next]
}

func (j *jsonText) value(depth int) *Node {
	if j.budget--; j.budget < 0 {
		return j.failed("has too many values")
	}
	if depth > maxTextDepth {
		return j.failed("is nested deeper than " + strconv.Itoa(maxTextDepth))
	}
	at := j.near
	switch c := j.space(); c {
	case 0:
		return nil // after a fault
	case '{':
		return j.object(depth)
	case '[':
		var items []*Node
		for j.next++; j.space() != ']'; {
			item := j.value(depth + 1)
			if item == nil {
				return nil
			}
			items = append(items, item)
		}
		j.next++
		return NewList(at.Doc, at.Line, at.Column, items)
	case '"':
		text, ok := j.text()
		if !ok {
			return j.failed(HalfOfAPair)
		}
		return NewScalar(at.Doc, at.Line, at.Column, text)
	default:
		end := j.next
		for end < len(j.data) && strings.IndexByte(" \t\r\n,]}", j.data[end]) < 0 {
			end++
		}
		word := string(j.data[j.next:end])
		j.next = end
		switch word {
		case "true", "false":
			return NewScalar(at.Doc, at.Line, at.Column, word == "true")
		case "null":
			return NewScalar(at.Doc, at.Line, at.Column, nil)
		}
		number, fault := JSONNumber(word)
		if fault != "" {
			return j.failed(fault)
		}
		return NewScalar(at.Doc, at.Line, at.Column, number)
	}
}

func (j *jsonText) object(depth int) *Node {
	var entries []Entry
	seen := map[string]bool{}
	for j.next++; j.space() != '}'; {
		if j.next == len(j.data) {
			return nil // after a fault
		}
		key, ok := j.text()
		if !ok {
			return j.failed(HalfOfAPair)
		}
		if seen[key] {
			return j.failed("has a key twice")
		}
		seen[key] = true
		value := j.value(depth + 1)
		if value == nil {
			return nil
		}
		entries = append(entries, Entry{Key: key, Value: value})
	}
	j.next++
	return NewMap(j.near.Doc, j.near.Line, j.near.Column, entries)
}

// text decodes a string.
func (j *jsonText) text() (s string, ok bool) {
	start := j.next
	for j.next++; j.data[j.next] != '"'; j.next++ {
		if j.data[j.next] == '\\' {
			j.next++
		}
	}
	j.next++
	quoted := j.data[start:j.next]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1]), true
	}
	if HalfPair(quoted) >= 0 {
		return "", false
	}
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s, true
}

// HalfOfAPair is the fault of a JSON string with half of a surrogate pair.
const HalfOfAPair = `has a \u that is not a character; a character beyond \uffff is a pair of them`

// HalfPair returns the offset of the first \u in a valid JSON string that is half of a surrogate
// pair, or -1. The standard library replaces it with U+FFFD.
func HalfPair(quoted []byte) int {
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		c := unit(quoted[i:])
		if !utf16.IsSurrogate(c) {
			i++ // the escaped character
			continue
		}
		if utf16.DecodeRune(c, unit(quoted[i+unitLen:])) == utf8.RuneError {
			return i
		}
		i += 2*unitLen - 1
	}
	return -1
}

const unitLen = len(`\u0000`)

// unit returns the code unit of the \uXXXX at the beginning of text, or 0 if there is none.
func unit(text []byte) rune {
	if len(text) < unitLen || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(text[2:unitLen]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// The faults of numbers.
const (
	TooWide  = "is a whole number that does not fit in 64 bits; quote it if it is a text"
	TooGreat = "is a number beyond the range of a float of 64 bits"
)

// JSONNumber returns a valid number of JSON exactly: int64, uint64 or float64. A number whose
// digits before the point fit in no type is a fault.
func JSONNumber(s string) (v any, fault string) {
	if strings.Trim(s, "-0123456789") == "" {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i, ""
		}
		if u, err := strconv.ParseUint(s, 10, 64); err == nil {
			return u, ""
		}
		return nil, TooWide
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, TooGreat
	}
	return f, ""
}
