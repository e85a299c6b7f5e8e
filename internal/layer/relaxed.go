package layer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// With Decoder.Relaxed, a name in a document means the key of a field that differs from it only in
// case, '-' and '_', as in Spring. An exact name takes precedence, and a name that fits two fields
// is a problem. Only keys of structs have spellings: a key of a map is data. A name with a '.' is
// not a spelling, and neither is one that is for people, such as x-owner.

// spellings are the names of the keys of structs, by what their spellings have in common.
type spellings map[*tree.Shape]map[string][]string

// relaxedName returns what the spellings of a name have in common.
func relaxedName(name string) string { return noHyphens.Replace(strings.ToLower(name)) }

var noHyphens = strings.NewReplacer("_", "", "-", "")

// of returns the keys of a struct, and then its aliases, with this relaxed name.
func (s *spellings) of(shape *tree.Shape, relaxed string) []string {
	index := (*s)[shape]
	if index == nil {
		index = make(map[string][]string, len(shape.Fields))
		for _, names := range [][]string{slices.Sorted(maps.Keys(shape.Fields)), slices.Sorted(maps.Keys(shape.Aliases))} {
			for _, name := range names {
				index[relaxedName(name)] = append(index[relaxedName(name)], name)
			}
		}
		if *s == nil {
			*s = spellings{}
		}
		(*s)[shape] = index
	}
	return index[relaxed]
}

// keyOf returns the key that a name in a document means: that of the field, or the name itself if
// no field has it. as is the key or alias of the struct that the name is or spells. If the name
// spells those of two fields, the key is the name, and as and also are two that it can mean.
func (r *reading) keyOf(shape *tree.Shape, name string) (key, as, also string) {
	key = shape.Canonical(name)
	if shape == nil || shape.Kind != tree.StructOf && shape.Kind != tree.RemainderOf {
		return key, name, ""
	}
	if _, known := shape.Fields[key]; known || !r.relaxed || tree.Passes(name) {
		return key, name, ""
	}
	for _, known := range r.spellings.of(shape, relaxedName(name)) {
		switch of := shape.Canonical(known); {
		case as == "":
			key, as = of, known
		case of != key:
			return name, as, known
		}
	}
	if as == "" {
		as = name
	}
	return key, as, ""
}

// ambiguous reports a name that spells the keys of two fields.
func (s *settler) ambiguous(e *tree.Entry, one, other string) {
	at := e.Position()
	e.Verdict = tree.Accepted // it is reported here
	within := s.key()
	within = within[:len(within)-1]
	s.reportAt(source.Malformed, int32(at.Line), int32(at.Column), s.written.String(), //nolint:gosec // from an int32
		fmt.Sprintf("is ambiguous: it can mean %s or %s; write one of them exactly", within.Join(one), within.Join(other)))
}
