package layer

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// runeColumns converts the parser's columns, which count characters, to columns in bytes. It is
// empty for an ASCII document, where the two are the same.
type runeColumns struct {
	lines []lineStart
	marks []int // offset of each markEvery-th character, so that each value of a long line is found fast
}

type lineStart struct{ offset, char int }

const markEvery = 64

// position returns the line and the column, in bytes.
func (y *yamlReader) position(n *yaml.Node) (line, column int32) {
	line, column = y.positionIn(n)
	return line + y.above, column
}

func (y *yamlReader) positionIn(n *yaml.Node) (line, column int32) {
	if y.columns == nil {
		y.columns = newRuneColumns(y.data)
	}
	if n.Line < 1 || n.Line > len(y.columns.lines) {
		return int32(n.Line), int32(n.Column)
	}
	start := y.columns.lines[n.Line-1]
	return int32(n.Line), int32(y.columns.offset(y.data, start.char+max(n.Column, 1)-1)-start.offset) + 1
}

// newRuneColumns counts lines and characters as the parser does.
func newRuneColumns(data []byte) *runeColumns {
	if isASCII(data) {
		return &runeColumns{}
	}
	c := &runeColumns{lines: []lineStart{{}}}
	char := 0
	for i := 0; i < len(data); char++ {
		if char%markEvery == 0 {
			c.marks = append(c.marks, i)
		}
		r, size := utf8.DecodeRune(data[i:])
		i += size
		if r == '\n' || r == '\r' && (i == len(data) || data[i] != '\n') {
			c.lines = append(c.lines, lineStart{i, char + 1})
		}
	}
	return c
}

// offset returns the offset of a character.
func (c *runeColumns) offset(data []byte, char int) int {
	mark := min(char/markEvery, len(c.marks)-1)
	offset := c.marks[mark]
	for range char - mark*markEvery {
		if offset >= len(data) {
			break
		}
		_, size := utf8.DecodeRune(data[offset:])
		offset += size
	}
	return offset
}

func isASCII(data []byte) bool {
	for _, b := range data {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
