package layer

import (
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// matchBracketed matches the key of a map in brackets: m[eu], or m[app.io/name].dsn. The shortest
// key that leads to a path counts.
func (r *resolver) matchBracketed(shape *tree.Shape, at int, secret bool) bool {
	for end := r.closing(at, at); end > 0; end = r.closing(at, end) {
		if r.below(step{key: r.name[at+1 : end-1], index: -1}, shape.Elem, end, true, secret) {
			return true
		}
	}
	return false
}

// closing returns the offset after the first bracket, from after, that closes the one at open:
// there, the name ends or another level begins. It returns 0 if there is no such bracket, or if the
// brackets are empty.
func (r *resolver) closing(open, after int) int {
	for i := max(open+2, after); i < len(r.name); i++ {
		if r.name[i] == ']' && (i+1 == len(r.name) || r.name[i+1] == '.' || r.name[i+1] == '[') {
			return i + 1
		}
	}
	return 0
}

// matchDotted matches the rest of the name of a property below an interface: keys between dots,
// keys in brackets, and items of lists, [0]. If keyed is true, the first level is a key of a map,
// also if it is [0].
func (r *resolver) matchDotted(at int, keyed, secret bool) bool {
	r.tries += len(r.text) - at
	before := len(r.steps)
	defer func() { r.steps = r.steps[:before] }()
	for {
		s, end := r.level(at, keyed)
		if end == 0 {
			return false
		}
		r.steps = append(r.steps, s)
		if end == len(r.name) {
			return r.take(nil, true, secret)
		}
		if at = end; r.name[end] == '.' {
			if at++; at == len(r.name) || r.name[at] == '[' {
				return false // an empty key
			}
		}
		keyed = false
	}
}

// level matches one level and returns the offset after it, or 0 if there is none.
func (r *resolver) level(at int, keyed bool) (step, int) {
	if r.name[at] == '[' {
		end := r.closing(at, at)
		if end == 0 {
			return step{}, 0
		}
		inside := r.name[at+1 : end-1]
		if index, err := strconv.Atoi(inside); err == nil && !keyed && index >= 0 && strconv.Itoa(index) == inside {
			return step{index: index}, end
		}
		return step{key: inside, index: -1}, end
	}
	end := len(r.name)
	if i := strings.IndexAny(r.name[at:], ".["); i >= 0 {
		end = at + i
	}
	if end == at || strings.Contains(r.name[at:end], "]") {
		return step{}, 0
	}
	return step{key: r.name[at:end], index: -1}, end
}
