package subset_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/subset"
)

// world says which sets are good: no set has a bad element, both of a pair, or an element without
// the one that it needs.
type world struct {
	n      int
	bad    map[int]bool
	pairs  [][2]int
	needs  map[int]int
	blames string // "all", "none", "right", "wrong"

	tests int
	seen  map[string]bool
	t     *testing.T
}

func (w *world) good(set []bool) bool {
	for i, in := range set {
		if needed, has := w.needs[i]; in && (w.bad[i] || has && !set[needed]) {
			return false
		}
	}
	return !slices.ContainsFunc(w.pairs, func(p [2]int) bool { return set[p[0]] && set[p[1]] })
}

func (w *world) blamed(set []bool) (all []int) {
	for i, in := range set {
		needed, has := w.needs[i]
		guilty := w.bad[i] || has && !set[needed] || slices.ContainsFunc(w.pairs, func(p [2]int) bool { return set[p[0]] && set[p[1]] && (p[0] == i || p[1] == i) })
		switch w.blames {
		case "all":
			all = append(all, i)
		case "right":
			if in && guilty {
				all = append(all, i)
			}
		case "wrong":
			if in && !guilty && len(all) == 0 {
				all = append(all, i)
			}
		}
	}
	return all
}

func (w *world) test(set []bool) ([]int, bool) {
	w.t.Helper()
	w.tests++
	if k := fmt.Sprint(set); w.seen[k] {
		w.t.Errorf("set %v is tested twice", set)
	} else {
		w.seen[k] = true
	}
	if w.good(set) {
		return nil, true
	}
	return w.blamed(set), false
}

func (w *world) search(limit int, hopeless []int) ([]bool, bool) {
	w.tests, w.seen = 0, map[string]bool{}
	all := make([]bool, w.n)
	for i := range all {
		all[i] = true
	}
	return subset.Largest(subset.Problem{N: w.n, Blamed: w.blamed(all), Hopeless: hopeless, Limit: func() int { return limit }}, w.test)
}

func random(t *testing.T, r *rand.Rand) *world {
	w := &world{t: t, n: 1 + r.IntN(12), bad: map[int]bool{}, needs: map[int]int{}, blames: []string{"all", "none", "right", "wrong"}[r.IntN(4)]}
	for i := range w.n {
		switch r.IntN(8) {
		case 0:
			w.bad[i] = true
		case 1:
			if j := r.IntN(w.n); j != i {
				w.pairs = append(w.pairs, [2]int{i, j})
			}
		case 2:
			if j := r.IntN(w.n); j != i {
				w.needs[i] = j
			}
		}
	}
	return w
}

// The result is good, has no hopeless element, and takes no further element, whatever is bad and
// whatever is blamed.
func TestNothingCanBeAdded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := random(t, r)
		all := make([]bool, w.n)
		for i := range all {
			all[i] = true
		}
		if w.good(all) {
			continue
		}
		var hopeless []int
		for i := range w.n {
			if w.bad[i] && r.IntN(2) == 0 {
				hopeless = append(hopeless, i)
			}
		}
		set, complete := w.search(1<<20, hopeless)
		if !w.good(set) || !complete {
			t.Fatalf("seed %d: %v is not good, or not complete (%v)", seed, set, complete)
		}
		for i, in := range set {
			if in {
				continue
			}
			with := slices.Clone(set)
			with[i] = true
			if w.good(with) {
				t.Fatalf("seed %d: element %d could be added to %v", seed, i, set)
			}
		}
	}
}

// A search stops at its limit, with a set that is good.
func TestTheLimitHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := random(t, r)
		limit := r.IntN(6)
		set, complete := w.search(limit, nil)
		if w.tests > limit {
			t.Fatalf("seed %d: %d tests, and the limit is %d", seed, w.tests, limit)
		}
		if empty := !slices.Contains(set, true); !empty && !w.good(set) {
			t.Fatalf("seed %d: %v is not good", seed, set)
		}
		if again, _ := w.search(1<<20, nil); complete && !slices.Equal(set, again) {
			t.Fatalf("seed %d: a complete search gives %v, and one without a limit %v", seed, set, again)
		}
	}
}

// Of two that exclude each other the one with the lower number is in the result: it does not depend
// on chance.
func TestTheLowerOfTwo(t *testing.T) {
	t.Parallel()
	for _, blames := range []string{"all", "none", "right"} {
		w := &world{t: t, n: 5, pairs: [][2]int{{1, 3}}, blames: blames}
		if set, _ := w.search(100, nil); !slices.Equal(set, []bool{true, true, true, false, true}) {
			t.Errorf("blaming %s: %v", blames, set)
		}
	}
}

// What a search costs: nothing where the blame is right or the bad ones are known, a few tests for
// each bad one otherwise.
func TestTheNumberOfTests(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 10, 100, 1000} {
		log := bits.Len(uint(n))
		for _, c := range []struct {
			blames string
			bad    []int
			most   int
		}{
			{"right", []int{n / 2}, 1},
			{"right", []int{0, n - 1}, 3},
			{"wrong", []int{n / 2}, 2*log + 5},
			{"all", []int{n / 2}, 2 * log},
			{"none", []int{n - 1}, 2 * log},
			{"none", []int{0, n - 1}, 4 * log},
		} {
			w := &world{t: t, n: n, bad: map[int]bool{}, blames: c.blames}
			for _, i := range c.bad {
				w.bad[i] = true
			}
			set, complete := w.search(1<<20, nil)
			if !complete || len(slices.DeleteFunc(slices.Clone(set), func(in bool) bool { return !in })) != n-len(w.bad) || w.tests > c.most {
				t.Errorf("%d elements, bad are %v, blamed are %s: %d tests, want at most %d", n, c.bad, c.blames, w.tests, c.most)
			}
		}
	}
}
