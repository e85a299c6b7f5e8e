package layer

import (
	"cmp"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// filler skips the text between a key and a value, or between the items of a list: the library does
// not report the position of a list.
func (t *tomlReader) filler(offset int) int {
	for offset < len(t.data) {
		switch t.data[offset] {
		case ' ', '\t', '\r', '\n', ',', '=':
			offset++
		case '#':
			for offset < len(t.data) && t.data[offset] != '\n' {
				offset++
			}
		default:
			return offset
		}
	}
	return offset
}

// value decodes the value at offset, and returns the offset after it.
func (t *tomlReader) value(v *unstable.Node, offset, depth int) (*tree.Node, int) {
	line, column := t.at(offset)
	if !t.deep(depth, line, column) || !t.count(1, line, column) {
		return nil, offset
	}
	switch v.Kind {
	case unstable.Array:
		var items []*tree.Node
		offset++
		for it := v.Children(); it.Next() && !t.stopped; {
			t.enter(tree.Item(len(items)))
			var n *tree.Node
			n, offset = t.value(it.Node(), t.filler(offset), depth+1)
			t.leave()
			if n != nil {
				items = append(items, n)
			}
		}
		return tree.NewList(t.doc, line, column, items), t.filler(offset) + 1
	case unstable.InlineTable:
		inline := &table{kind: tableDotted, line: line, column: column}
		offset++
		for it := v.Children(); it.Next() && !t.stopped; {
			offset = t.keyValue(inline, it.Node(), offset)
		}
		t.nodes-- // build counts it again
		return t.build(inline, depth), t.filler(offset) + 1
	}
	n := t.scalar(v, line, column)
	return n, int(v.Raw.Offset + v.Raw.Length)
}

func (t *tomlReader) scalar(v *unstable.Node, line, column int32) *tree.Node {
	text := string(v.Data)
	var value any
	switch v.Kind {
	case unstable.String:
		value = text
	case unstable.Bool:
		value = text == "true"
	case unstable.Integer:
		i, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 64)
		if err != nil {
			t.report(source.Malformed, line, column, tree.TooWide)
			return nil
		}
		value = i
	case unstable.Float:
		f, ok := tomlFloat(text)
		if !ok {
			t.report(source.Malformed, line, column, tree.TooGreat)
			return nil
		}
		value = f
	default:
		var ok bool
		if value, ok = tomlTime(text); !ok {
			t.report(source.Malformed, line, column, "is not a date or time")
			return nil
		}
	}
	n := tree.NewScalar(t.doc, line, column, value)
	n.Octal = v.Kind == unstable.Integer && tree.IsOctal(text)
	return n
}

func tomlFloat(s string) (float64, bool) {
	switch strings.TrimLeft(s, "+-") {
	case "inf":
		if s[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	case "nan":
		return math.NaN(), true
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	return f, err == nil
}

var tomlMoment = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})?([Tt ]?)(?:([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]+)?)?([Zz]|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?$`)

// tomlTime returns the instant of a date and time with an offset. A time without an offset is not
// an instant and remains text: the field parses it.
func tomlTime(s string) (any, bool) {
	m := tomlMoment.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	date, separator, minutes, seconds, offset := m[1], m[2], m[3], m[4], strings.ToUpper(m[5])
	if (separator != "") != (date != "" && minutes != "") || date == "" && (minutes == "" || offset != "") {
		return nil, false
	}
	t, err := time.Parse(time.RFC3339, cmp.Or(date, "2000-01-01")+"T"+cmp.Or(minutes, "00:00")+cmp.Or(seconds, ":00")+cmp.Or(offset, "Z"))
	switch {
	case err != nil:
		return nil, false
	case offset == "":
		return s, true
	}
	if _, east := t.Zone(); east != 0 { // not the local zone, even if it has the same offset
		return t.In(time.FixedZone("", east)), true
	}
	return t.UTC(), true
}
