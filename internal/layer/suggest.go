package layer

import (
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// spelling is a key of the shape in the style of a document.
type spelling struct {
	text   string // in the style of the document
	folded string
}

// maxSpellings and maxSpellingDepth limit the search for a suggestion: a shape may be recursive.
const (
	maxSpellings     = 4096
	maxSpellingDepth = 8
)

// unknown reports an unknown name, with the nearest known one.
func (f *flat) unknown(s *setting) {
	key := ""
	if s.line > 0 { // the position of a variable has its name already
		key = s.shown
	}
	f.tell(s, source.UnknownKey, key, "")
	if n := len(f.problems); n > 0 && !f.stopped {
		f.problems[n-1].Suggest = f.suggest(s)
	}
}

func (f *flat) suggest(s *setting) string {
	if f.known == nil {
		f.known = f.spell(f.shape, nil, nil, 0)
	}
	name, prefix, suffix := s.name, "", ""
	if !f.resolver.dots {
		prefix = strings.TrimSuffix(strings.TrimPrefix(s.shown, "$"), s.name)
		if s.file {
			prefix = strings.TrimSuffix(strings.TrimPrefix(s.shown, "$"), s.name+fileSuffix)
			suffix = fileSuffix
		}
	}
	name, numbers := unnumbered(fold(name))
	best, least := "", 2+len(name)/8
	if len(name) <= 3 {
		least = 1
	}
	for _, k := range f.known {
		if d := f.edits.distance(name, k.folded, least); d <= least && (best == "" || d < least) {
			best, least = k.text, d
		}
	}
	if best == "" {
		best = f.byTail(name)
	}
	if best == "" {
		return ""
	}
	return prefix + renumbered(best, numbers) + suffix
}

// byTail finds the only key with the same end as the name: POOL for DB_POOL.
func (f *flat) byTail(name string) (best string) {
	if len(name) <= 2 {
		return ""
	}
	tail := "_" + name
	for _, k := range f.known {
		if strings.HasSuffix(k.folded, tail) {
			if best != "" {
				return ""
			}
			best = k.text
		}
	}
	return best
}

// spell returns all names of the keys of the shape.
func (f *flat) spell(shape *tree.Shape, path tree.Path, out []spelling, depth int) []spelling {
	if shape == nil || len(out) >= maxSpellings || depth > maxSpellingDepth {
		return out
	}
	switch shape.Kind {
	case tree.StructOf, tree.RemainderOf:
		keys := shape.Order
		if len(keys) != len(shape.Fields) {
			keys = keys[:0:0]
			for key := range shape.Fields {
				keys = append(keys, key)
			}
			slices.Sort(keys)
		}
		for _, key := range keys {
			out = f.spell(shape.Fields[key], path.Join(key), out, depth+1)
		}
		return out
	case tree.MapOf:
		return out // its keys are not known
	case tree.ListOf:
		if shape.Elem != nil && (shape.Elem.Kind == tree.StructOf || shape.Elem.Kind == tree.RemainderOf) {
			return f.spell(shape.Elem, path.Join(tree.Item(0)), out, depth+1)
		}
	}
	if len(path) == 0 {
		return out
	}
	text := path.String()
	if !f.resolver.dots {
		parts := make([]string, len(path))
		for i, segment := range path {
			parts[i] = strings.Trim(segment, "[]")
		}
		text = strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(strings.Join(parts, "_")))
	}
	return append(out, spelling{text, fold(strings.NewReplacer("[", ".", "]", "").Replace(text))})
}

// unnumbered replaces the numbers of list items by 0, and returns them.
func unnumbered(name string) (string, []string) {
	name = strings.NewReplacer("[", "_", "]", "").Replace(name)
	parts := strings.Split(name, "_")
	var numbers []string
	for i, p := range parts {
		if p != "" && strings.Trim(p, "0123456789") == "" {
			numbers = append(numbers, p)
			parts[i] = "0"
		}
	}
	return strings.Join(parts, "_"), numbers
}

// renumbered restores the numbers.
func renumbered(text string, numbers []string) string {
	for _, mark := range []string{"_0_", "[0]"} {
		parts := strings.Split(text, mark)
		if len(parts)-1 != len(numbers) {
			continue
		}
		var b strings.Builder
		for i, p := range parts {
			if i > 0 {
				b.WriteString(strings.Replace(mark, "0", numbers[i-1], 1))
			}
			b.WriteString(p)
		}
		text = b.String()
	}
	return text
}

// edits computes the distance of texts. It keeps its rows, because a document with many unknown
// names needs many distances.
type edits struct{ two, one, row []int }

// distance returns the number of letters to insert, drop, change or swap with a neighbor, or
// limit+1 for any number above limit. It computes only what can be within the limit.
func (e *edits) distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b) // within the limit, because the lengths are
	}
	if len(e.row) <= len(b) {
		e.two, e.one, e.row = make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	}
	two, one, row := e.two, e.one, e.row
	beyond := limit + 1
	for j := range len(b) + 1 {
		one[j], two[j] = min(j, beyond), beyond
	}
	for i := 1; i <= len(a); i++ {
		from, to := max(1, i-limit), min(len(b), i+limit)
		least := beyond
		row[from-1] = beyond
		if from == 1 {
			row[0], least = min(i, beyond), i
		}
		for j := from; j <= to; j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, one[j-1]+cost, beyond)
			if j < i+limit { // the cell above is within the limit too
				row[j] = min(row[j], one[j]+1)
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
			least = min(least, row[j])
		}
		if to < len(b) {
			row[to+1] = beyond
		}
		if least > limit {
			return beyond
		}
		two, one, row = one, row, two
	}
	return min(one[len(b)], beyond)
}
