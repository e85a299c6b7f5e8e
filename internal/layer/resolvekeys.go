package layer

import (
	"cmp"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
)

// longest returns the length of the longest key of a struct, which limits the search.
func (r *resolver) longest(shape *tree.Shape) int {
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

// keys returns the keys of a struct with this text.
func (r *resolver) keys(shape *tree.Shape, text string) []string {
	if r.exact {
		if _, ok := shape.Fields[shape.Canonical(text)]; ok {
			return []string{text}
		}
		return nil
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
