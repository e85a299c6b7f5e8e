package layer

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// jsonReader decodes JSON that the standard library found valid. The library does not report
// positions, exact numbers and duplicate keys, so jsonReader parses the text itself.
type jsonReader struct {
	*reading
	next      int   // offset of the next byte
	line      int32 // of next
	lineStart int   // offset of its first byte
}

func (r *reading) json() *tree.Node {
	j := &jsonReader{reading: r, line: 1}
	if len(bytes.TrimLeft(r.data, " \t\r\n")) == 0 {
		return tree.NewMap(r.doc, 0, 0, nil)
	}
	var raw json.RawMessage
	if err := json.Unmarshal(r.data, &raw); err != nil {
		j.syntax(err)
		return nil
	}
	j.space()
	line, column := j.line, j.column()
	switch c := r.data[j.next]; {
	case c == '{':
	case c == 'n':
		r.null(line, column)
		return nil
	case len(r.under) > 0:
	case c == '[':
		r.notMap(line, column, "a list")
		return nil
	default:
		r.notMap(line, column, "a single value")
		return nil
	}
	return j.value(0)
}

// syntax reports the position of a syntax error. The text of the library quotes the document, so it
// is not used.
func (j *jsonReader) syntax(err error) {
	var se *json.SyntaxError
	if !errors.As(err, &se) {
		j.report(source.Malformed, 0, 0, "is not valid JSON")
		return
	}
	if se.Error() == "unexpected end of JSON input" {
		line, column := j.at(len(j.data))
		j.report(source.Malformed, line, column, "is not valid JSON: it ends too early")
		return
	}
	at := int(se.Offset) - 1 // the offending byte
	line, column := j.at(at)
	if strings.Contains(se.Error(), "max depth") {
		j.deep(tree.MaxDepth+1, line, column)
		return
	}
	if at > 0 && at < len(j.data) && j.data[at-1] == '0' && j.data[at] >= '0' && j.data[at] <= '9' {
		j.report(source.Malformed, line, column, "is not valid JSON: it has a number that starts with 0; JSON has no octal numbers; quote it if it is text")
		return
	}
	j.report(source.Malformed, line, column, "is not valid JSON")
}

func (j *jsonReader) column() int32 { return int32(j.next-j.lineStart) + 1 }

// space skips white space and the characters between values.
func (j *jsonReader) space() {
	for ; j.next < len(j.data); j.next++ {
		switch j.data[j.next] {
		case '\n':
			j.line, j.lineStart = j.line+1, j.next+1
		case '\r':
			if j.next+1 == len(j.data) || j.data[j.next+1] != '\n' {
				j.line, j.lineStart = j.line+1, j.next+1
			}
		case ' ', '\t', ',', ':':
		default:
			return
		}
	}
}

// value decodes the next value.
func (j *jsonReader) value(depth int) *tree.Node {
	j.space()
	line, column := j.line, j.column()
	if !j.deep(depth, line, column) || !j.count(1, line, column) {
		return nil
	}
	switch c := j.data[j.next]; c {
	case '{':
		return j.object(line, column, depth)
	case '[':
		return j.array(line, column, depth)
	case '"':
		return tree.NewScalar(j.doc, line, column, j.text())
	case 't':
		j.next += len("true")
		return tree.NewScalar(j.doc, line, column, true)
	case 'f':
		j.next += len("false")
		return tree.NewScalar(j.doc, line, column, false)
	case 'n':
		j.next += len("null")
		return tree.NewScalar(j.doc, line, column, nil)
	}
	v := j.number(line, column)
	if v == nil {
		return nil
	}
	return tree.NewScalar(j.doc, line, column, v)
}

func (j *jsonReader) object(line, column int32, depth int) *tree.Node {
	var es entries
	j.next++
	for {
		j.space()
		if j.data[j.next] == '}' {
			j.next++
			return tree.NewIndexedMap(j.doc, line, column, es.list, es.seen)
		}
		if !j.member(&es, depth) {
			return nil
		}
	}
}

// member adds the next key of an object, and reports whether that is within the limits.
func (j *jsonReader) member(es *entries, depth int) bool {
	kl, kc := j.line, j.column()
	key := j.text()
	j.enter(key)
	v := j.value(depth + 1)
	if j.stopped {
		return false
	}
	if first := es.find(key); first != nil {
		j.twice(kl, kc, first.Line)
	} else if v != nil {
		es.add(tree.Entry{Key: key, Value: v, Line: kl, Column: kc})
	}
	j.leave()
	return true
}

func (j *jsonReader) array(line, column int32, depth int) *tree.Node {
	var items []*tree.Node
	j.next++
	for {
		j.space()
		if j.data[j.next] == ']' {
			j.next++
			return tree.NewList(j.doc, line, column, items)
		}
		j.enter(tree.Item(len(items)))
		v := j.value(depth + 1)
		j.leave()
		if j.stopped {
			return nil
		}
		if v != nil {
			items = append(items, v)
		}
	}
}

// text decodes a string.
func (j *jsonReader) text() string {
	start, escaped := j.next, false
	for j.next++; j.data[j.next] != '"'; j.next++ {
		if j.data[j.next] == '\\' {
			escaped = true
			j.next++
		}
	}
	j.next++
	quoted := j.data[start:j.next]
	if !escaped {
		return string(quoted[1 : len(quoted)-1])
	}
	if i := tree.HalfPair(quoted); i >= 0 {
		line, column := j.at(start + i)
		j.report(source.Malformed, line, column, tree.HalfOfAPair)
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s
}

// number decodes a number exactly. A number whose digits before the point fit in no type is a
// problem.
func (j *jsonReader) number(line, column int32) any {
	start := j.next
	for j.next < len(j.data) && strings.IndexByte("0123456789-+.eE", j.data[j.next]) >= 0 {
		j.next++
	}
	v, fault := tree.JSONNumber(string(j.data[start:j.next]))
	if fault != "" {
		j.report(source.Malformed, line, column, fault)
		return nil
	}
	return v
}
