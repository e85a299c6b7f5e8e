package engine

import "github.com/nacre-go/nacre/source"

// problemSet collects distinct problems: two with the same kind and text are one. The zero
// problemSet is empty.
type problemSet struct {
	all   source.Problems
	known map[problemKey]bool
}

type problemKey struct {
	kind source.Kind
	text string
}

// add adds the problems that are not in the set.
func (s *problemSet) add(more source.Problems) {
	for _, p := range more {
		key := problemKey{p.Kind, p.Error()}
		if s.known[key] {
			continue
		}
		if s.known == nil {
			s.known = map[problemKey]bool{}
		}
		s.known[key] = true
		s.all = append(s.all, p)
	}
}

// problemsIn returns the problems with a position in a layer.
func problemsIn(problems source.Problems, layer string) (own source.Problems) {
	for _, p := range problems {
		if p.Position.Layer == layer {
			own = append(own, p)
		}
	}
	return own
}

// problemsOf returns the problems with a position in a layer, or all problems if there are none.
func problemsOf(problems source.Problems, layer string) source.Problems {
	if own := problemsIn(problems, layer); own != nil {
		return own
	}
	return problems
}
