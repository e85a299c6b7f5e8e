package tree

import (
	"strings"
	"sync"
)

// Index finds the known key that is nearest to an unknown one. It is safe for concurrent use.
type Index struct {
	root *Shape
	// elsewhere are the paths of all keys by their folded last segment, computed on first use.
	elsewhere func() map[string][]Path
}

// NewIndex returns the index of all keys of a shape.
func NewIndex(root *Shape) *Index {
	return &Index{root: root, elsewhere: sync.OnceValue(func() map[string][]Path {
		all := make(map[string][]Path)
		walk(root, nil, map[*Shape]bool{}, all)
		return all
	})}
}

// walk collects the keys of structs in structs. Keys in lists and maps have no fixed path.
func walk(s *Shape, at Path, around map[*Shape]bool, all map[string][]Path) {
	if s == nil || around[s] || s.Kind != StructOf && s.Kind != RemainderOf || len(at) > 16 {
		return
	}
	around[s] = true
	defer delete(around, s)
	for _, key := range s.Order {
		path := at.Join(key)
		all[FoldKey(key)] = append(all[FoldKey(key)], path)
		walk(s.Fields[key], path, around, all)
	}
}

// Nearest returns the path that most likely was meant by at, an unknown key among siblings; empty
// if no key is near.
func (x *Index) Nearest(at Path, siblings []string) string {
	parent, key := at[:len(at)-1], at[len(at)-1]
	folded, lower, most := FoldKey(key), strings.ToLower(key), Slack(key)
	best, distance := "", 100
	for _, s := range siblings {
		if FoldKey(s) == folded {
			return parent.Join(s).String()
		}
		if d := len(key) - len(s); d > most || -d > most {
			continue // too different
		}
		if d := Edits(lower, strings.ToLower(s)); d < distance {
			best, distance = s, d
		}
	}
	if dotted, ok := ParsePath(key); ok && len(dotted) > 1 {
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
