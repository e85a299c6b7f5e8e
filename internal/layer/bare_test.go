package layer_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
)

// randomBare is a map in which keys may be null or bare.
func randomBare(r *rand.Rand, depth int) *tree.Node {
	var entries []tree.Entry
	for _, key := range []string{"a", "b", "c"} {
		var n *tree.Node
		switch r.IntN(8) {
		case 0:
			n = tree.NewScalar(nil, 0, 0, nil)
		case 1, 2:
			n = tree.NewBare(tree.Map, tree.NewScalar(nil, 0, 0, nil))
		case 3:
			n = tree.NewScalar(nil, 0, 0, int64(r.IntN(3)))
		case 4, 5:
			if depth == 0 {
				continue
			}
			n = randomBare(r, depth-1)
		default:
			continue
		}
		entries = append(entries, tree.Entry{Key: key, Value: n})
	}
	return tree.NewMap(nil, 0, 0, entries)
}

// named is an entry that is there because a layer names it, and of which none says anything.
type named struct{}

// foldBare is what Merge does with one more root, said as simply as it can be; nil is nothing.
func foldBare(low any, high *tree.Node) any {
	_, isNamed := low.(named)
	switch {
	case high.Kind == tree.Null:
		return nil
	case high.Bare:
		if low == nil || isNamed {
			return named{}
		}
		return nil
	case high.Kind == tree.Scalar:
		return high.Value
	}
	out := map[string]any{}
	if m, ok := low.(map[string]any); ok {
		maps.Copy(out, m)
	}
	for _, e := range high.Entries {
		if v := foldBare(out[e.Key], e.Value); v != nil {
			out[e.Key] = v
		} else {
			delete(out, e.Key)
		}
	}
	return out
}

// unnamed has empty maps for entries that are only named.
func unnamed(v any) any {
	switch v := v.(type) {
	case named:
		return map[string]any{}
	case map[string]any:
		out := map[string]any{}
		for key, child := range v {
			out[key] = unnamed(child)
		}
		return out
	}
	return v
}

func TestBareKeysMergeAsTheFold(t *testing.T) {
	t.Parallel()
	for seed := range testrun.CountSequential(20_000, 4_000) {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		var roots []*tree.Node
		var want any = map[string]any{}
		for range 1 + r.IntN(4) {
			root := randomBare(r, 2)
			roots = append(roots, root)
			want = foldBare(want, root)
		}
		merged := layer.Merge(roots...)
		if got := merged.Plain(); !reflect.DeepEqual(got, unnamed(want)) {
			t.Fatalf("seed %d: merged is %v, want %v", seed, got, unnamed(want))
		}
		if merged.HasNulls() {
			t.Fatalf("seed %d: a null is left", seed)
		}
		// The candidates say the same: what the last one that is not hidden takes away is not
		// there.
		for _, path := range paths(roots) {
			var last *tree.Node
			for _, c := range layer.Candidates(path, roots...) {
				if !c.Hidden {
					last = c.Node
				}
			}
			at := merged.Lookup(path)
			if there := last != nil && last.Kind != tree.Null; there != (at != nil) {
				t.Fatalf("seed %d: at %s there is %v, and the last candidate is %v", seed, path, at.Plain(), fmt.Sprint(last.Plain()))
			}
			if i, by := layer.Decides(path, roots...); at == nil && len(layer.Candidates(path, roots...)) > 0 && (by == nil || i == len(path) && by.Kind != tree.Null) {
				t.Fatalf("seed %d: %s is taken away by %v at %d", seed, path, by, i)
			}
		}
	}
}
