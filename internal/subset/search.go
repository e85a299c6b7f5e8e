package subset

// Test reports whether a set is good: set[i] reports whether element i is in it. If the set is not
// good, blamed are elements that may be the cause. blamed may be empty; elements that are not in
// the set are ignored.
type Test func(set []bool) (blamed []int, good bool)

// Problem is the input of a search.
type Problem struct {
	// N is the number of elements, which are numbered from 0. All of them together are known not to
	// be good.
	N int
	// Blamed are the elements that the test of all of them blamed.
	Blamed []int
	// Hopeless are elements that are in no good set.
	Hopeless []int
	// Limit returns the largest number of tests. It is called before each test, and may return more
	// after a test without a useful result.
	Limit func() int
}

// Largest returns a good set to which no single element can be added, preferring elements that are
// not blamed and, among the others, those with low numbers. The empty set counts as good and is not
// tested. No test is repeated. complete is false if the limit was reached: then some elements may
// be missing. Largest has no state, and is safe for concurrent use.
func Largest(p Problem, test Test) (set []bool, complete bool) {
	s := &search{test: test, limit: p.Limit, in: make([]bool, p.N), failed: map[string][]int{}}
	all := make([]bool, p.N)
	for i := range all {
		all[i] = true
	}
	s.failed[key(all)] = p.Blamed
	rest := without(all, p.Hopeless)
	open := members(rest) // elements that can be in the result

	for range maxBlameRounds {
		blamed, good := s.try(rest)
		if good {
			s.in = rest
			break
		}
		less := without(rest, blamed)
		if n := len(members(less)); n == 0 || n == len(members(rest)) {
			break
		}
		rest = less
	}
	for progress := true; progress && !s.exhausted; {
		before := len(members(s.in))
		var out []int
		for _, i := range open {
			if !s.in[i] {
				out = append(out, i)
			}
		}
		s.add(out, true)
		progress = len(members(s.in)) > before
	}
	return s.in, !s.exhausted
}

// maxBlameRounds is how often blamed elements are left out. A useless blame must not cost a test
// for each element.
const maxBlameRounds = 3

// search is the state of one call of Largest.
type search struct {
	test      Test
	limit     func() int
	made      int // tests
	exhausted bool
	in        []bool           // the best good set so far
	failed    map[string][]int // sets that are not good, and the elements blamed for it
}

func (s *search) try(set []bool) (blamed []int, good bool) {
	k := key(set)
	if k == key(s.in) {
		return nil, true
	}
	if blamed, known := s.failed[k]; known {
		return blamed, false
	}
	if s.made >= s.limit() {
		s.exhausted = true
		return nil, false
	}
	s.made++
	blamed, good = s.test(append([]bool(nil), set...))
	if !good {
		s.failed[k] = blamed
	}
	return blamed, good
}

// add adds as many as it can of some elements that are not in the set. It uses the blame only if
// trust is true: if the elements that are not blamed are not good either, halving finds out more.
func (s *search) add(elements []int, trust bool) {
	if len(elements) == 0 || s.exhausted {
		return
	}
	with := append([]bool(nil), s.in...)
	for _, i := range elements {
		with[i] = true
	}
	blamed, good := s.try(with)
	if good {
		s.in = with
		return
	}
	if len(elements) == 1 {
		return
	}
	if first, second := split(elements, blamed); trust && len(first) > 0 && len(second) > 0 {
		s.add(first, false)
		s.add(second, true)
		return
	}
	half := len(elements) / 2
	s.add(elements[:half], trust)
	s.add(elements[half:], trust)
}

// split returns the elements that are not blamed, and those that are.
func split(elements, blamed []int) (first, second []int) {
	is := map[int]bool{}
	for _, i := range blamed {
		is[i] = true
	}
	for _, i := range elements {
		if is[i] {
			second = append(second, i)
		} else {
			first = append(first, i)
		}
	}
	return first, second
}

func without(set []bool, elements []int) []bool {
	less := append([]bool(nil), set...)
	for _, i := range elements {
		if i >= 0 && i < len(less) {
			less[i] = false
		}
	}
	return less
}

func members(set []bool) (all []int) {
	for i, in := range set {
		if in {
			all = append(all, i)
		}
	}
	return all
}

func key(set []bool) string {
	bits := make([]byte, (len(set)+7)/8)
	for i, in := range set {
		if in {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return string(bits)
}
