package tree

import "strings"

// Canonical returns the key that a name stands for: that of the field whose alias it is, or the
// name itself.
func (s *Shape) Canonical(name string) string {
	if s == nil || len(s.Aliases) == 0 {
		return name
	}
	if key, ok := s.Aliases[name]; ok {
		return key
	}
	return name
}

// Canonical returns the path with the key of the field in place of each alias.
func (p Path) Canonical(s *Shape) Path {
	out := p
	for i, segment := range p {
		if key := s.Canonical(segment); key != segment {
			if &out[0] == &p[0] {
				out = append(Path(nil), p...)
			}
			out[i] = key
		}
		s = s.At(segment)
	}
	return out
}

// Renames reports whether a key at or below the shape has an alias or is deprecated.
func (s *Shape) Renames() bool { return s.renames(map[*Shape]bool{}) }

func (s *Shape) renames(seen map[*Shape]bool) bool {
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	if len(s.Aliases) > 0 || s.Deprecated != "" || s.Elem.renames(seen) {
		return true
	}
	for _, f := range s.Fields {
		if f.renames(seen) {
			return true
		}
	}
	return false
}

// Passes reports whether a key is always accepted where no field has it, and never reported: it is
// for people and tools, such as x-owner or $schema.
func Passes(key string) bool { return strings.HasPrefix(key, "x-") || key == "$schema" }

// WithoutUnused returns a tree without the keys that no field has, of documents that several
// versions of a service share. It returns n itself if there are none.
func WithoutUnused(n *Node) *Node {
	if n == nil {
		return n
	}
	changed := false
	items := n.Items
	for i, item := range n.Items {
		if used := WithoutUnused(item); used != item {
			if !changed {
				changed, items = true, append([]*Node(nil), n.Items...)
			}
			items[i] = used
		}
	}
	entries := n.Entries
	for i, e := range n.Entries {
		drop := e.Verdict == Accepted && e.Value.Doc != nil && e.Value.Doc.Shared
		used := WithoutUnused(e.Value)
		if (drop || used != e.Value) && !changed {
			changed, entries = true, append(make([]Entry, 0, len(n.Entries)), n.Entries[:i]...)
		}
		if e.Value = used; changed && !drop {
			entries = append(entries, e)
		}
	}
	switch {
	case !changed:
		return n
	case n.Kind == List:
		return n.WithItems(items)
	}
	return NewMap(n.Doc, n.Line, n.Column, entries)
}
