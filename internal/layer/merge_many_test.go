package layer_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
)

// Many maps are merged by another way than a few. Maps that say nothing make many of a few, and
// change nothing.
func TestManyMapsMergeAsAFewDo(t *testing.T) {
	t.Parallel()
	empty := tree.NewMap(nil, 0, 0, nil)
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		var few, many []*tree.Node
		for range 6 {
			doc := map[string]any{}
			for range r.IntN(6) {
				key := fmt.Sprint("k", r.IntN(6))
				switch r.IntN(4) {
				case 0:
					doc[key] = nil
				case 1:
					doc[key] = map[string]any{fmt.Sprint("s", r.IntN(3)): r.IntN(9), "n": nil}
				default:
					doc[key] = r.IntN(9)
				}
			}
			root, err := tree.FromPlain(nil, doc)
			if err != nil {
				t.Fatal(err)
			}
			few, many = append(few, root), append(many, root, empty, empty)
		}
		want, got := layer.Merge(few...), layer.Merge(many...)
		if !tree.Equal(want, got) {
			t.Fatalf("seed %d: the same documents merge to something else", seed)
		}
		for i := range want.Entries {
			if want.Entries[i].Key != got.Entries[i].Key {
				t.Fatalf("seed %d: the keys have another order", seed)
			}
		}
	}
}
