package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// byPath sets the key that an option of the source gives a variable or a flag.
func (f *flat) byPath(s *setting, v environ.Variable) {
	t, ok := f.keyAt(v.Key)
	if !ok {
		f.unknownPath(s, v)
		return
	}
	if v.Unset {
		return
	}
	s.named = true
	f.file(s, v, []target{t})
}

// keyAt returns the target of a path, and false if the shape has no such key.
func (f *flat) keyAt(key string) (t target, ok bool) {
	path, ok := tree.ParsePath(key)
	if !ok || len(path) == 0 || len(key) > maxName {
		return target{}, false
	}
	shape := f.shape
	for _, segment := range path {
		index, isItem := tree.ItemIndex(segment)
		switch {
		case shape == nil || shape.Kind == tree.Any:
		case shape.Kind == tree.Leaf, isItem != (shape.Kind == tree.ListOf):
			return target{}, false
		case shape.Kind == tree.StructOf:
			if _, known := shape.Fields[shape.Canonical(segment)]; !known {
				return target{}, false
			}
		}
		st := step{key: segment, index: -1}
		if isItem {
			st = step{index: index}
		}
		t.steps, shape = append(t.steps, st), shape.At(segment)
	}
	t.shape = shape
	t.section = shape != nil && (shape.Kind == tree.StructOf || shape.Kind == tree.MapOf || shape.Kind == tree.RemainderOf)
	return t, true
}

// unknownPath reports a path that no key has, with the nearest key.
func (f *flat) unknownPath(s *setting, v environ.Variable) {
	message := "unknown key"
	if v.Unset {
		message = "unknown key, although the source is configured to set it"
	}
	before := len(f.problems)
	f.tell(s, source.UnknownKey, v.Key, message)
	path, ok := tree.ParsePath(v.Key)
	if len(f.problems) == before || !ok || len(path) == 0 || len(v.Key) > maxName {
		return
	}
	var siblings []string
	if parent, _ := f.shape.Lookup(path[:len(path)-1]); parent != nil {
		siblings = parent.Order
	}
	f.problems[before].Suggest = f.under.With(tree.NewIndex(f.shape).Nearest(path, siblings))
}

// together returns the value of two flags for one key, of which the second comes later.
func together(first, second *tree.Node, shape *tree.Shape) *tree.Node {
	switch {
	case shape == nil:
	case shape.Kind == tree.ListOf:
		return tree.NewList(first.Doc, first.Line, first.Column, slices.Concat(partsOf(first), partsOf(second)))
	case first.Kind == tree.Map && second.Kind == tree.Map:
		entries := slices.DeleteFunc(slices.Clone(first.Entries), func(e tree.Entry) bool { return second.Entry(e.Key) != nil })
		return tree.NewMap(first.Doc, first.Line, first.Column, append(entries, second.Entries...))
	}
	return second
}

// partsOf returns the items of a list, which may be a text with commas.
func partsOf(n *tree.Node) []*tree.Node {
	text, ok := n.Value.(source.Text)
	if !ok {
		return n.Items
	}
	parts := tree.SplitText(string(text))
	items := make([]*tree.Node, len(parts))
	for i, part := range parts {
		items[i] = tree.NewScalar(n.Doc, n.Line, n.Column, source.Text(part))
	}
	return items
}
