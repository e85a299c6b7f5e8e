package layer

import (
	"bytes"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
)

// Each name of a .properties file sets one value, whose place in the tree does not depend on the
// other names. So where the lines that have changed set the same names as before, in the same
// order, only the values of these names change, and positions.

// maxSettings is how many settings are replaced one by one.
const maxSettings = 16

// propertiesPart returns the root with the changed settings decoded again, or nil.
func (p *part) propertiesPart() *tree.Node {
	p.wholeLines()
	p.wholeSettings()
	text := p.now[p.start:p.nowEnd]
	if bytes.ContainsAny(text, "\r\x00") || !utf8.Valid(text) || len(text) > smallPart {
		return nil
	}
	p.first, p.end = position{p.line, 1}, position{p.shift.Line, 1}
	if p.shift.Column != 1 {
		p.end = textEnd
	}
	was, ok := p.settings(p.was[p.start:p.wasEnd])
	now, okNow := p.settings(text)
	if !ok || !okNow {
		return nil
	}
	root := p.withSettings(was, now)
	if !p.quiet() {
		return nil
	}
	return root
}

// withSettings returns the root with the settings of the part replaced by others, or nil.
func (p *part) withSettings(was, now []*setting) *tree.Node {
	gone, added, kept := keptNames(was, now)
	if len(gone)+len(added) > 0 && (p.noticed || len(gone)+len(added) > maxSettings) {
		return nil // whether an unused name looks misspelled depends on the names that there are
	}
	f := p.names(true)
	root := p.b.root
	for _, s := range gone {
		if root = p.withoutSetting(root, f, s); root == nil {
			return nil
		}
	}
	for _, pair := range kept {
		p.moves(pair[0].line, pair[0].column, pair[1].line, pair[1].column)
		p.moves(pair[0].valueLine, pair[0].valueColumn, pair[1].valueLine, pair[1].valueColumn)
	}
	root = p.shift.Node(root)
	for _, s := range added {
		if root = p.withSetting(root, f, s); root == nil {
			return nil
		}
	}
	replaced := 0
	for _, pair := range kept {
		if pair[0].value == pair[1].value {
			continue
		}
		if replaced++; replaced > maxSettings {
			return nil
		}
		if root = p.replaceSetting(root, f, pair[0], pair[1]); root == nil {
			return nil
		}
	}
	return root
}

// moves notes where a position of the part moved.
func (p *part) moves(line, column, toLine, toColumn int32) {
	if line == toLine && column == toColumn {
		return
	}
	if p.shift.Within == nil {
		p.shift.Within = map[[2]int32][2]int32{}
	}
	p.shift.Within[[2]int32{line, column}] = [2]int32{toLine, toColumn}
}

// keptNames pairs the settings before and after a run of names that differs.
func keptNames(was, now []*setting) (gone, added []*setting, kept [][2]*setting) {
	for len(was) > 0 && len(now) > 0 && was[0].name == now[0].name {
		kept = append(kept, [2]*setting{was[0], now[0]})
		was, now = was[1:], now[1:]
	}
	for len(was) > 0 && len(now) > 0 && was[len(was)-1].name == now[len(now)-1].name {
		kept = append(kept, [2]*setting{was[len(was)-1], now[len(now)-1]})
		was, now = was[:len(was)-1], now[:len(now)-1]
	}
	return was, now, kept
}

// wholeSettings extends the change to whole settings: a line that ends with a backslash continues
// in the next.
func (p *part) wholeSettings() {
	for p.start > 1 && p.was[p.start-2] == '\\' {
		p.start = bytes.LastIndexByte(p.was[:p.start-1], '\n') + 1
	}
	for continues(p.was[p.start:p.wasEnd]) || continues(p.now[p.start:p.nowEnd]) {
		rest := lineEndOffset(p.was, p.wasEnd) - p.wasEnd
		if rest == 0 {
			break
		}
		p.wasEnd, p.nowEnd = p.wasEnd+rest, p.nowEnd+rest
	}
	p.locate()
}

// continues reports whether lines may continue after their end.
func continues(lines []byte) bool { return bytes.HasSuffix(lines, []byte("\\\n")) }

// settings returns the settings of the changed lines. It reports false if they have a problem.
func (p *part) settings(text []byte) (all []*setting, ok bool) {
	r := *p.reading
	r.data, r.lines = text, lines{}
	reader := &propertiesReader{flat: r.names(true)}
	for reader.next < len(text) && !r.stopped {
		if s := reader.line(); s != nil {
			s.line, s.valueLine = s.line+p.line-1, s.valueLine+p.line-1
			all = append(all, s)
		}
	}
	return all, len(r.problems) == 0 && !r.stopped
}
