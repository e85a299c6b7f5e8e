package layer

import (
	"bytes"
	"slices"
)

// lines finds line and column of an offset, both from 1, the column in bytes.
type lines struct{ starts []int }

// newLines counts lines that end with LF, CRLF or CR.
func newLines(data []byte) lines {
	starts := make([]int, 1, bytes.Count(data, []byte{'\n'})+1)
	for i, c := range data {
		if c == '\n' || c == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return lines{starts}
}

func (l lines) at(offset int) (line, column int32) {
	i, found := slices.BinarySearch(l.starts, offset)
	if !found {
		i--
	}
	return int32(i) + 1, int32(offset-l.starts[i]) + 1
}
