package layer

import (
	"bytes"
	"unicode"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// plainText decodes a document of plain text, such as a certificate: one text, without its final
// line break. In place of a list, it has one item a line, without blank lines and comments (#).
func (r *reading) plainText() *tree.Node {
	if len(r.under) == 0 {
		r.notMap(1, 1, "plain text")
		return nil
	}
	if r.shape != nil && r.shape.Kind == tree.ListOf && len(r.data) > 0 {
		return r.textLines()
	}
	text := bytes.TrimSuffix(bytes.TrimSuffix(r.data, []byte("\n")), []byte("\r"))
	if len(text) == 0 {
		return tree.NewMap(r.doc, 0, 0, nil)
	}
	return tree.NewScalar(r.doc, 1, 1, source.Text(text))
}

func (r *reading) textLines() *tree.Node {
	items := []*tree.Node{}
	line := int32(0)
	for text := range bytes.Lines(r.data) {
		line++
		item := bytes.TrimLeftFunc(text, unicode.IsSpace)
		column := int32(len(text)-len(item)) + 1
		if item = bytes.TrimRightFunc(item, unicode.IsSpace); len(item) == 0 || item[0] == '#' {
			continue
		}
		if !r.count(1, line, column) {
			return nil
		}
		items = append(items, tree.NewScalar(r.doc, line, column, source.Text(item)))
	}
	return tree.NewList(r.doc, 1, 1, items)
}
