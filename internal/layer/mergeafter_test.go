package layer_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
)

// describe writes everything that a tree says, with positions, in the order of its entries.
func describe(n *tree.Node) string {
	if n == nil {
		return "nothing"
	}
	text := fmt.Sprintf("%v %v@%v:%d:%d bare=%v", n.Kind, n.Value, n.Position(), n.Line, n.Column, n.Bare)
	for _, item := range n.Items {
		text += " [" + describe(item) + "]"
	}
	for _, e := range n.Entries {
		text += fmt.Sprintf(" {%s %d:%d %s %v: %s}", e.Key, e.Line, e.Column, e.Alias, e.Verdict, describe(e.Value))
	}
	return text
}

// edited returns a root in which one place differs, and which shares the rest.
func edited(r *rand.Rand, doc *tree.Doc, n *tree.Node) *tree.Node {
	if n.Kind != tree.Map || len(n.Entries) == 0 || r.IntN(4) == 0 {
		switch r.IntN(8) {
		case 0:
			return tree.NewScalar(doc, int32(r.IntN(9)), 1, nil)
		case 2:
			return tree.NewPartialList(doc, 1, 1, []*tree.Node{tree.NewScalar(doc, 1, 1, int64(1))}, []int{r.IntN(2)})
		case 3:
			return tree.NewMap(doc, 1, 1, nil)
		case 1:
			made, _ := tree.FromPlain(doc, random(r, 2, true))
			return made
		}
		return tree.NewScalar(doc, int32(r.IntN(9)), 1, int64(r.IntN(5)))
	}
	entries := append([]tree.Entry(nil), n.Entries...)
	at := r.IntN(len(entries))
	switch r.IntN(8) {
	case 0:
		entries = append(entries[:at], entries[at+1:]...)
	case 1:
		if key := string(rune('a' + r.IntN(4))); n.Entry(key) == nil {
			entries = append(entries, tree.Entry{Key: key, Value: tree.NewScalar(doc, 3, 3, int64(r.IntN(5))), Line: 3, Column: 1})
		}
	case 2:
		entries[at].Line++
	default:
		entries[at].Value = edited(r, doc, entries[at].Value)
	}
	return tree.NewMap(doc, n.Line, n.Column, entries)
}

// MergeAfter equals Merge in every value, position and problem, whatever changed.
func TestMergeAfterIsMerge(t *testing.T) {
	t.Parallel()
	shape := structOf("a", "b", "c", "d")
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		m := layer.NewMerger(shape)
		roots := make([]*tree.Node, 1+r.IntN(12))
		docs := make([]*tree.Doc, len(roots))
		for i := range roots {
			docs[i] = &tree.Doc{Name: fmt.Sprint("doc", i), AllowUnknown: r.IntN(4) == 0}
			for roots[i] == nil || roots[i].Kind != tree.Map {
				roots[i], _ = tree.FromPlain(docs[i], random(r, 4, true))
			}
		}
		merged, problems := m.Merge(roots...)
		for step := range 20 {
			next := append([]*tree.Node(nil), roots...)
			for range 1 + r.IntN(2) {
				i := r.IntN(len(next))
				if changed := edited(r, docs[i], next[i]); changed.Kind == tree.Map {
					next[i] = changed
				}
			}
			want, wantProblems := m.Merge(next...)
			got, gotProblems := want, wantProblems
			if problems == nil {
				got, gotProblems = m.MergeAfter(roots, merged, next)
			}
			if describe(got) != describe(want) || !reflect.DeepEqual(gotProblems, wantProblems) {
				t.Fatalf("seed %d, step %d: merged\n%s\nwant\n%s\nproblems %v, want %v", seed, step, describe(got), describe(want), gotProblems, wantProblems)
			}
			roots, merged, problems = next, got, gotProblems
		}
	}
}
