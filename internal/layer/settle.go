package layer

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// settler gives the keys of one document the names of the struct, and decides on the keys that no
// field has.
type settler struct {
	*reading
	written  tree.Path // of the current value, as the document names it; reading.path has the keys
	spellers map[*tree.Shape]*tree.Speller
	index    *tree.Index // nil until a key is unused
}

// key and name are the full path of the current value: by its keys, and as the document names it.
func (s *settler) key() tree.Path  { return slices.Concat(s.under, s.path) }
func (s *settler) name() tree.Path { return slices.Concat(s.under, s.written) }

// settle returns the tree with the key of the field in place of each alias and each other spelling,
// and with a verdict on each key that no field has. It returns root itself if there is nothing to
// do. It reports a document that has two names of one key with different values: the values of one
// document have no order.
func (r *reading) settle(root *tree.Node) *tree.Node {
	if root == nil || !r.settles() {
		return root
	}
	r.path = nil
	return r.settler().node(root, r.shape)
}

// settles reports whether settle has anything to do. It walks the shape.
func (r *reading) settles() bool {
	strict := !r.policy.AllowUnknown && !r.policy.Shared && len(r.policy.Allowed) == 0
	return r.shape != nil && (!strict || r.relaxed || r.shape.Renames())
}

func (r *reading) settler() *settler {
	return &settler{reading: r, spellers: map[*tree.Shape]*tree.Speller{}}
}

func (s *settler) node(n *tree.Node, shape *tree.Shape) *tree.Node {
	if n == nil || shape == nil {
		return n
	}
	switch {
	case n.Kind == tree.Map && (shape.Kind == tree.StructOf || shape.Kind == tree.RemainderOf || shape.Kind == tree.MapOf):
		return s.entries(n, shape)
	case n.Kind == tree.List && shape.Kind == tree.ListOf:
		var items []*tree.Node
		for i, item := range n.Items {
			place := tree.Item(n.Place(i))
			s.enterAs(place, place)
			settled := s.node(item, shape.Elem)
			s.leaveBoth()
			if settled != item && items == nil {
				items = append(items, n.Items...)
			}
			if items != nil {
				items[i] = settled
			}
		}
		if items != nil {
			return n.WithItems(items)
		}
	}
	return n
}

func (s *settler) enterAs(key, name string) {
	s.enter(key)
	s.written = append(s.written, name)
}

func (s *settler) leaveBoth() {
	s.leave()
	s.written = s.written[:len(s.written)-1]
}

func (s *settler) entries(n *tree.Node, shape *tree.Shape) *tree.Node {
	var made []tree.Entry // nil as long as nothing changes
	renamed := false
	for i, e := range n.Entries {
		settled := s.entry(e, n, shape)
		if settled != e && made == nil {
			made = append(make([]tree.Entry, 0, len(n.Entries)), n.Entries[:i]...)
		}
		if made != nil {
			made = append(made, settled)
		}
		renamed = renamed || settled.Alias != ""
	}
	if made == nil {
		return n
	}
	if renamed {
		made = s.unite(made, shape)
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, made)
}

// entry settles one entry of the map n.
func (s *settler) entry(e tree.Entry, n *tree.Node, shape *tree.Shape) tree.Entry {
	key, as, also := s.keyOf(shape, e.Key)
	s.enterAs(key, e.Key)
	defer s.leaveBoth()
	if also != "" {
		s.ambiguous(&e, as, also)
		return e
	}
	below := shape.At(key)
	if below == nil {
		if !tree.Passes(e.Key) {
			e.Verdict = s.verdict(e, n, shape)
		}
		return e
	}
	if key != e.Key {
		e.Key, e.Alias = key, e.Key
	}
	s.reportOld(&e, below, as != key)
	e.Value = s.node(e.Value, below)
	return e
}

// verdict decides on a key of the map n that no field has.
func (s *settler) verdict(e tree.Entry, n *tree.Node, shape *tree.Shape) tree.Verdict {
	switch {
	case s.policy.AllowUnknown, s.isAllowed(s.key(), e.Value):
		return tree.Accepted
	case !s.policy.Shared:
		return tree.Refused
	}
	speller := s.spellers[shape]
	if speller == nil {
		speller = tree.NewSpeller(shape)
		s.spellers[shape] = speller
	}
	if speller.Meant(e.Key, func(key string) bool { return s.sets(n, shape, key) }) != "" {
		return tree.Refused
	}
	s.reportUnused(&e, shape)
	return tree.Accepted
}

// reportUnused reports a key that no field has and that does not look misspelled, with the key that
// it may stand for in another place.
func (s *settler) reportUnused(e *tree.Entry, around *tree.Shape) {
	if len(s.unused) >= maxProblems {
		return
	}
	if s.index == nil {
		s.index = tree.NewIndex(s.whole)
	}
	s.unused = append(s.unused, &source.Problem{Kind: source.UnknownKey, Position: e.Position(), Key: s.name().String(), Message: "unused key",
		Suggest: s.index.Nearest(s.key(), around.Order)})
}

// sets reports whether a map has a key of the struct, by whatever name.
func (s *settler) sets(n *tree.Node, shape *tree.Shape, key string) bool {
	if n.Entry(key) != nil {
		return true
	}
	for alias, of := range shape.Aliases {
		if of == key && n.Entry(alias) != nil {
			return true
		}
	}
	return s.relaxed && slices.ContainsFunc(n.Entries, func(e tree.Entry) bool {
		of, _, also := s.keyOf(shape, e.Key)
		return of == key && also == ""
	})
}

// isAllowed reports whether the policy names the key at a path, a key above it, or all that is
// below it.
func (s *settler) isAllowed(at tree.Path, n *tree.Node) bool {
	within := false
	for _, allowed := range s.policy.Allowed {
		switch {
		case begins(at, allowed):
			return true
		case begins(allowed, at):
			within = true
		}
	}
	if !within || n.Kind != tree.Map || len(n.Entries) == 0 {
		return false
	}
	for _, e := range n.Entries {
		if !s.isAllowed(at.Join(e.Key), e.Value) {
			return false
		}
	}
	return true
}

// begins reports whether a path begins with another one.
func begins(p, with tree.Path) bool {
	if len(p) < len(with) {
		return false
	}
	for i := range with {
		if p[i] != with[i] {
			return false
		}
	}
	return true
}

// reportOld reports the use of an old name or a deprecated key.
func (s *settler) reportOld(e *tree.Entry, shape *tree.Shape, old bool) {
	if !old && shape.Deprecated == "" || len(s.deprecated) >= maxProblems {
		return
	}
	message := "deprecated: " + shape.Deprecated
	if old {
		key := s.key().String()
		message = "old name of " + key + "; write " + key + " instead"
		if shape.Deprecated != "" {
			message = "old name of " + key + ", which is deprecated: " + shape.Deprecated
		}
	}
	s.deprecated = append(s.deprecated, &source.Problem{Kind: source.Deprecated, Position: e.Position(), Key: s.name().String(), Message: message})
}

// unite makes one entry of those that have the same key, under several names.
func (s *settler) unite(entries []tree.Entry, shape *tree.Shape) []tree.Entry {
	at := make(map[string]int, len(entries))
	out := entries[:0:0]
	for _, e := range entries {
		i, twice := at[e.Key]
		if !twice {
			at[e.Key] = len(out)
			out = append(out, e)
			continue
		}
		s.entire = true // the tree has lost the lines of one of them
		lead, other := out[i], e
		if other.Alias == "" {
			lead, other = other, lead
		}
		if value := s.both(lead.Value, other.Value); value != nil {
			lead.Value = value
			out[i] = lead
			continue
		}
		s.conflict(&lead, &other, shape)
		out[i] = lead
		other.Key, other.Alias, other.Verdict = other.Alias, "", tree.Refused // stays, so that a secret in it is found
		if shape.Canonical(other.Key) == other.Key {
			other.Verdict = tree.Accepted // another spelling, which binding does not know, is reported already
		}
		out = append(out, other)
	}
	return out
}

// both returns the value that two names of a key have, or nil if they have different ones. In a
// document of flat names, each name sets a key by itself, so that maps are merged.
func (s *settler) both(a, b *tree.Node) *tree.Node {
	if tree.Equal(a, b) {
		return a
	}
	if !s.isFlat || a.Kind != tree.Map || b.Kind != tree.Map {
		return nil
	}
	entries := append([]tree.Entry(nil), a.Entries...)
	for _, e := range b.Entries {
		had := a.Entry(e.Key)
		if had == nil {
			entries = append(entries, e)
			continue
		}
		value := s.both(had.Value, e.Value)
		if value == nil {
			return nil
		}
		for i := range entries {
			if entries[i].Key == e.Key {
				entries[i].Value = value
			}
		}
	}
	return tree.NewMap(a.Doc, a.Line, a.Column, entries)
}

func (s *settler) conflict(lead, other *tree.Entry, shape *tree.Shape) {
	was := s.doc
	if other.Value.Doc != nil {
		s.doc = other.Value.Doc // a variable
	}
	at, where := other.Position(), lead.Position()
	place := "on line " + strconv.Itoa(where.Line)
	if where.Line == 0 {
		place = "by " + where.Document
	}
	name := lead.Key
	if lead.Alias != "" {
		name = lead.Alias
	}
	what := "another spelling"
	if _, as, _ := s.keyOf(shape, other.Alias); as != other.Key {
		what = "an old name"
	}
	s.reportAt(source.DuplicateKey, int32(at.Line), int32(at.Column), s.written.With(tree.Path{other.Alias}.String()), //nolint:gosec // from an int32
		fmt.Sprintf("is %s of %s, and %s is set to another value %s; keep one of them, or give both the same value",
			what, s.key().Join(lead.Key), s.name().With(tree.Path{name}.String()), place))
	s.doc = was
}
