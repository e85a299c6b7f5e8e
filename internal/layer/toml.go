package layer

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// tomlReader decodes TOML from the syntax tree of go-toml, which has positions. It checks duplicate
// tables and keys itself: the library stops at the first, and its time grows with the square of
// their number.
type tomlReader struct {
	*reading
	parser  unstable.Parser
	root    *table
	current *table
}

// table is a TOML table that is being decoded, or a value in place of one.
type table struct {
	kind         tableKind
	explicit     bool // has a header of its own
	entries      []*table
	index        map[string]int // of entries; nil for a few
	key          string
	line, column int32      // of the key that created it
	value        *tree.Node // of a tableValue; nil if it has a problem
	elements     []*table   // of a tableArray
}

type tableKind uint8

const (
	tableHeader tableKind = iota // [a]
	tableDotted                  // created by a.b = 1
	tableArray                   // [[a]]
	tableValue                   // anything after a '='
)

func (r *reading) toml() *tree.Node {
	t := &tomlReader{reading: r, root: &table{explicit: true, line: 1, column: 1}}
	t.current = t.root
	data := r.data[:len(r.data):len(r.data)]
	t.parser.Reset(data)
	for t.parser.NextExpression() && !t.stopped {
		switch e := t.parser.Expression(); e.Kind {
		case unstable.KeyValue:
			t.keyValue(t.current, e, int(e.Raw.Offset))
		case unstable.Table:
			t.header(e, tableHeader)
		case unstable.ArrayTable:
			t.header(e, tableArray)
		}
	}
	if err := t.parser.Error(); err != nil && !t.stopped {
		t.syntax(err, data)
		return nil
	}
	t.path = nil
	return t.build(t.root, 0)
}

// syntax reports the position of a syntax error. The text of the library quotes the document, so it
// is not used.
func (t *tomlReader) syntax(err error, data []byte) {
	t.path = nil
	var pe *unstable.ParserError
	if !errors.As(err, &pe) {
		t.report(source.Malformed, 0, 0, "is not valid TOML")
		return
	}
	at := min(max(cap(data)-cap(pe.Highlight), 0), len(data))
	line, column := t.at(at)
	t.report(source.Malformed, line, column, "is not valid TOML"+tomlHint(data, at))
}

// tomlHint explains the syntax error at an offset, if the document shows the reason.
func tomlHint(data []byte, at int) string {
	start := at
	for start > 0 && numberByte(data[start-1]) {
		start--
	}
	end := start
	for end < len(data) && numberByte(data[end]) {
		end++
	}
	switch cr := bytes.IndexByte(data, '\r'); {
	case tree.LeadingZero(string(data[start:end])):
		return zeroHint
	case cr >= 0 && cr <= at && (cr+1 == len(data) || data[cr+1] != '\n'):
		return ": it has a carriage return (CR) without a line feed; save it with LF or CRLF"
	}
	return ""
}

// numberByte reports whether a whole number may contain c.
func numberByte(c byte) bool { return c >= '0' && c <= '9' || c == '_' || c == '+' || c == '-' }

// zeroHint explains why TOML refuses a number.
const zeroHint = ": it has a number that starts with 0; write 0o in front of an octal number, or quote it if it is text"

// child returns the child of a table for a key, and creates it if necessary.
func (t *table) child(key string) *table {
	if t.index != nil {
		if i, ok := t.index[key]; ok {
			return t.entries[i]
		}
		return nil
	}
	for _, e := range t.entries {
		if e.key == key {
			return e
		}
	}
	return nil
}

func (t *table) add(c *table) *table {
	t.entries = append(t.entries, c)
	switch {
	case t.index != nil:
		t.index[c.key] = len(t.entries) - 1
	case len(t.entries) > few:
		t.index = make(map[string]int, 4*few)
		for i, e := range t.entries {
			t.index[e.key] = i
		}
	}
	return c
}

// last returns the table that headers below t refer to: of an array, the last element.
func (t *table) last() *table {
	if t.kind == tableArray {
		return t.elements[len(t.elements)-1]
	}
	return t
}

// header decodes [a.b] or [[a.b]]. The content of a header with a problem is discarded.
func (t *tomlReader) header(e *unstable.Node, kind tableKind) {
	at := t.root
	t.path = t.path[:0]
	t.current = &table{}
	for it := e.Key(); it.Next(); {
		part := it.Node()
		key := string(part.Data)
		line, column := t.at(int(part.Raw.Offset))
		if t.enter(key); !t.deep(len(t.path), line, column) {
			return
		}
		found := at.child(key)
		if !it.IsLast() {
			if found == nil {
				found = at.add(&table{key: key, line: line, column: column})
			}
			if found.kind == tableValue {
				t.taken(line, column, found)
				return
			}
			at = found.last()
			if found.kind == tableArray {
				t.enter(tree.Item(len(found.elements) - 1))
			}
			continue
		}
		switch {
		case found == nil:
			found = at.add(&table{key: key, line: line, column: column, kind: kind})
		case kind == tableArray && found.kind == tableArray:
		case kind == tableHeader && found.kind == tableHeader && !found.explicit:
			found.line, found.column = line, column
		default:
			t.taken(line, column, found)
			return
		}
		found.explicit = true
		if kind == tableArray {
			t.enter(tree.Item(len(found.elements)))
			found.elements = append(found.elements, &table{line: line, column: column})
		}
		t.current = found.last()
	}
}

// taken reports a key that is defined already.
func (t *tomlReader) taken(line, column int32, first *table) {
	t.report(source.DuplicateKey, line, column, fmt.Sprintf("is defined twice; the first is on line %d", first.line))
}

// keyValue decodes key = value into a table, and returns the offset after it. It restores the path.
func (t *tomlReader) keyValue(at *table, e *unstable.Node, offset int) int {
	before := len(t.path)
	defer func() { t.path = t.path[:min(before, len(t.path))] }()
	var target *table
	clash := false
	for it := e.Key(); it.Next(); {
		part := it.Node()
		key := string(part.Data)
		offset = int(part.Raw.Offset + part.Raw.Length)
		line, column := t.at(int(part.Raw.Offset))
		if t.enter(key); !t.deep(len(t.path), line, column) {
			return offset
		}
		if clash {
			continue
		}
		found := at.child(key)
		switch {
		case found == nil && it.IsLast():
			target = at.add(&table{key: key, line: line, column: column, kind: tableValue})
		case found == nil:
			at = at.add(&table{key: key, line: line, column: column, kind: tableDotted})
		case it.IsLast() || found.kind != tableDotted:
			t.taken(line, column, found)
			clash = true
		default:
			at = found
		}
	}
	n, end := t.value(e.Value(), t.filler(offset), before+1)
	if target != nil {
		target.value = n
	}
	return end
}

// build returns the tree of a table.
func (t *tomlReader) build(at *table, depth int) *tree.Node {
	if at.kind == tableValue {
		return at.value
	}
	if !t.deep(depth, at.line, at.column) || !t.count(1, at.line, at.column) {
		return nil
	}
	if at.kind == tableArray {
		items := make([]*tree.Node, 0, len(at.elements))
		for _, e := range at.elements {
			if n := t.build(e, depth+1); n != nil {
				items = append(items, n)
			}
		}
		return tree.NewList(t.doc, at.line, at.column, items)
	}
	es := make([]tree.Entry, 0, len(at.entries))
	for _, e := range at.entries {
		if n := t.build(e, depth+1); n != nil {
			es = append(es, tree.Entry{Key: e.key, Value: n, Line: e.line, Column: e.column})
		}
	}
	if len(es) < len(at.entries) {
		return tree.NewMap(t.doc, at.line, at.column, es)
	}
	return tree.NewIndexedMap(t.doc, at.line, at.column, es, at.index)
}
