package engine

import (
	"maps"
	"math/bits"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/problem"
	"github.com/nacre-go/nacre/internal/subset"
	"github.com/nacre-go/nacre/source"
)

// applyPartially applies the good part of a rejected candidate and records the rest as rejected.
// Only the writer calls it.
func (e *Engine) applyPartially(c candidate, problems source.Problems) {
	began := time.Now()
	good, reasons := e.largestGoodSubset(c, problems)
	e.endStep(stepSearch, began)
	e.recordRejected(c, good, reasons)
	if !good.changed {
		return
	}
	if problems := e.tryApply(good); problems != nil { // it was evaluated before; reject it as a whole if it fails now
		e.recordRejected(good, e.liveCandidate(), func(int) source.Problems { return problems })
	}
}

// largestGoodSubset returns the best candidate without the rejected contents, and why each excluded
// layer was rejected. The argument problems has the reasons for which c as a whole was rejected.
// Package subset describes the search, and testLimit bounds it.
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
			if e.layers[i].suppressedHold != nil { // the change guard would hold it
				search.Hopeless = append(search.Hopeless, n)
			}
			if own := c.contents[i].OwnProblems(); own != nil { // which no other layer can fix
				search.Hopeless = append(search.Hopeless, n)
				if problem.In(problems, e.layers[i].name) == nil {
					s.reasons[i] = e.reported(own, c.contents)
				}
			}
		}
	}
	included, complete := subset.Largest(search, s.tryGroups)
	best := s.contents(included)
	if !complete {
		s.explainExcluded(included)
	}
	return e.candidateOf(func(l *layerState) *pipeline.Content { return best[l.index] }), func(layer int) source.Problems { return s.reasons[layer] }
}

// subsetSearch looks for the layers of a rejected candidate that are good together. It tries
// groups: single layers, and the layers of a release together.
type subsetSearch struct {
	e            *Engine
	wanted, live []*pipeline.Content // of the candidate and of the live version, by layer
	groups       [][]int
	groupOf      map[int]int       // by layer
	values       int               // number of values in the candidate
	vague        bool              // the problems of a test do not identify a layer
	reasons      []source.Problems // by layer: the problems of the last failed test that included it
}

// contents returns the live contents, with those of the candidate for a set of groups.
func (s *subsetSearch) contents(set []bool) []*pipeline.Content {
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

// tryGroups evaluates a set of groups.
func (s *subsetSearch) tryGroups(set []bool) (blamed []int, good bool) {
	with := s.contents(set)
	if s.e.manifestMismatches(with) != nil { // part of a release; the problems of the whole release explain more
		return nil, false
	}
	problems := s.e.tryRehearse(with)
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

// lossProblems returns why contents would lose too many keys if they became live without the
// others: the keys may have moved to a layer that is rejected. It returns nothing at boot, when the
// change guard is off.
func (s *subsetSearch) lossProblems(contents []*pipeline.Content) (problems source.Problems, layers []int) {
	if s.e.writer.batch == nil {
		return nil, nil
	}
	held := s.e.lossHoldReasons(contents)
	layers = slices.Sorted(maps.Keys(held))
	for _, i := range layers {
		at := source.Position{Layer: s.e.layers[i].name, Document: pipeline.FirstName(contents[i]), Revision: contents[i].Shown()}
		for _, reason := range held[i] {
			problems = append(problems, &source.Problem{Kind: source.Invalid, Position: at, Message: "without the other layers of this change, " + reason})
		}
	}
	return problems, layers
}

// blamed returns the groups that problems may come from. vague reports that no problem identifies a
// single layer.
func (s *subsetSearch) blamed(contents []*pipeline.Content, problems source.Problems) (groups []int, vague bool) {
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

// releaseGroups returns the groups of layers that can be tried separately, lowest first: each layer
// is a group, except that the layers of a release are one group.
func (e *Engine) releaseGroups(contents []*pipeline.Content) (groups [][]int) {
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
	// maxSearchValues is the number of values that all tests of a search may evaluate together,
	// which takes about 20 ms. A small configuration is searched in full.
	maxSearchValues = 20_000
	// minTests is the number of tests that a search makes however large the configuration is. With
	// it, rejecting a change costs at most five times as much as applying one of the same size.
	minTests = 3
)

// testLimit returns the number of tests that the search may make. If the problems of a test do not
// identify a layer, the search may halve the layers until it finds a bad one.
func (s *subsetSearch) testLimit() int {
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
func (s *subsetSearch) explainExcluded(included []bool) {
	b := s.e.newBlame(s.live, s.wanted)
	charged := map[*source.Problem][]int{}
	for n, group := range s.groups {
		if included[n] {
			continue
		}
		for _, i := range group {
			name := s.e.layers[i].name
			if problem.In(s.reasons[i], name) != nil {
				continue
			}
			var own source.Problems
			vague := "" // the problem that identifies no layer
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
				s.reasons[i] = source.Problems{{Kind: source.Invalid, Position: source.Position{Layer: name, Document: pipeline.FirstName(s.wanted[i]), Revision: s.wanted[i].Shown()},
					Message: "is rejected together with the other layers of this change" + vague + "; the change is too large to try its layers one by one"}}
			}
		}
	}
}
