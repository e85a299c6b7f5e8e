package binding

import (
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/tree"
)

// index finds the known key that is nearest to an unknown one. It is safe for concurrent use.
type index struct {
	root *tree.Shape
	// elsewhere are the paths of all keys by their folded last segment, computed on first use.
	elsewhere func() map[string][]tree.Path
}

func newIndex(root *tree.Shape) *index {
	return &index{root: root, elsewhere: sync.OnceValue(func() map[string][]tree.Path {
		all := make(map[string][]tree.Path)
		walk(root, nil, map[*tree.Shape]bool{}, all)
		return all
	})}
}

// walk collects the keys of structs in structs. Keys in lists and maps have no fixed path.
func walk(s *tree.Shape, at tree.Path, around map[*tree.Shape]bool, all map[string][]tree.Path) {
	if s == nil || around[s] || s.Kind != tree.StructOf && s.Kind != tree.RemainderOf || len(at) > 16 {
		return
	}
	around[s] = true
	defer delete(around, s)
	for _, key := range s.Order {
		path := at.Join(key)
		all[fold(key)] = append(all[fold(key)], path)
		walk(s.Fields[key], path, around, all)
	}
}

// fold removes the differences that people make most often: case, and the separators between words.
func fold(key string) string { return separators.Replace(strings.ToLower(key)) }

var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

// nearest returns the path that most likely was meant by at, an unknown key among siblings; empty
// if no key is near.
func (x *index) nearest(at tree.Path, siblings []field) string {
	parent, key := at[:len(at)-1], at[len(at)-1]
	folded, lower, most := fold(key), strings.ToLower(key), slack(key)
	best, distance := "", 100
	for i := range siblings {
		s := siblings[i].key
		if fold(s) == folded {
			return parent.Join(s).String()
		}
		if d := len(key) - len(s); d > most || -d > most {
			continue // too different
		}
		if d := edits(lower, strings.ToLower(s)); d < distance {
			best, distance = s, d
		}
	}
	if dotted, ok := tree.ParsePath(key); ok && len(dotted) > 1 {
		full := append(parent[:len(parent):len(parent)], dotted...)
		if s, _ := x.root.Lookup(full); s != nil && full.String() != at.String() {
			return full.String()
		}
	}
	if distance == 1 && most >= 1 {
		return parent.Join(best).String()
	}
	if others := x.elsewhere()[folded]; len(others) == 1 {
		return others[0].String()
	}
	if distance <= most {
		return parent.Join(best).String()
	}
	return ""
}

// slack returns how many edits a key may need to count as a typo.
func slack(key string) int {
	switch n := len(key); {
	case n < 3:
		return 0
	case n < 6:
		return 1
	case n < 10:
		return 2
	}
	return 3
}

// longest is the length from which keys are not compared: the cost is the square of the length.
const longest = 64

// edits returns how many letters must be added, dropped, changed or swapped with the next one to
// turn a into b.
func edits(a, b string) int {
	if len(a) > longest || len(b) > longest {
		return longest
	}
	if a == b {
		return 0
	}
	var rows [3][longest + 1]int
	two, one, now := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(b)]
}
