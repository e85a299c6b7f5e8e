package engine

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/nacre-go/nacre/internal/subset"
	"github.com/nacre-go/nacre/source"
)

// applyPartially makes live what is good in a candidate that was refused, and records the rest as rejected.
func (e *Engine) applyPartially(c candidate, problems source.Problems) {
	good, reasons := e.largestGoodSubset(c, problems)
	e.recordRejected(c, good, reasons)
	if !good.changed {
		return
	}
	if problems := e.tryApply(good); problems != nil { // it has been rehearsed; what is refused now is refused as a whole
		e.recordRejected(good, e.liveCandidate(), func(int) source.Problems { return problems })
	}
}

// largestGoodSubset returns the best candidate without the rejected contents, and why each excluded layer was rejected. Problems are those
// for which the whole of c was refused. See package subset for how it searches, and searchLimit for how long.
func (e *Engine) largestGoodSubset(c candidate, problems source.Problems) (good candidate, reasons func(layer int) source.Problems) {
	base := e.liveCandidate().contents
	s := subsetSearch{e: e, wanted: c.contents, live: base, reasons: make([]source.Problems, len(base)), groupOf: map[int]int{}}
	for _, group := range e.releaseGroups(c.contents) {
		if !slices.ContainsFunc(group, func(i int) bool { return c.contents[i] != base[i] }) {
			continue
		}
		for _, i := range group {
			s.groupOf[i] = len(s.groups)
		}
		s.groups = append(s.groups, group)
	}
	blamed, vague := s.blamed(c.contents, problems)
	s.vague, s.values = vague, valueCount(c.contents)
	search := subset.Problem{N: len(s.groups), Blamed: blamed, Limit: s.testLimit}
	for n, group := range s.groups {
		for _, i := range group {
			s.reasons[i] = problems
			if e.layers[i].suppressedHold != nil { // it must not become live
				search.Hopeless = append(search.Hopeless, n)
			}
			if own := c.contents[i].ownProblems(); own != nil { // which no other layer can mend
				search.Hopeless = append(search.Hopeless, n)
				if problemsIn(problems, e.layers[i].name) == nil {
					s.reasons[i] = e.redactor.problems(own)
				}
			}
		}
	}
	included, complete := subset.Largest(search, s.tryGroups)
	best := s.contents(included)
	if !complete {
		s.explainExcluded(included)
	}
	return e.candidateOf(func(l *layerState) *layerContent { return best[l.index] }), func(layer int) source.Problems { return s.reasons[layer] }
}

// ownProblems is what is wrong with a content whatever the other layers say; nil for none.
func (c *layerContent) ownProblems() source.Problems {
	if c == nil || c.problems == nil && c.standalone == nil {
		return nil
	}
	return append(slices.Clone(c.problems), c.standalone...)
}

// partial is a search for the layers of a refused candidate that are good together. Its elements are units: layers that change by
// themselves, and the layers of a release.
type subsetSearch struct {
	e            *Engine
	wanted, live []*layerContent // as the candidate and as live, by layer
	groups       [][]int
	groupOf      map[int]int       // by layer
	values       int               // of the candidate, in values
	vague        bool              // the problems of a test did not say which layer they come from
	reasons      []source.Problems // by layer: what was found in the last test that it was in and that failed
}

// contents returns what is live with the units of a set as the candidate has them.
func (s *subsetSearch) contents(set []bool) []*layerContent {
	all := slices.Clone(s.live)
	for n, included := range set {
		if included {
			for _, i := range s.groups[n] {
				all[i] = s.wanted[i]
			}
		}
	}
	return all
}

// test rehearses a set.
func (s *subsetSearch) tryGroups(set []bool) (blamed []int, good bool) {
	with := s.contents(set)
	if s.e.manifestMismatches(with) != nil { // a part of a release; what was wrong with the release is worth more as a reason
		return nil, false
	}
	problems := s.e.tryApply(candidate{contents: with, prepareOnly: true})
	var losers []int
	if problems == nil {
		if problems, losers = s.lossProblems(with); problems == nil {
			return nil, true
		}
	}
	for n, included := range set {
		if !included {
			continue
		}
		for _, i := range s.groups[n] {
			name := s.e.layers[i].name
			if problemsIn(problems, name) != nil || problemsIn(s.reasons[i], name) == nil {
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

// losses is why contents would lose too much if they became live without the others: what they have no more may be in one that is refused.
// At boot nothing is held.
func (s *subsetSearch) lossProblems(contents []*layerContent) (problems source.Problems, layers []int) {
	if s.e.batch == nil {
		return nil, nil
	}
	held := s.e.lossHoldReasons(contents)
	layers = slices.Sorted(maps.Keys(held))
	for _, i := range layers {
		at := source.Position{Layer: s.e.layers[i].name, Document: firstName(contents[i]), Revision: s.e.shown(contents[i])}
		for _, reason := range held[i] {
			problems = append(problems, &source.Problem{Kind: source.Invalid, Position: at, Message: "without the other layers of this change, " + reason})
		}
	}
	return problems, layers
}

// blamed returns the units that the problems of some contents may come from; vague is that of blame.
func (s *subsetSearch) blamed(contents []*layerContent, problems source.Problems) (groups []int, vague bool) {
	layers, vague := s.e.newBlame(s.live, contents).suspects(problems)
	return s.groupsOf(layers), vague
}

func (s *subsetSearch) groupsOf(layers []int) (groups []int) {
	for _, i := range layers {
		if n := s.groupOf[i]; !slices.Contains(groups, n) {
			groups = append(groups, n)
		}
	}
	return groups
}

// units are the layers that can be tried by themselves, lowest first: each for itself, those of a release together.
func (e *Engine) releaseGroups(contents []*layerContent) (groups [][]int) {
	release := -1
	m, _ := e.manifestOf(contents)
	for i, l := range e.layers {
		if m == nil || contents[i] == nil || l.latest == nil || !e.isPartOfRelease(l) {
			groups = append(groups, []int{i})
			continue
		}
		if release < 0 {
			release = len(groups)
			groups = append(groups, nil)
		}
		groups[release] = append(groups[release], i)
	}
	return groups
}

const (
	// searchValues is how many values of a configuration may be looked at to find out which layers of a refused change are good, all
	// tests together: some 20 ms on a machine of today. What is small is searched in full.
	maxSearchValues = 20_000
	// minTests is how many tests are made however large the configuration is. With them, a refusal costs at most five times
	// what it costs to accept a change of the same size.
	minTests = 3
)

// limit is how many tests the search may make. Where the problems of a test did not tell which layer they come from, it may halve the
// layers as often as it takes to find one that is bad.
func (s *subsetSearch) testLimit() int {
	limit := max(minTests, maxSearchValues/s.values)
	if s.vague {
		limit = max(limit, 2*bits.Len(uint(len(s.groups)))+1)
	}
	return limit
}

// sizeOf is how many values some contents have, at least 1.
func valueCount(contents []*layerContent) int {
	size := 1
	for _, c := range contents {
		if c != nil {
			for _, root := range c.roots {
				size += root.Size()
			}
		}
	}
	return size
}

// giveReason tells the layers that a search which was ended left out, and with which nothing is known to be wrong. A layer that took away a
// key that is required is told of that, wherever the problem stands.
func (s *subsetSearch) explainExcluded(included []bool) {
	b := s.e.newBlame(s.live, s.wanted)
	charged := map[*source.Problem][]int{}
	for n, group := range s.groups {
		if included[n] {
			continue
		}
		for _, i := range group {
			name := s.e.layers[i].name
			if problemsIn(s.reasons[i], name) != nil {
				continue
			}
			var own source.Problems
			vague := "" // what is said of no layer
			for _, p := range s.reasons[i] {
				layers, known := charged[p]
				if !known {
					layers, _ = b.suspects(source.Problems{p})
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
				s.reasons[i] = source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: name, Document: firstName(s.wanted[i]), Revision: s.e.shown(s.wanted[i])},
					Message: "is refused together with the other layers of this change" + vague + "; the change is too large to try its layers one by one"}}
			}
		}
	}
}
