package tree

import (
	"fmt"
	"maps"
	"slices"
)

// Graft returns the shape of a whole with the shape part merged in at a path: it has the keys of
// both, and a key is secret if it is in one of them. Neither argument is changed. The error names a
// key that cannot have both shapes.
func Graft(whole *Shape, at Path, part *Shape) (*Shape, error) {
	g := grafter{done: map[[2]*Shape]*Shape{}}
	s := g.graft(nil, whole, at, part)
	return s, g.err
}

type grafter struct {
	done map[[2]*Shape]*Shape // types can contain themselves
	err  error
}

func (g *grafter) fail(at Path, a, b *Shape) *Shape {
	if g.err == nil {
		g.err = fmt.Errorf("%s is %s already, and cannot be %s too", at, kindText(a), kindText(b))
	}
	return a
}

func kindText(s *Shape) string {
	switch s.Kind {
	case StructOf, RemainderOf, MapOf:
		return "a map"
	case ListOf:
		return "a list"
	case Leaf:
		return "a single value"
	}
	return "anything"
}

// graft copies the shapes down to the path.
func (g *grafter) graft(at Path, s *Shape, rest Path, part *Shape) *Shape {
	if len(rest) == 0 {
		return g.both(at, s, part)
	}
	out := &Shape{Kind: StructOf, Type: "map"}
	if s != nil {
		*out = *s
	}
	switch out.Kind {
	case Leaf, ListOf:
		return g.fail(at, s, &Shape{Kind: StructOf})
	case MapOf, Any:
		out.Kind = RemainderOf
		if out.Elem == nil {
			out.Elem = &Shape{Reserved: out.Reserved}
		}
	}
	key := rest[0]
	if of, ok := out.Aliases[key]; ok {
		if g.err == nil {
			g.err = fmt.Errorf("%s is an alias of %s, and cannot be a section", at.Join(key), at.Join(of))
		}
		return s
	}
	out.Fields = maps.Clone(out.Fields)
	if out.Fields == nil {
		out.Fields = map[string]*Shape{}
	}
	had, ok := out.Fields[key]
	if !ok {
		had, out.Order = out.Elem, append(slices.Clip(out.Order), key)
	}
	out.Fields[key] = g.graft(at.Join(key), had, rest[1:], part)
	return out
}

// both returns the merge of two shapes.
func (g *grafter) both(at Path, a, b *Shape) *Shape {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	pair := [2]*Shape{a, b}
	if done := g.done[pair]; done != nil {
		return done
	}
	out := new(Shape)
	g.done[pair] = out
	top, under := b, a // the more specific shape leads
	if b.Kind == Any {
		top, under = a, b
	}
	*out = *top
	out.Secret = a.Secret || b.Secret
	out.Static = a.Static || b.Static
	out.Reserved = a.Reserved && b.Reserved
	if !out.Defaulted {
		out.Default, out.Defaulted = under.Default, under.Defaulted
	}
	if out.HidesText() {
		out.Default = ""
	}
	if out.Doc == "" {
		out.Doc = under.Doc
	}
	if out.Deprecated == "" {
		out.Deprecated = under.Deprecated
	}
	if out.Merge == (MergeRule{}) {
		out.Merge, out.Field = under.Merge, under.Field
	}
	if under.Merge != (MergeRule{}) && under.Merge != out.Merge && g.err == nil {
		g.err = fmt.Errorf("%s has the tag merge:%q already, and cannot have merge:%q too", at, a.Merge, b.Merge)
	}
	switch {
	case under.Kind == Any:
	case keyed(a) && keyed(b):
		g.keys(out, at, a, b)
	case a.Kind == ListOf && b.Kind == ListOf:
		out.Elem = g.both(at.Join(Item(0)), a.Elem, b.Elem)
	case a.Kind != b.Kind:
		return g.fail(at, a, b)
	}
	return out
}

func keyed(s *Shape) bool { return s.Kind == StructOf || s.Kind == RemainderOf || s.Kind == MapOf }

// keys merges the keys of both.
func (g *grafter) keys(out *Shape, at Path, a, b *Shape) {
	out.Fields, out.Order, out.Elem = map[string]*Shape{}, nil, nil
	out.Aliases = g.aliases(at, a, b)
	for _, key := range slices.Concat(a.Order, b.Order) {
		if _, done := out.Fields[key]; done {
			continue
		}
		out.Order = append(out.Order, key)
		out.Fields[key] = nil
		out.Fields[key] = g.both(at.Join(key), a.At(key), b.At(key))
	}
	if a.Elem != nil || b.Elem != nil {
		out.Elem = g.both(at, a.Elem, b.Elem)
	}
	switch {
	case len(out.Order) == 0 && out.Elem != nil:
		out.Kind = MapOf
	case out.Elem != nil:
		out.Kind = RemainderOf
	default:
		out.Kind = StructOf
	}
}

// aliases merges the aliases of both. An alias cannot also be a key, or stand for two keys.
func (g *grafter) aliases(at Path, a, b *Shape) map[string]string {
	if len(a.Aliases) == 0 && len(b.Aliases) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, of := range []*Shape{a, b} {
		for _, alias := range slices.Sorted(maps.Keys(of.Aliases)) {
			key, was := of.Aliases[alias], all[alias]
			_, isKey := a.Fields[alias]
			if _, too := b.Fields[alias]; (isKey || too || was != "" && was != key) && g.err == nil {
				if was == "" {
					was = alias
				}
				g.err = fmt.Errorf("%s is an alias of %s, and belongs to %s too", at.Join(alias), at.Join(key), at.Join(was))
			}
			all[alias] = key
		}
	}
	return all
}
