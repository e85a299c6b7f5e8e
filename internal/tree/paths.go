package tree

// Paths is a set of paths, such as those of the values that could not be bound. The nil *Paths is
// empty.
type Paths struct {
	members, above map[string]bool // above are the paths on the way to the members
	everything     bool
}

// maxPaths is the number of paths up to which a set is exact. A larger one touches every path.
const maxPaths = 1000

// With returns the set with one more path. It changes s, or makes a set if s is nil.
func (s *Paths) With(p Path) *Paths {
	if s == nil {
		s = &Paths{members: map[string]bool{}, above: map[string]bool{}}
	}
	if s.everything = s.everything || len(s.members) >= maxPaths || len(p) == 0; s.everything {
		return s
	}
	s.members[p.String()] = true
	for i := range p {
		s.above[p[:i].String()] = true
	}
	return s
}

// Touches reports whether p is in the set, or is above or below a path in it.
func (s *Paths) Touches(p Path) bool {
	if s == nil {
		return false
	}
	if s.everything || s.above[p.String()] {
		return true
	}
	for i := range p {
		if s.members[p[:i+1].String()] {
			return true
		}
	}
	return false
}
