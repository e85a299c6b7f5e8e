package layer

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
)

// A run of JSON begins at its first key or item; the run of the first one begins after the bracket.
// It ends at the next key or item, or at the bracket that closes the object or array. It is valid
// there if it is valid between brackets.

// jsonPart returns the root with the changed part decoded again, or nil.
func (p *part) jsonPart() *tree.Node { return p.smallest(p.descend(p.jsonRun), p.jsonChildren) }

// jsonRun finds the run of a level.
func (p *part) jsonRun(l *level) bool {
	at := position{p.line, columnAt(p.was, p.start)}
	l.from = max(0, l.search(position{at.line, at.column + 1})-1)
	l.to = max(l.from, l.search(position{p.shift.Line, p.shift.Column}))
	return position{l.node.Line, l.node.Column}.before(at)
}

// offset returns the offset of a position in the text before.
func (p *part) offset(at position) int { return p.lineStart(at.line) + int(at.column) - 1 }

// jsonChildren decodes the run of the last level.
func (p *part) jsonChildren(levels []level) *tree.Node {
	l := &levels[len(levels)-1]
	p.first, p.end = l.place(l.from), textEnd
	if l.from == 0 { // the part begins after the bracket
		p.first = position{l.node.Line, l.node.Column + 1}
	}
	start := p.offset(p.first)
	var end int
	head, guard, tail := "{", `"":0`, "}"
	if l.node.Kind == tree.List {
		head, guard, tail = "[", "0", "]"
	}
	if l.from > 0 { // the part follows a comma
		head += guard + ","
	}
	if l.to < l.count() {
		p.end = l.place(l.to)
		end = p.offset(p.end)
		tail = " " + guard + tail // and ends with one; the space is in case it does not
	} else {
		last, _ := l.child(l.count() - 1)
		end = jsonEnd(p.was, p.offset(position{last.Line, last.Column}))
	}
	if end < p.wasEnd {
		return nil
	}
	text := p.now[start : end+p.delta()]
	if len(text) > smallPart && len(text) > len(p.now)/2 || bytes.IndexByte(text, '\r') >= 0 || !utf8.Valid(text) {
		return nil
	}
	guarded := make([]byte, 0, len(head)+len(text)+len(tail))
	guarded = append(append(append(guarded, head...), text...), tail...)
	if !json.Valid(guarded) {
		return nil
	}
	j := &jsonReader{reading: p.reading, next: start, line: p.first.line, lineStart: p.lineStart(p.first.line)}
	return j.between(l.node, end+p.delta(), len(levels)-1)
}

// between decodes the members or items up to an offset, as children of n.
func (j *jsonReader) between(n *tree.Node, end, depth int) *tree.Node {
	var es entries
	var items []*tree.Node
	for j.space(); j.next < end; j.space() {
		if n.Kind == tree.Map {
			if !j.member(&es, depth) {
				return nil
			}
			continue
		}
		item := j.value(depth + 1)
		if j.stopped || item == nil {
			return nil
		}
		items = append(items, item)
	}
	if n.Kind == tree.Map {
		return tree.NewMap(j.doc, 0, 0, es.list)
	}
	return tree.NewList(j.doc, 0, 0, items)
}

// jsonEnd returns the offset of what follows a value and the white space after it, in valid JSON.
func jsonEnd(text []byte, at int) int {
	depth := 0
	for ; at < len(text); at++ {
		switch text[at] {
		case '"':
			for at++; text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
		case ',':
			if depth == 0 {
				return at
			}
		}
	}
	return at
}
