package layer

import (
	"bytes"
	"math"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// change is where two texts differ. Up to start, they are the same, and so are the text before from
// wasEnd on and the text now from nowEnd on.
type change struct {
	was, now              []byte
	start, wasEnd, nowEnd int
	line                  int32 // of start
	shift                 tree.Shift
}

// differ compares two texts.
func differ(was, now []byte) change {
	c := change{was: was, now: now, start: commonPrefix(was, now)}
	common := commonSuffix(was[c.start:], now[c.start:])
	c.wasEnd, c.nowEnd = len(was)-common, len(now)-common
	c.slide()
	c.locate()
	return c
}

// slide moves a change that only adds or removes text to the beginning of a line, if adding or
// removing it there gives the same text. The text that both begin with often has a part of the next
// line, because the lines begin alike.
func (c *change) slide() {
	longer, end := c.now, c.nowEnd
	if c.nowEnd == c.start {
		longer, end = c.was, c.wasEnd
	} else if c.wasEnd != c.start {
		return
	}
	by := int(columnAt(c.was, c.start)) - 1
	if bytes.Equal(longer[c.start-by:c.start], longer[end-by:end]) {
		c.start, c.wasEnd, c.nowEnd = c.start-by, c.wasEnd-by, c.nowEnd-by
	}
}

func (c *change) none() bool { return c.wasEnd == c.start && c.nowEnd == c.start }

// locate computes the positions. Lines end with LF.
func (c *change) locate() {
	if c.none() {
		return
	}
	c.line = int32(bytes.Count(c.was[:c.start], newline)) + 1
	lines := int32(bytes.Count(c.was[c.start:c.wasEnd], newline))
	columnWas, columnNow := columnAt(c.was, c.wasEnd), columnAt(c.now, c.nowEnd)
	c.shift = tree.Shift{
		Line: c.line + lines, Column: columnWas,
		Lines: int32(bytes.Count(c.now[c.start:c.nowEnd], newline)) - lines, Columns: columnNow - columnWas,
	}
}

var newline = []byte{'\n'}

// columnAt returns the column of an offset, in bytes, from 1.
func columnAt(text []byte, offset int) int32 {
	return int32(offset-bytes.LastIndexByte(text[:offset], '\n')-1) + 1
}

// wholeLines extends the change to whole lines.
func (c *change) wholeLines() {
	c.start = bytes.LastIndexByte(c.was[:c.start], '\n') + 1
	if !c.atLine(c.was, c.wasEnd) || !c.atLine(c.now, c.nowEnd) {
		rest := lineEndOffset(c.was, c.wasEnd) - c.wasEnd
		c.wasEnd, c.nowEnd = c.wasEnd+rest, c.nowEnd+rest
	}
	c.locate()
}

// atLine reports whether a line begins at an offset, or the text ends there.
func (c *change) atLine(text []byte, offset int) bool {
	return offset == 0 || offset == len(text) || text[offset-1] == '\n'
}

// lineEndOffset returns the offset after the line that an offset is in.
func lineEndOffset(text []byte, offset int) int {
	if i := bytes.IndexByte(text[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(text)
}

// lineStart returns the offset in the text before at which a line begins. It costs as much as there
// are lines between it and the change.
func (c *change) lineStart(line int32) int {
	offset := bytes.LastIndexByte(c.was[:c.start], '\n') + 1
	for at := c.line; at > line; at-- {
		offset = bytes.LastIndexByte(c.was[:offset-1], '\n') + 1
	}
	for at := c.line; at < line; at++ {
		offset = lineEndOffset(c.was, offset)
	}
	return offset
}

// delta returns how much longer the text is now.
func (c *change) delta() int { return len(c.now) - len(c.was) }

// notices returns copies of notices, with the positions that they have now.
func (c *change) notices(was source.Problems) source.Problems {
	if was == nil {
		return nil
	}
	now := make(source.Problems, len(was))
	for i, p := range was {
		moved := *p
		if at := &moved.Position; at.Line > 0 && at.Line <= math.MaxInt32 && at.Column <= math.MaxInt32 {
			line, column := c.shift.Of(int32(at.Line), int32(at.Column))
			at.Line, at.Column = int(line), int(column)
		}
		now[i] = &moved
	}
	return now
}

// stride is how many bytes are compared at once.
const stride = 1 << 10

// commonPrefix returns the length of the text that both begin with.
func commonPrefix(a, b []byte) int {
	n, i := min(len(a), len(b)), 0
	for i+stride <= n && bytes.Equal(a[i:i+stride], b[i:i+stride]) {
		i += stride
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// commonSuffix returns the length of the text that both end with.
func commonSuffix(a, b []byte) int {
	n, i := min(len(a), len(b)), 0
	for i+stride <= n && bytes.Equal(a[len(a)-i-stride:len(a)-i], b[len(b)-i-stride:len(b)-i]) {
		i += stride
	}
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return i
}
