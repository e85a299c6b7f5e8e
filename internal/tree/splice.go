package tree

import "slices"

// Shift says where the positions of a text went when a part of the text changed: positions from a
// line and column on have moved. The zero Shift moves nothing.
type Shift struct {
	Line, Column   int32 // the first position that moved
	Lines, Columns int32 // how far it moved; Columns counts for positions on Line only
	// Within has the new places of positions before Line that moved too: lines and columns.
	Within map[[2]int32][2]int32
}

// Of returns the new place of a position.
func (s Shift) Of(line, column int32) (int32, int32) {
	if to, ok := s.Within[[2]int32{line, column}]; ok {
		return to[0], to[1]
	}
	switch {
	case line < s.Line || line == s.Line && column < s.Column: // and values without a position
		return line, column
	case line == s.Line:
		return line + s.Lines, column + s.Columns
	}
	return line + s.Lines, column
}

// stays reports whether nothing moves that begins on a line or below it.
func (s Shift) stays(line int32) bool {
	return s.Lines == 0 && s.Within == nil && (s.Columns == 0 || line > s.Line)
}

// none reports whether nothing moves.
func (s Shift) none() bool { return s.Lines == 0 && s.Columns == 0 && s.Within == nil }

// Node returns a copy of a value with its positions moved, or the value itself if none of them
// moves. The copy is Alike with n.
func (s Shift) Node(n *Node) *Node {
	if n == nil || s.none() {
		return n
	}
	return s.node(n, new([]Node), 1)
}

// node takes the memory of the copy from batch, so that the children of a map or list are allocated
// together. It fills an empty batch with memory for count nodes.
func (s Shift) node(n *Node, batch *[]Node, count int) *Node {
	line, column := s.Of(n.Line, n.Column)
	items := s.items(n.Items)
	entries := s.entries(n.Entries)
	if line == n.Line && column == n.Column && sameSlice(items, n.Items) && sameSlice(entries, n.Entries) {
		return n
	}
	if len(*batch) == 0 {
		*batch = make([]Node, count)
	}
	moved := &(*batch)[0]
	*batch = (*batch)[1:]
	*moved = *n
	moved.Line, moved.Column, moved.Items, moved.Entries = line, column, items, entries
	return moved
}

// sameSlice reports whether two slices of one length are one.
func sameSlice[T any](a, b []T) bool { return len(a) == 0 || &a[0] == &b[0] }

func (s Shift) items(items []*Node) []*Node {
	if s.none() {
		return items
	}
	var batch []Node
	out := items
	for i, item := range items {
		if s.stays(item.Line) {
			continue
		}
		moved := s.node(item, &batch, len(items)-i)
		if moved != item && sameSlice(out, items) {
			out = append([]*Node(nil), items...)
		}
		out[i] = moved
	}
	return out
}

func (s Shift) entries(entries []Entry) []Entry {
	if s.none() {
		return entries
	}
	var batch []Node
	out := entries
	for i := range entries {
		moved, changed := s.entry(&entries[i], &batch, len(entries)-i)
		if changed && sameSlice(out, entries) {
			out = append([]Entry(nil), entries...)
		}
		if changed {
			out[i] = moved
		}
	}
	return out
}

func (s Shift) entry(e *Entry, batch *[]Node, count int) (moved Entry, changed bool) {
	if s.stays(e.Line) { // and so does the value, which is not above its key
		return *e, false
	}
	moved = *e
	moved.Line, moved.Column = s.Of(e.Line, e.Column)
	moved.Value = s.node(e.Value, batch, count)
	return moved, moved != *e
}

// SplicedEntries returns a copy of a map in which other entries take the place of those from i to
// j. The entries after them are moved. The keys of the result must be unique.
func (n *Node) SplicedEntries(i, j int, entries []Entry, s Shift) *Node {
	all := make([]Entry, 0, i+len(entries)+len(n.Entries)-j)
	all = append(all, n.Entries[:i]...)
	all = append(all, entries...)
	all = append(all, s.entries(n.Entries[j:])...)
	if !sameKeys(n.Entries[i:j], entries) {
		return NewMap(n.Doc, n.Line, n.Column, all)
	}
	out := &Node{Kind: Map, Entries: all, Doc: n.Doc, Line: n.Line, Column: n.Column, index: n.index, content: new(content)}
	from := entries
	if n.nulls || n.places {
		from = all // one of those that are gone may have been the only one
	}
	out.take(from)
	return out
}

// take notes what is in the values of a map.
func (n *Node) take(entries []Entry) {
	for i := range entries {
		v := entries[i].Value
		n.nulls = n.nulls || v.Kind == Null || v.nulls
		n.places = n.places || v.places
	}
}

func sameKeys(a, b []Entry) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key {
			return false
		}
	}
	return true
}

// SplicedItems returns a copy of a list in which other items take the place of those from i to
// j. The items after them are moved. If the list has Places, the number of items stays the same.
func (n *Node) SplicedItems(i, j int, items []*Node, s Shift) *Node {
	all := make([]*Node, 0, i+len(items)+len(n.Items)-j)
	all = append(all, n.Items[:i]...)
	all = append(all, items...)
	all = append(all, s.items(n.Items[j:])...)
	return n.WithItems(all)
}

// ChildIndex returns the position of the child for one segment of a path, as in Child, or -1.
func (n *Node) ChildIndex(segment string) int {
	if n.Kind != List {
		return n.Index(segment)
	}
	i, ok := index(segment)
	if ok && n.Places != nil {
		i, ok = slices.BinarySearch(n.Places, i)
	}
	if !ok || i >= len(n.Items) {
		return -1
	}
	return i
}
