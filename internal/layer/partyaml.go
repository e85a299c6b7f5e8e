package layer

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/internal/tree"
)

// A run of YAML is whole lines, from the line of its first key or item to that of the next one in
// the same column or further left. So the parser is in the same state before and after the run as
// it was before: in the same map or list, with nothing open. To bring a parser into that state, a
// line of the same kind is put above and below the run, in its column:
//
//	_: 0
//	the run
//	_: 0
//
// If the run has an effect on the lines around it, such as an open quote, it has it on these. Then
// the parser does not find them as they are, and the run is not decoded alone.

// yamlPart returns the root with the changed part decoded again, or nil.
func (p *part) yamlPart() *tree.Node {
	p.wholeLines()
	if p.wasEnd <= p.lineStart(p.b.root.Line) && p.b.root.Line > 0 {
		if root := p.yamlHead(); root != nil {
			return root
		}
	}
	return p.smallest(p.descend(p.yamlRun), p.yamlChildren)
}

// yamlHead returns the root moved, if comments and blank lines took the place of lines above it.
func (p *part) yamlHead() *tree.Node {
	p.first, p.end = position{p.line, 1}, position{p.shift.Line, 1}
	head := p.now[p.start:p.nowEnd]
	if !onlyComments(head) || !plainYAML(head) {
		return nil
	}
	var n yaml.Node
	if yaml.Unmarshal(append(bytes.Clone(head), guardEntry...), &n) != nil {
		return nil
	}
	return p.shift.Node(p.b.root)
}

// onlyComments reports whether lines are blank or comments.
func onlyComments(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimLeft(line, " "); len(line) > 0 && line[0] != '\n' && line[0] != '#' {
			return false
		}
	}
	return true
}

// yamlRun finds the run of a level.
func (p *part) yamlRun(l *level) bool {
	if !p.isBlock(l.node) {
		return false
	}
	end := textEnd
	if p.shift.Column == 1 { // else the text ends in that line
		end = position{p.shift.Line, 0}
	}
	l.from, l.to = l.search(position{p.line, 0}), l.search(end)
	if l.from < l.count() && l.place(l.from).line == p.line && startsChild(p.now, p.start, l.node) {
		return true
	}
	l.from--
	return l.from >= 0
}

// isBlock reports whether a map or list is written in lines, without brackets.
func (p *part) isBlock(n *tree.Node) bool {
	if n.Kind == tree.Map {
		return n.Line == n.Entries[0].Line && n.Column == n.Entries[0].Column
	}
	at := p.lineStart(n.Line) + int(n.Column) - 1
	return isItem(p.was, at)
}

// isItem reports whether the sign of an item is at an offset.
func isItem(text []byte, at int) bool {
	return at < len(text) && text[at] == '-' && (at+1 == len(text) || text[at+1] == ' ' || text[at+1] == '\n')
}

// startsChild reports whether the line at an offset begins with a key or an item of a map or list,
// in the column of the others.
func startsChild(text []byte, offset int, n *tree.Node) bool {
	at := offset + int(n.Column) - 1
	if at >= len(text) || len(bytes.TrimLeft(text[offset:at], " ")) > 0 {
		return false
	}
	if n.Kind == tree.List {
		return isItem(text, at)
	}
	c := text[at]
	return c == '_' || c == '$' || c == '/' || c == '"' || c == '\'' || c >= utf8.RuneSelf ||
		c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// yamlChildren decodes the run of the last level.
func (p *part) yamlChildren(levels []level) *tree.Node {
	l := &levels[len(levels)-1]
	p.first, p.end = position{l.place(l.from).line, 1}, textEnd
	start, end := p.lineStart(p.first.line), len(p.was)
	for i := len(levels) - 1; i >= 0; i-- {
		if outer := &levels[i]; outer.to < outer.count() {
			p.end = position{outer.place(outer.to).line, 1}
			if end = p.lineStart(p.end.line); !startsChild(p.was, end, outer.node) {
				return nil
			}
			break
		}
	}
	if !startsChild(p.was, start, l.node) {
		return nil
	}
	text := p.now[start : end+p.delta()]
	if len(text) > smallPart && len(text) > len(p.now)/2 || !plainYAML(text) {
		return nil
	}
	return p.yamlBetween(l.node, text, end < len(p.was), len(levels)-1)
}

// The lines around a run.
const (
	guardEntry = "_: 0\n"
	guardItem  = "- 0\n"
)

// yamlBetween decodes lines that are children of a map or list n. Unless closed is true, the
// document ends with them.
func (p *part) yamlBetween(n *tree.Node, text []byte, closed bool, depth int) *tree.Node {
	line, each := guardEntry, 2
	if n.Kind == tree.List {
		line, each = guardItem, 1
	}
	line = strings.Repeat(" ", int(n.Column)-1) + line
	guarded := make([]byte, 0, len(text)+2*len(line))
	guarded = append(append(guarded, line...), text...)
	after := 0
	if closed {
		guarded, after = append(guarded, line...), each
	}
	p.data = guarded
	y := &yamlReader{reading: p.reading, above: p.first.line - 2}
	documents := yaml.NewDecoder(bytes.NewReader(guarded))
	var parsed, second yaml.Node
	if documents.Decode(&parsed) != nil || len(parsed.Content) != 1 || !errors.Is(documents.Decode(&second), io.EOF) {
		return nil
	}
	root := parsed.Content[0] // is of the kind of the line above the run, and in its column
	end := len(root.Content) - after
	if end < each || closed && !isGuard(root.Content[end:], bytes.Count(guarded, newline)) {
		return nil
	}
	root.Content = root.Content[each:end]
	at, column := y.position(root)
	var made *tree.Node
	if root.Kind == yaml.MappingNode {
		made, _, _ = y.mapping(root, at, column, depth)
	} else {
		made, _, _ = y.sequence(root, at, column, depth)
	}
	return made
}

// isGuard reports whether the parser has found the line below the run as it is: a single value, or
// a key with one.
func isGuard(nodes []*yaml.Node, line int) bool {
	return !slices.ContainsFunc(nodes, func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode || n.Line != line })
}

// plainYAML reports whether lines have nothing that could have another meaning between the lines
// around a run: a line end that the change does not count as one, and a key that is marked as such,
// whose value is where the next token is if it has none.
func plainYAML(text []byte) bool {
	for _, mark := range [][]byte{[]byte("\r"), []byte("? "), []byte("?\n")} {
		if bytes.Contains(text, mark) {
			return false
		}
	}
	return !slices.ContainsFunc(unicodeLineEnds, func(mark []byte) bool { return bytes.Contains(text, mark) })
}
