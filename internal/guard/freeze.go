package guard

import (
	"fmt"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Freezer keeps restart-only fields at their live values.
type Freezer struct {
	shape  *tree.Shape
	within map[*tree.Shape]bool // whether a shape is restart-only or has such a field below
}

// NewFreezer returns the freezer of a struct.
func NewFreezer(shape *tree.Shape) *Freezer {
	f := &Freezer{shape: shape, within: map[*tree.Shape]bool{}}
	// A type may contain itself, so repeat until a pass finds nothing new.
	for more := true; more; {
		more = false
		seen := map[*tree.Shape]bool{}
		f.spread(shape, seen, &more)
	}
	return f
}

func (f *Freezer) spread(s *tree.Shape, seen map[*tree.Shape]bool, more *bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	has := s.Static
	for _, key := range s.Order {
		f.spread(s.Fields[key], seen, more)
		has = has || f.within[s.Fields[key]]
	}
	f.spread(s.Elem, seen, more)
	has = has || s.Elem != nil && f.within[s.Elem]
	if has && !f.within[s] {
		f.within[s], *more = true, true
	}
}

// Freeze returns next with the restart-only fields of live, and the paths at which the two differ.
// It shares the nodes that it does not change. It does not freeze entries of a map or list that
// live does not have: nothing runs with them yet.
func (f *Freezer) Freeze(live, next *tree.Node) (frozen *tree.Node, pending []tree.Path) {
	if !f.within[f.shape] {
		return next, nil
	}
	w := walker{freezer: f}
	frozen = w.walk(nil, f.shape, live, next)
	if frozen == nil {
		frozen = tree.NewMap(nil, 0, 0, nil)
	}
	return frozen, w.pending
}

type walker struct {
	freezer *Freezer
	pending []tree.Path
}

func (w *walker) walk(at tree.Path, shape *tree.Shape, live, next *tree.Node) *tree.Node {
	if shape == nil || tree.Alike(live, next) || !w.freezer.within[shape] {
		return next
	}
	if shape.Static {
		if same(shape, live, next) {
			return next
		}
		w.pending = append(w.pending, at)
		return live
	}
	switch shape.Kind {
	case tree.StructOf, tree.RemainderOf, tree.MapOf:
		if next == nil || next.Kind == tree.Map {
			return w.walkMap(at, shape, live, next)
		}
	case tree.ListOf:
		if live != nil && next != nil && live.Kind == tree.List && next.Kind == tree.List && len(live.Items) == len(next.Items) {
			return w.walkList(at, shape, live, next)
		}
	}
	return next
}

func (w *walker) walkMap(at tree.Path, shape *tree.Shape, live, next *tree.Node) *tree.Node {
	var entries []tree.Entry
	changed := false
	if next != nil {
		for _, e := range next.Entries {
			of, field := shape.At(e.Key), shape.Fields[e.Key] != nil
			if l := live.Entry(e.Key); l != nil || field {
				var old *tree.Node
				if l != nil {
					old = l.Value
				}
				if kept := w.walk(at.Join(e.Key), of, old, e.Value); kept != e.Value {
					changed = true
					if kept == nil {
						continue
					}
					e = tree.Entry{Key: e.Key, Value: kept}
				}
			}
			entries = append(entries, e)
		}
	}
	if live != nil && live.Kind == tree.Map {
		for _, e := range live.Entries {
			if shape.Fields[e.Key] == nil || next.Entry(e.Key) != nil {
				continue
			}
			if kept := w.walk(at.Join(e.Key), shape.Fields[e.Key], e.Value, nil); kept != nil {
				changed = true
				e.Value = kept
				entries = append(entries, e)
			}
		}
	}
	switch {
	case !changed:
		return next
	case len(entries) == 0 && next == nil:
		return nil
	case next == nil:
		return tree.NewMap(nil, 0, 0, entries)
	}
	return tree.NewMap(next.Doc, next.Line, next.Column, entries)
}

func (w *walker) walkList(at tree.Path, shape *tree.Shape, live, next *tree.Node) *tree.Node {
	items := make([]*tree.Node, len(next.Items))
	changed := false
	for i, item := range next.Items {
		items[i] = w.walk(at.Join(tree.Item(i)), shape.Elem, live.Items[i], item)
		if items[i] == nil {
			items[i] = item
		}
		changed = changed || items[i] != item
	}
	if !changed {
		return next
	}
	return tree.NewList(next.Doc, next.Line, next.Column, items)
}

// same reports whether a field has the same value, set or by default.
func same(shape *tree.Shape, live, next *tree.Node) bool {
	return tree.Same(live, next) || isDefault(shape, live) && isDefault(shape, next)
}

func isDefault(shape *tree.Shape, n *tree.Node) bool {
	if n == nil {
		return true
	}
	if !shape.Defaulted || n.Kind != tree.Scalar || n.Ref != "" {
		return false
	}
	switch v := n.Value.(type) {
	case source.Text:
		return string(v) == shape.Default
	case string:
		return v == shape.Default
	}
	return fmt.Sprint(n.Value) == shape.Default
}
