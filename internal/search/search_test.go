package search_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/search"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// rejected is a random rejected change: some layers are bad on their own, and some pairs of layers
// are bad together.
type rejected struct {
	bad       map[int]bool
	conflicts [][2]int
	named     bool // the problems name the layers
	// moved are two layers or nil: keys moved from the first to the second, so that the first alone
	// loses them. torn are two layers that are parts of one release, or nil.
	moved, torn []int
	search      search.Search
	tried       [][]bool
	whole       source.Problems
}

func newRejected(r *rand.Rand) *rejected {
	n := 1 + r.IntN(9)
	c := &rejected{bad: map[int]bool{}, named: r.IntN(2) == 0}
	s := &c.search
	s.Shape = &tree.Shape{Kind: tree.StructOf}
	for i := 0; i < n; {
		group := []int{}
		for size := 1 + r.IntN(6)/5; size > 0 && i < n; size, i = size-1, i+1 {
			s.Names = append(s.Names, fmt.Sprintf("layer%d", i))
			s.Live = append(s.Live, pipeline.NewContent(source.Content{Revision: "1"}, nil))
			wanted := pipeline.NewContent(source.Content{Revision: "2"}, nil)
			if r.IntN(4) == 0 {
				wanted = s.Live[i]
			}
			s.Wanted = append(s.Wanted, wanted)
			if r.IntN(3) == 0 {
				c.bad[i] = true
			}
			if r.IntN(8) == 0 && wanted != s.Live[i] {
				s.Hopeless = append(s.Hopeless, i)
			}
			group = append(group, i)
		}
		s.Groups = append(s.Groups, group)
	}
	for range r.IntN(3) {
		c.conflicts = append(c.conflicts, [2]int{r.IntN(n), r.IntN(n)})
	}
	s.Try = func(contents []*pipeline.Content) source.Problems {
		c.tried = append(c.tried, c.included(contents))
		return c.problems(contents)
	}
	if r.IntN(3) == 0 {
		c.moved = []int{r.IntN(n), r.IntN(n)}
	}
	if r.IntN(3) == 0 {
		c.torn = []int{r.IntN(n), r.IntN(n)}
	}
	s.IsIncomplete = func(contents []*pipeline.Content) bool { return c.isTorn(c.included(contents)) }
	s.Losses = func(contents []*pipeline.Content) (source.Problems, []int) {
		if !c.loses(c.included(contents)) {
			return nil, nil
		}
		return source.Problems{{Kind: source.Invalid, Message: "loses keys"}}, c.moved[:1]
	}
	s.Report = func(p source.Problems) source.Problems { return p }
	c.whole = c.problems(s.Wanted)
	return c
}

// included returns which layers have the content of the change.
func (c *rejected) included(contents []*pipeline.Content) []bool {
	all := make([]bool, len(contents))
	for i := range contents {
		all[i] = contents[i] == c.search.Wanted[i] && contents[i] != c.search.Live[i]
	}
	return all
}

// problems returns why contents are rejected.
func (c *rejected) problems(contents []*pipeline.Content) (all source.Problems) {
	in := c.included(contents)
	add := func(layer int) {
		p := &source.Problem{Kind: source.Invalid, Message: fmt.Sprintf("value of layer %d is wrong", layer)}
		if c.named {
			p.Position.Layer = c.search.Names[layer]
		}
		all = append(all, p)
	}
	for i := range in {
		if in[i] && c.bad[i] {
			add(i)
		}
	}
	for _, pair := range c.conflicts {
		if pair[0] != pair[1] && in[pair[0]] && in[pair[1]] {
			add(pair[1])
		}
	}
	return all
}

func (c *rejected) loses(in []bool) bool { return c.moved != nil && in[c.moved[0]] && !in[c.moved[1]] }

func (c *rejected) isTorn(in []bool) bool { return c.torn != nil && in[c.torn[0]] != in[c.torn[1]] }

// TestLargestIsGoodAndCannotGrow fails if the result is rejected, loses keys, splits a group, or
// leaves out a group that could be added or that has no reason. It also fails if the search tries a
// part of a release, or a hopeless layer.
func TestLargestIsGoodAndCannotGrow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testrun.CountSequential(100_000, 3000)) {
		c := newRejected(rand.New(rand.NewPCG(seed, 7)))
		if c.whole == nil {
			continue
		}
		s := &c.search
		best, reasons := s.Largest(c.whole)
		if problems := c.problems(best); problems != nil {
			t.Fatalf("seed %d: the result is rejected: %v", seed, problems)
		}
		in := c.included(best)
		if c.loses(in) {
			t.Fatalf("seed %d: the result %v loses the keys of layer %d", seed, in, c.moved[0])
		}
		for _, tried := range c.tried {
			if c.isTorn(tried) {
				t.Fatalf("seed %d: a part of a release was tried: %v", seed, tried)
			}
			for _, i := range s.Hopeless {
				if tried[i] {
					t.Fatalf("seed %d: layer %d was tried, which is hopeless", seed, i)
				}
			}
		}
		for _, group := range s.Groups {
			with, hopeless, changed := slices.Clone(best), false, false
			for _, i := range group {
				if s.Wanted[i] == s.Live[i] {
					continue
				}
				changed = true
				if in[i] != in[group[0]] && s.Wanted[group[0]] != s.Live[group[0]] {
					t.Fatalf("seed %d: group %v is split: %v", seed, group, in)
				}
				with[i] = s.Wanted[i]
				hopeless = hopeless || slices.Contains(s.Hopeless, i)
			}
			if !changed || slices.Equal(with, best) {
				continue
			}
			if more := c.included(with); !hopeless && c.problems(with) == nil && !c.loses(more) && !c.isTorn(more) {
				t.Fatalf("seed %d: group %v could be added to %v", seed, group, in)
			}
			for _, i := range group {
				if s.Wanted[i] != s.Live[i] && reasons[i] == nil {
					t.Fatalf("seed %d: layer %d is left out without a reason", seed, i)
				}
			}
		}
	}
}
