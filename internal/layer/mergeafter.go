package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// MergeAfter is Merge for roots most of which were merged before: merged is the result of Merge for
// the roots last, which had no problems. It merges only the keys in which the roots differ from
// those of last, and shares the rest with merged.
func (m *Merger) MergeAfter(last []*tree.Node, merged *tree.Node, roots []*tree.Node) (*tree.Node, source.Problems) {
	old, level := levelOf(last), levelOf(roots)
	if merged == nil || len(level) < 2 || len(old) != len(level) {
		return m.Merge(roots...)
	}
	w := merging{}
	after, ok := w.mergeAfter(m.root(), old, level, tree.Entry{Value: merged})
	if !ok || w.problems != nil || after.Value.Kind != tree.Map {
		return m.Merge(roots...) // the problems in the order of the keys
	}
	return after.Value, nil
}

// levelOf returns the roots as the values of the empty path.
func levelOf(roots []*tree.Node) []*tree.Entry {
	level := make([]*tree.Entry, 0, len(roots))
	for _, r := range roots {
		if r != nil {
			level = append(level, &tree.Entry{Value: r})
		}
	}
	return level
}

// mergeAfter merges the values of one place, lowest first, of which last is the merge of the values
// before. It reports false if the change may have added or removed a key, so that only a merge of
// the whole place gives the order of the keys.
func (w *merging) mergeAfter(shape *tree.Shape, old, level []*tree.Entry, last tree.Entry) (after tree.Entry, ok bool) {
	if slices.EqualFunc(old, level, func(a, b *tree.Entry) bool { return *a == *b }) {
		return last, true
	}
	if len(old) != len(level) || len(level) < 2 || last.Value.Kind != tree.Map || !allMaps(old) || !allMaps(level) ||
		slices.ContainsFunc(old, func(e *tree.Entry) bool { return e.Value == last.Value }) { // its entries may have another order
		after = w.merge(shape, level)
		return after, after.Value != nil
	}
	made := slices.Clone(last.Value.Entries)
	done := map[string]bool{}
	for i, e := range level {
		before, now := old[i].Value, e.Value
		if before == now {
			continue
		}
		if !sameKeys(before, now) {
			after = w.merge(shape, level)
			return after, after.Value != nil
		}
		for k := range now.Entries {
			key := now.Entries[k].Key
			if now.Entries[k] == before.Entries[k] || done[key] {
				continue
			}
			done[key] = true
			at := last.Value.Index(key)
			if at < 0 {
				return after, false // a null may have removed it
			}
			w.path = append(w.path, key)
			below, ok := w.mergeAfter(shape.At(key), entriesOf(old, key), entriesOf(level, key), made[at])
			w.path = w.path[:len(w.path)-1]
			if !ok {
				return after, false
			}
			made[at] = below
		}
	}
	return joined(level, made, last.Value), true
}

func allMaps(level []*tree.Entry) bool {
	return !slices.ContainsFunc(level, func(e *tree.Entry) bool { return e.Value.Kind != tree.Map || e.Value.Bare })
}

func sameKeys(a, b *tree.Node) bool {
	return slices.EqualFunc(a.Entries, b.Entries, func(x, y tree.Entry) bool { return x.Key == y.Key })
}

// entriesOf returns the entries of some maps with a key, lowest first.
func entriesOf(level []*tree.Entry, key string) (all []*tree.Entry) {
	for _, e := range level {
		if entry := e.Value.Entry(key); entry != nil {
			all = append(all, entry)
		}
	}
	return all
}
