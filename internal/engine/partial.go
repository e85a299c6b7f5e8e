package engine

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/nacre-go/nacre/internal/subset"
	"github.com/nacre-go/nacre/source"
)

// applyPartially makes live what is good in a candidate that was refused, and records the rest as
// rejected.
func (e *Engine) applyPartially(c candidate, problems source.Problems) {
	good, why := e.largestGoodSubset(c, problems)
	e.refuse(c, good, why)
	if !good.news {
		return
	}
	if problems := e.try(good); problems != nil { // it has been rehearsed; what is refused now is refused as a whole
		e.refuse(good, e.live(), func(int) source.Problems { return problems })
	}
}

// largestGoodSubset returns the best candidate without the rejected contents, and why each excluded
// layer was rejected. Problems are those for which the whole of c was refused. See package subset
// for how it searches, and searchLimit for how long.
func (e *Engine) largestGoodSubset(c candidate, problems source.Problems) (good candidate, why func(layer int) source.Problems) {
	base := e.live().contents
	s := partial{e: e, whole: c.contents, base: base, why: make([]source.Problems, len(base)), unitOf: map[int]int{}}
	for _, unit := range e.releaseGroups(c.contents) {
		if !slices.ContainsFunc(unit, func(i int) bool { return c.contents[i] != base[i] }) {
			continue
		}
		for _, i := range unit {
			s.unitOf[i] = len(s.units)
		}
		s.units = append(s.units, unit)
	}
	blamed, vague := s.blamed(c.contents, problems)
	s.vague, s.size = vague, sizeOf(c.contents)
	search := subset.Problem{N: len(s.units), Blamed: blamed, Limit: s.limit}
	for n, unit := range s.units {
		for _, i := range unit {
			s.why[i] = problems
			if e.layers[i].doubt != nil { // it must not become live
				search.Hopeless = append(search.Hopeless, n)
			}
			if own := c.contents[i].ownProblems(); own != nil { // which no other layer can fix
				search.Hopeless = append(search.Hopeless, n)
				if ownOf(problems, e.layers[i].name) == nil {
					s.why[i] = e.redactor.problems(own)
				}
			}
		}
	}
	in, complete := subset.Largest(search, s.tryGroups)
	best := s.contents(in)
	if !complete {
		s.giveReason(in)
	}
	return e.choose(func(f *layerState) *layerContent { return best[f.index] }), func(layer int) source.Problems { return s.why[layer] }
}

// ownProblems is what is wrong with a content whatever the other layers say; nil for none.
func (c *layerContent) ownProblems() source.Problems {
	if c == nil || c.problems == nil && c.standalone == nil {
		return nil
	}
	return append(slices.Clone(c.problems), c.standalone...)
}

// partial is a search for the layers of a refused candidate that are good together. Its elements
// are units: layers that change by themselves, and the layers of a release.
type partial struct {
	e           *Engine
	whole, base []*layerContent // as the candidate and as live, by layer
	units       [][]int
	unitOf      map[int]int       // by layer
	size        int               // of the candidate, in values
	vague       bool              // the problems of a test did not say which layer they come from
	why         []source.Problems // by layer: what was found in the last test that it was in and that failed
}

// contents returns what is live with the units of a set as the candidate has them.
func (s *partial) contents(set []bool) []*layerContent {
	all := slices.Clone(s.base)
	for n, in := range set {
		if in {
			for _, i := range s.units[n] {
				all[i] = s.whole[i]
			}
		}
	}
	return all
}

// tryGroups evaluates the candidate with the groups of a set, and returns the groups that the
// problems blame.
func (s *partial) tryGroups(set []bool) (blamed []int, good bool) {
	with := s.contents(set)
	if s.e.manifestMismatches(with) != nil { // a part of a release; what was wrong with the release is worth more as a reason
		return nil, false
	}
	problems := s.e.try(candidate{contents: with, prepareOnly: true})
	var losers []int
	if problems == nil {
		if problems, losers = s.losses(with); problems == nil {
			return nil, true
		}
	}
	for n, in := range set {
		if !in {
			continue
		}
		for _, i := range s.units[n] {
			name := s.e.layers[i].name
			if ownOf(problems, name) != nil || ownOf(s.why[i], name) == nil {
				s.why[i] = problems
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

// losses is why contents would lose too much if they became live without the others: what they have
// no more may be in one that is refused. At boot nothing is held.
func (s *partial) losses(contents []*layerContent) (problems source.Problems, layers []int) {
	if s.e.batch == nil {
		return nil, nil
	}
	held := s.e.lossesOf(contents)
	layers = slices.Sorted(maps.Keys(held))
	for _, i := range layers {
		at := source.Position{Layer: s.e.layers[i].name, Document: firstName(contents[i]), Revision: s.e.shown(contents[i])}
		for _, why := range held[i] {
			problems = append(problems, &source.Problem{Kind: source.Invalid, Position: at, Message: "without the other layers of this change, " + why})
		}
	}
	return problems, layers
}

// blamed returns the units that the problems of some contents may come from; vague is that of
// blame.
func (s *partial) blamed(contents []*layerContent, problems source.Problems) (units []int, vague bool) {
	layers, vague := s.e.newBlame(s.base, contents).layers(problems)
	return s.groupsOf(layers), vague
}

func (s *partial) groupsOf(layers []int) (units []int) {
	for _, i := range layers {
		if n := s.unitOf[i]; !slices.Contains(units, n) {
			units = append(units, n)
		}
	}
	return units
}

// releaseGroups returns the groups of layers that can be tried separately, lowest first: the layers
// of a release are one group, and every other layer is a group of its own.
func (e *Engine) releaseGroups(contents []*layerContent) (all [][]int) {
	release := -1
	m, _ := e.manifestOf(contents)
	for i, f := range e.layers {
		if m == nil || contents[i] == nil || f.latest == nil || !e.ofRelease(f) {
			all = append(all, []int{i})
			continue
		}
		if release < 0 {
			release = len(all)
			all = append(all, nil)
		}
		all[release] = append(all[release], i)
	}
	return all
}

const (
	// searchValues is how many values of a configuration may be looked at to find out which layers
	// of a refused change are good, all tests together: some 20 ms on a machine of today. What is
	// small is searched in full.
	searchValues = 20_000
	// minTests is how many tests are made however large the configuration is. With them, a refusal
	// costs at most five times what it costs to accept a change of the same size.
	minTests = 3
)

// limit is how many tests the search may make. Where the problems of a test did not tell which
// layer they come from, it may halve the layers as often as it takes to find one that is bad.
func (s *partial) limit() int {
	limit := max(minTests, searchValues/s.size)
	if s.vague {
		limit = max(limit, 2*bits.Len(uint(len(s.units)))+1)
	}
	return limit
}

// sizeOf is how many values some contents have, at least 1.
func sizeOf(contents []*layerContent) int {
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

// giveReason gives a reason to the layers that an interrupted search left out and that have no
// known problem. A layer that removed a required key gets that problem, whatever its position.
func (s *partial) giveReason(in []bool) {
	b := s.e.newBlame(s.base, s.whole)
	charged := map[*source.Problem][]int{}
	for n, unit := range s.units {
		if in[n] {
			continue
		}
		for _, i := range unit {
			name := s.e.layers[i].name
			if ownOf(s.why[i], name) != nil {
				continue
			}
			var own source.Problems
			vague := "" // what is said of no layer
			for _, p := range s.why[i] {
				layers, known := charged[p]
				if !known {
					layers, _ = b.layers(source.Problems{p})
					charged[p] = layers
				}
				switch {
				case slices.Contains(layers, i):
					own = append(own, p)
				case layers == nil && vague == "":
					vague = " (" + p.Message + ")"
				}
			}
			if s.why[i] = own; own == nil {
				s.why[i] = source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: name, Document: firstName(s.whole[i]), Revision: s.e.shown(s.whole[i])},
					Message: "is refused together with the other layers of this change" + vague + "; the change is too large to try its layers one by one"}}
			}
		}
	}
}
