package layer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Respell gives the keys of maps that are from names of variables the spelling that a lower root
// has for them, so that they set that key: LABELS_APP_NAME sets labels.appName where a document has
// that key. Roots are lowest first; nil roots are skipped. The result shares all roots without a
// change. It is a problem if lower roots have several spellings and none of them is that of the
// variable, or if two variables set one key.
func Respell(roots []*tree.Node) ([]*tree.Node, source.Problems) {
	var s speller
	out := roots
	for i, root := range roots {
		if root == nil || root.Doc == nil || !root.Doc.Variables {
			continue
		}
		made := s.node(nil, root, out[:i])
		if made == root {
			continue
		}
		if &out[0] == &roots[0] {
			out = slices.Clone(roots)
		}
		out[i] = made
	}
	return out, s.problems
}

type speller struct {
	problems source.Problems
	spelled  map[*tree.Node]map[string][]string // the keys of a map by their folded text
}

// node returns n with the spelling of the maps that lower roots have at its place.
func (s *speller) node(at tree.Path, n *tree.Node, lower []*tree.Node) *tree.Node {
	if n.Kind != tree.Map {
		return n
	}
	lower = slices.DeleteFunc(slices.Clone(lower), func(l *tree.Node) bool { return l == nil || l.Kind != tree.Map })
	if len(lower) == 0 {
		return n
	}
	entries := make([]tree.Entry, len(n.Entries))
	changed := false
	for i, e := range n.Entries {
		if e.AnySpelling {
			e.Key = s.spell(at, &e, lower)
		}
		below := make([]*tree.Node, len(lower))
		for k, l := range lower {
			below[k] = l.Child(e.Key)
		}
		e.Value = s.node(at.Join(e.Key), e.Value, below)
		changed = changed || e.Key != n.Entries[i].Key || e.Value != n.Entries[i].Value
		entries[i] = e
	}
	if !changed {
		return n
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, s.once(at, entries))
}

// once reports the entries whose key an earlier one has, and leaves them out.
func (s *speller) once(at tree.Path, entries []tree.Entry) []tree.Entry {
	first := map[string]*tree.Entry{}
	keep := make([]tree.Entry, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		if had := first[e.Key]; had != nil {
			s.tell(at, e, source.DuplicateKey, "is also set by "+had.Position().Document+", in another spelling of one key")
			continue
		}
		first[e.Key] = e
		keep = append(keep, *e)
	}
	return keep
}

// spell returns the key that an entry means.
func (s *speller) spell(at tree.Path, e *tree.Entry, lower []*tree.Node) string {
	var found []string
	for _, l := range lower {
		if l.Entry(e.Key) != nil {
			return e.Key
		}
		for _, key := range s.keys(l)[unspelled(e.Key)] {
			if !slices.Contains(found, key) {
				found = append(found, key)
			}
		}
	}
	switch len(found) {
	case 0:
		return e.Key
	case 1:
		return found[0]
	}
	s.tell(at, e, source.Malformed, fmt.Sprintf("is ambiguous: it can mean %s or %s, which lower layers have; set this key in a document", at.Join(found[0]), at.Join(found[1])))
	return e.Key
}

func (s *speller) keys(n *tree.Node) map[string][]string {
	if found := s.spelled[n]; found != nil {
		return found
	}
	keys := make(map[string][]string, len(n.Entries))
	for i := range n.Entries {
		folded := unspelled(n.Entries[i].Key)
		keys[folded] = append(keys[folded], n.Entries[i].Key)
	}
	if s.spelled == nil {
		s.spelled = map[*tree.Node]map[string][]string{}
	}
	s.spelled[n] = keys
	return keys
}

func (s *speller) tell(at tree.Path, e *tree.Entry, kind source.Kind, message string) {
	s.problems = append(s.problems, &source.Problem{Kind: kind, Position: e.Position(), Key: at.Join(e.Key).String(), Message: message})
}

var noSeparators = strings.NewReplacer("_", "", "-", "", ".", "")

// unspelled returns what the spellings of a key have in common: appName, app-name, APP_NAME.
func unspelled(key string) string { return noSeparators.Replace(strings.ToLower(key)) }
