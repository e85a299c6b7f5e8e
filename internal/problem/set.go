package problem

import "github.com/nacre-go/nacre/source"

// Set collects distinct problems: two with the same kind and text are one. The zero Set is empty.
type Set struct {
	All   source.Problems
	known map[problemKey]bool
}

type problemKey struct {
	kind source.Kind
	text string
}

// Add adds the problems that are not in the set.
func (s *Set) Add(more source.Problems) {
	for _, p := range more {
		key := problemKey{p.Kind, p.Error()}
		if s.known[key] {
			continue
		}
		if s.known == nil {
			s.known = map[problemKey]bool{}
		}
		s.known[key] = true
		s.All = append(s.All, p)
	}
}

// In returns the problems with a position in a layer.
func In(problems source.Problems, layer string) (own source.Problems) {
	for _, p := range problems {
		if p.Position.Layer == layer {
			own = append(own, p)
		}
	}
	return own
}
