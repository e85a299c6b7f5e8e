package layer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// longest returns the length of the longest key of a struct, which limits the search.
func (r *resolver) longest(shape *tree.Shape) int {
	if r.relaxed {
		return len(r.text) // separators make another spelling longer
	}
	n, ok := r.lengths[shape]
	if !ok {
		for key := range shape.Fields {
			n = max(n, len(key))
		}
		for alias := range shape.Aliases {
			n = max(n, len(alias))
		}
		r.lengths[shape] = n
	}
	return n
}

// keys returns the keys of a struct with the text of the name from at to end.
func (r *resolver) keys(shape *tree.Shape, at, end int) []string {
	text := r.text[at:end]
	switch {
	case r.exact:
		if _, ok := shape.Fields[shape.Canonical(text)]; ok {
			return []string{text}
		}
		if r.relaxed && !strings.ContainsAny(text, ".[") && !tree.Passes(text) {
			return r.spelled.of(shape, relaxedName(text))
		}
		return nil
	case r.loose:
		return r.spelled.of(shape, relaxedName(text))
	}
	index := r.folded[shape]
	if index == nil {
		index = make(map[string][]string, len(shape.Fields))
		for key := range shape.Fields {
			index[fold(key)] = append(index[fold(key)], key)
		}
		for alias := range shape.Aliases {
			index[fold(alias)] = append(index[fold(alias)], alias)
		}
		for _, keys := range index {
			slices.SortFunc(keys, func(a, b string) int { // keys before aliases, whose key is not empty
				return cmp.Or(cmp.Compare(shape.Aliases[a], shape.Aliases[b]), cmp.Compare(a, b))
			})
		}
		r.folded[shape] = index
	}
	return index[text]
}
