package search

import (
	"math/bits"
	"slices"

	"github.com/nacre-go/nacre/internal/blame"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/problem"
	"github.com/nacre-go/nacre/internal/subset"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Search is a rejected change, with the questions that the search asks about parts of it. It is for
// one call of Largest.
type Search struct {
	// Names are those of the layers, and Shape is that of the merged configuration.
	Names []string
	Shape *tree.Shape
	// Live and Wanted are the live contents and those of the change, by layer.
	Live, Wanted []*pipeline.Content
	// Groups has the layers that can be tried separately, lowest first: each layer alone, or the
	// layers of a release together.
	Groups [][]int
	// Hopeless has the layers that are not to be tried.
	Hopeless []int
	// Try returns why contents cannot become live, or nil. It is called often.
	Try func(contents []*pipeline.Content) source.Problems
	// IsIncomplete reports whether contents have a part of a release only.
	IsIncomplete func(contents []*pipeline.Content) bool
	// Losses returns why contents, which are good, would lose too many keys without the rest of the
	// change, and through which layers; nil if they would not.
	Losses func(contents []*pipeline.Content) (problems source.Problems, layers []int)
	// Report returns problems of one content as they may be shown.
	Report func(source.Problems) source.Problems

	groups  [][]int           // those of Groups that have changed
	groupOf map[int]int       // by layer
	values  int               // number of values in the change
	vague   bool              // the problems of a test do not identify a layer
	reasons []source.Problems // by layer: the problems of the last failed test that included it
}

// Largest returns the best contents without the rejected ones, and why each excluded layer was
// rejected, by layer. problems are those for which the change as a whole was rejected. Package
// subset describes the search, and testLimit bounds it.
func (s *Search) Largest(problems source.Problems) (best []*pipeline.Content, reasons []source.Problems) {
	s.reasons, s.groupOf = make([]source.Problems, len(s.Live)), map[int]int{}
	for _, group := range s.Groups {
		if !slices.ContainsFunc(group, func(i int) bool { return s.Wanted[i] != s.Live[i] }) {
			continue
		}
		for _, i := range group {
			s.groupOf[i] = len(s.groups)
		}
		s.groups = append(s.groups, group)
	}
	blamed, vague := s.blamed(s.Wanted, problems)
	s.vague, s.values = vague, valueCount(s.Wanted)
	search := subset.Problem{N: len(s.groups), Blamed: blamed, Limit: s.testLimit}
	for n, group := range s.groups {
		for _, i := range group {
			s.reasons[i] = problems
			if slices.Contains(s.Hopeless, i) {
				search.Hopeless = append(search.Hopeless, n)
			}
			if own := s.Wanted[i].OwnProblems(); own != nil { // which no other layer can fix
				search.Hopeless = append(search.Hopeless, n)
				if problem.In(problems, s.Names[i]) == nil {
					s.reasons[i] = s.Report(own)
				}
			}
		}
	}
	included, complete := subset.Largest(search, s.tryGroups)
	if !complete {
		s.explainExcluded(included)
	}
	return s.contents(included), s.reasons
}

// contents returns the live contents, with those of the candidate for a set of groups.
func (s *Search) contents(set []bool) []*pipeline.Content {
	all := slices.Clone(s.Live)
	for n, included := range set {
		if included {
			for _, i := range s.groups[n] {
				all[i] = s.Wanted[i]
			}
		}
	}
	return all
}

// tryGroups evaluates a set of groups.
func (s *Search) tryGroups(set []bool) (blamed []int, good bool) {
	with := s.contents(set)
	if s.IsIncomplete(with) { // part of a release; the problems of the whole release explain more
		return nil, false
	}
	problems := s.Try(with)
	var losers []int
	if problems == nil {
		if problems, losers = s.Losses(with); problems == nil {
			return nil, true
		}
	}
	for n, included := range set {
		if !included {
			continue
		}
		for _, i := range s.groups[n] {
			name := s.Names[i]
			if problem.In(problems, name) != nil || problem.In(s.reasons[i], name) == nil {
				s.reasons[i] = problems
			}
		}
	}
	if losers != nil {
		return s.groupsOf(losers), false
	}
	blamed, vague := s.blamed(with, problems)
	s.vague = s.vague || vague
	return blamed, false
}

// blamed returns the groups that problems may come from. vague reports that no problem identifies a
// single layer.
func (s *Search) blamed(contents []*pipeline.Content, problems source.Problems) (groups []int, vague bool) {
	layers, vague := s.change(contents).Suspects(problems)
	return s.groupsOf(layers), vague
}

func (s *Search) groupsOf(layers []int) (groups []int) {
	for _, i := range layers {
		if n := s.groupOf[i]; !slices.Contains(groups, n) {
			groups = append(groups, n)
		}
	}
	return groups
}

const (
	// maxSearchValues is the number of values that all tests of a search may evaluate together,
	// which takes about 20 ms. A small configuration is searched in full.
	maxSearchValues = 20_000
	// minTests is the number of tests that a search makes however large the configuration is. With
	// it, rejecting a change costs at most five times as much as applying one of the same size.
	minTests = 3
)

// testLimit returns the number of tests that the search may make. If the problems of a test do not
// identify a layer, the search may halve the layers until it finds a bad one.
func (s *Search) testLimit() int {
	limit := max(minTests, maxSearchValues/s.values)
	if s.vague {
		limit = max(limit, 2*bits.Len(uint(len(s.groups)))+1)
	}
	return limit
}

// valueCount returns the number of values in contents, at least 1.
func valueCount(contents []*pipeline.Content) int {
	size := 1
	for _, c := range contents {
		if c != nil {
			for _, root := range c.Decoded().Roots {
				size += root.Size()
			}
		}
	}
	return size
}

// explainExcluded sets the reasons of layers that the search excluded because it reached its limit.
// A layer that dropped a required key gets that problem, whatever position the problem has.
func (s *Search) explainExcluded(included []bool) {
	b := s.change(s.Wanted)
	charged := map[*source.Problem][]int{}
	for n, group := range s.groups {
		if included[n] {
			continue
		}
		for _, i := range group {
			name := s.Names[i]
			if problem.In(s.reasons[i], name) != nil {
				continue
			}
			var own source.Problems
			vague := "" // the problem that identifies no layer
			for _, p := range s.reasons[i] {
				layers, known := charged[p]
				if !known {
					layers, _ = b.Suspects(source.Problems{p})
					charged[p] = layers
				}
				switch {
				case slices.Contains(layers, i):
					own = append(own, p)
				case layers == nil && vague == "":
					vague = " (" + p.Message + ")"
				}
			}
			if s.reasons[i] = own; own == nil {
				s.reasons[i] = source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: name, Document: pipeline.FirstName(s.Wanted[i]), Revision: s.Wanted[i].Shown()},
					Message: "is rejected together with the other layers of this change" + vague + "; the change is too large to try its layers one by one"}}
			}
		}
	}
}

// change compares contents with the live ones.
func (s *Search) change(contents []*pipeline.Content) *blame.Change {
	return blame.NewChange(s.Names, s.Shape, s.Live, contents)
}
