package layer

import (
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// unset reports a variable that an option of the source names, that is not set, and that matches no
// key. If the name is a typo, the variable that was meant would never be read.
func (f *flat) unset(s *setting, names []string) {
	if strings.Contains(s.name, "*") {
		f.unsetPattern(s)
		return
	}
	section := ""
	for _, name := range names {
		for _, t := range f.resolver.resolve(name, "") {
			if !t.section {
				return
			}
			section = t.path().String()
		}
	}
	if section != "" {
		f.tell(s, source.WrongType, section, "has keys below it; "+strings.TrimPrefix(s.shown, "$")+"_* is all of them, and "+strings.TrimPrefix(s.shown, "$")+"* the name itself too")
		return
	}
	last := *s
	if n := len(names) - 1; n > 0 {
		last.name, last.file = names[n], true
	}
	f.unknown(&last)
	f.say("unknown key, although the source is configured to read it")
}

// say replaces the text of the last problem.
func (f *flat) say(message string) {
	if n := len(f.problems); n > 0 && !f.stopped {
		f.problems[n-1].Message = message
	}
}

// unsetPattern reports a pattern of names that matches no name of a key.
func (f *flat) unsetPattern(s *setting) {
	pattern := single(fold(s.name))
	for _, name := range f.patterns(f.shape, "", nil, 0) {
		if meet(pattern, name) {
			return
		}
	}
	f.tell(s, source.UnknownKey, "", "no key matches this pattern, which the source is configured to read")
	if n := len(f.problems); n > 0 && !f.stopped {
		f.problems[n-1].Suggest = f.suggestPattern(s, pattern)
	}
}

// suggestPattern returns the pattern of the nearest section, for a pattern of everything in one.
func (f *flat) suggestPattern(s *setting, pattern string) string {
	name, all := strings.CutSuffix(pattern, "_*")
	if !all || strings.Contains(name, "*") {
		return ""
	}
	best, least := "", 2+len(name)/8
	if len(name) <= 3 {
		least = 1
	}
	for _, k := range f.spell(f.shape, nil, nil, 0) {
		for i, c := range k.folded {
			if c != '_' {
				continue
			}
			if d := f.edits.distance(name, k.folded[:i], least); d <= least && (best == "" || d < least) {
				best, least = k.text[:i], d
			}
		}
	}
	if best == "" {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(s.shown, "$"), s.name) + best + "_*"
}

// patterns returns the folded names that keys of the shape may have, with a * for any text: of a
// list "hosts" and "hosts_*", of a map "labels_*".
func (f *flat) patterns(shape *tree.Shape, at string, out []string, depth int) []string {
	if len(out) >= maxSpellings {
		return append(out, "*") // its keys are not known
	}
	kind := tree.Any
	if shape != nil {
		kind = shape.Kind
	}
	below := "*"
	if at != "" {
		below = at + "_*"
	}
	if depth > maxSpellingDepth {
		return append(out, below)
	}
	switch kind {
	case tree.Leaf:
		return append(out, at, at+strings.ToLower(fileSuffix))
	case tree.StructOf, tree.RemainderOf:
		keys := slices.AppendSeq(slices.Collect(maps.Keys(shape.Fields)), maps.Keys(shape.Aliases))
		slices.Sort(keys)
		for _, key := range keys {
			name := single(fold(key))
			if at != "" {
				name = single(at + "_" + name)
			}
			out = f.patterns(shape.At(key), name, out, depth+1)
		}
		if kind == tree.RemainderOf {
			out = append(out, below)
		}
		return out
	case tree.MapOf:
		return append(out, below)
	}
	return append(out, at, below) // below also matches the name of a file
}

// single replaces several underscores by one, which separates levels too, and drops leading ones.
func single(name string) string {
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	return strings.TrimPrefix(name, "_")
}

// meet reports whether a text matches both patterns; a * matches any text.
func meet(a, b string) bool {
	// reach[j] reports whether a text matches both the part of a so far and b[:j].
	reach := make([]bool, len(b)+1)
	reach[0] = true
	for j := 0; j < len(b) && b[j] == '*'; j++ {
		reach[j+1] = true
	}
	for i := range len(a) {
		next := make([]bool, len(b)+1)
		next[0] = reach[0] && a[i] == '*'
		for j := range len(b) {
			switch {
			case a[i] == '*':
				next[j+1] = reach[j+1] || next[j]
			case b[j] == '*':
				next[j+1] = reach[j+1] || next[j]
			default:
				next[j+1] = reach[j] && a[i] == b[j]
			}
		}
		reach = next
	}
	return reach[len(b)]
}
