package layer_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		layers     []string
	}{
		{"nothing", `{}`, nil},
		{"higher wins", `{"a":2,"b":1}`, []string{`{"a":1,"b":1}`, `{"a":2}`}},
		{"maps merge", `{"a":{"x":1,"y":2}}`, []string{`{"a":{"x":1}}`, `{"a":{"y":2}}`}},
		{"list replaces", `{"a":[3]}`, []string{`{"a":[1,2]}`, `{"a":[3]}`}},
		{"null takes away", `{"b":1}`, []string{`{"a":{"x":1},"b":1}`, `{"a":null}`}},
		{"null of nothing", `{}`, []string{`{"a":null}`}},
		{"null below", `{"a":{}}`, []string{`{"a":{"b":null}}`}},
		{"null in a list stays", `{"a":[null,1]}`, []string{`{"a":[null,1]}`}},
		{"null in a map in a list goes", `{"a":[{"c":1}]}`, []string{`{"a":[{"b":null,"c":1}]}`}},
		{"set again above a null", `{"a":{"y":1}}`, []string{`{"a":{"x":1}}`, `{"a":null}`, `{"a":{"y":1}}`}},
		{"scalar between maps cuts", `{"a":{"y":1}}`, []string{`{"a":{"x":1}}`, `{"a":5}`, `{"a":{"y":1}}`}},
		{"map over scalar", `{"a":{"y":1}}`, []string{`{"a":5}`, `{"a":{"y":1}}`}},
		{"empty map keeps", `{"a":{"x":1}}`, []string{`{"a":{"x":1}}`, `{"a":{}}`}},
		{"empty map over scalar", `{"a":{}}`, []string{`{"a":5}`, `{"a":{}}`}},
		{"order of the lowest", `{"b":1,"a":2,"c":3}`, []string{`{"b":1,"a":1}`, `{"c":3,"a":2}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			roots := []*tree.Node{nil}
			for _, l := range c.layers {
				roots = append(roots, must(t, "json", l, nil), nil)
			}
			got, expected := layer.Merge(roots...), must(t, "json", c.want, nil)
			if !tree.Equal(got, expected) {
				t.Errorf("Merge gave %v, want %v", got.Plain(), expected.Plain())
			}
			for i, e := range got.Entries {
				if e.Key != expected.Entries[i].Key {
					t.Errorf("entry %d is %s, want %s: entries come in the order of the lowest layer", i, e.Key, expected.Entries[i].Key)
				}
			}
		})
	}
}

func TestMergeShares(t *testing.T) {
	t.Parallel()
	low := must(t, "json", `{"a":{"x":1},"b":{"y":[1]},"c":{"z":1,"n":null}}`, nil)
	high := must(t, "json", `{"c":{"z":2}}`, nil)
	merged := layer.Merge(low, high)
	for _, key := range []string{"a", "b"} {
		if merged.Child(key) != low.Child(key) {
			t.Errorf("%s stands in one layer only and is not shared with it", key)
		}
	}
	if merged.Child("c") != high.Child("c") {
		t.Error("a map that a higher layer has as a whole is not shared with it")
	}
	if one := must(t, "json", `{"a":1}`, nil); layer.Merge(nil, one) != one {
		t.Error("the only root is not the result")
	}
	if again := layer.Merge(low, high); again.Child("a") != merged.Child("a") {
		t.Error("two merges of the same do not share what they did not touch")
	}
}

func TestMergePositions(t *testing.T) {
	t.Parallel()
	decode := func(name, text string, allow bool) *tree.Node {
		n, ps := layer.Decode(name, "r", source.Document{Name: name + ".yaml", Format: "yaml", Data: []byte(text), AllowUnknown: allow}, nil)
		if ps != nil {
			t.Fatal(ps)
		}
		return n
	}
	low, high := decode("low", "x: 1\ndb:\n  pool: 1\n  dsn: a\n", false), decode("high", "db:\n  pool: 2\n", false)
	merged := layer.Merge(low, high)
	for path, expected := range map[string]string{
		"x": "low.yaml:1:1 (low)", "db": "high.yaml:1:1 (high)", "db.pool": "high.yaml:2:3 (high)", "db.dsn": "low.yaml:4:3 (low)",
	} {
		p, _ := tree.ParsePath(path)
		if got := merged.Lookup(p[:len(p)-1]).Entry(p[len(p)-1]).Position().String(); got != expected {
			t.Errorf("%s stands at %s, want %s", path, got, expected)
		}
	}
	// A map that a strict and a lenient document share is the strict one's, so that an unknown one
	// is found.
	merged = layer.Merge(decode("strict", "a: {b: 1}", false), decode("lenient", "a: {b: 2}\n", true))
	if d := merged.Child("a").Doc; d.AllowUnknown {
		t.Errorf("a map of a strict and a lenient document counts as %s's; an unknown key in it would pass", d.Name)
	}
}

// plainMerge is RFC 7396 on plain maps, written as the RFC has it.
func plainMerge(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	m, ok := target.(map[string]any)
	if !ok {
		m = map[string]any{}
	}
	for k, v := range p {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = plainMerge(m[k], v)
		}
	}
	return m
}

// random makes a tree with few keys, so that layers meet. Lists hold no maps: the RFC leaves nulls
// in those, Merge does not.
func random(r *rand.Rand, depth int, nulls bool) any {
	switch n := r.IntN(12); {
	case depth > 0 && n < 7:
		m := map[string]any{}
		for range r.IntN(5) {
			m[string(rune('a'+r.IntN(4)))] = random(r, depth-1, nulls)
		}
		return m
	case n == 7:
		return []any{int64(r.IntN(3)), nil}
	case n == 8 && nulls:
		return nil
	}
	return int64(r.IntN(5))
}

func randomRoot(r *rand.Rand, nulls bool) *tree.Node {
	for {
		if m, ok := random(r, 4, nulls).(map[string]any); ok {
			n, err := tree.FromPlain(&tree.Doc{Layer: "l"}, m)
			if err != nil {
				panic(err)
			}
			return n
		}
	}
}

func TestMergeIsTheFold(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var roots []*tree.Node
		var expected any = map[string]any{}
		for range 1 + r.IntN(5) {
			n := randomRoot(r, true)
			roots = append(roots, n)
			expected = plainMerge(expected, n.Plain())
		}
		got := layer.Merge(roots...)
		if !reflect.DeepEqual(got.Plain(), expected) {
			t.Fatalf("seed %d: Merge gave %s, the RFC's algorithm %s, for %s", seed, text(got.Plain()), text(expected), texts(roots))
		}
		noNulls(t, got)
		if folded := foldLeft(roots); !tree.Equal(folded, got) {
			t.Fatalf("seed %d: merging one by one gave %s, at once %s", seed, text(folded.Plain()), text(got.Plain()))
		}
		empty := tree.NewMap(nil, 0, 0, nil)
		for i, with := range [][]*tree.Node{append([]*tree.Node{empty}, roots...), append(roots[:len(roots):len(roots)], empty)} {
			if !tree.Equal(layer.Merge(with...), got) {
				t.Fatalf("seed %d: an empty layer (%d) made a difference", seed, i)
			}
		}
	}
}

func foldLeft(roots []*tree.Node) *tree.Node {
	at := layer.Merge(roots[0])
	for _, r := range roots[1:] {
		at = layer.Merge(at, r)
	}
	return at
}

// Merging is associative where no layer takes away or changes a kind; where one does, only the
// order from below is right.
func TestMergeIsAssociative(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		a, b, c := sameKinds(r), sameKinds(r), sameKinds(r)
		left, right := layer.Merge(layer.Merge(a, b), c), layer.Merge(a, layer.Merge(b, c))
		if !tree.Equal(left, right) {
			t.Fatalf("seed %d: (a+b)+c is %s, a+(b+c) is %s", seed, text(left.Plain()), text(right.Plain()))
		}
	}
}

// sameKinds makes a tree in which the depth tells the kind.
func sameKinds(r *rand.Rand) *tree.Node {
	var grow func(depth int) any
	grow = func(depth int) any {
		if depth == 0 {
			return int64(r.IntN(100))
		}
		m := map[string]any{}
		for range r.IntN(4) {
			m[string(rune('a'+r.IntN(4)))] = grow(depth - 1)
		}
		return m
	}
	n, _ := tree.FromPlain(nil, grow(3))
	return n
}

// The winner that Candidates names is what Merge holds.
func TestCandidatesTellWhoWon(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 3))
		var roots []*tree.Node
		for range 1 + r.IntN(4) {
			roots = append(roots, randomRoot(r, true))
		}
		roots[r.IntN(len(roots))] = nil
		merged := layer.Merge(roots...)
		for _, path := range paths(roots) {
			var live []*tree.Node
			for _, c := range layer.Candidates(path, roots...) {
				if c.Node != roots[c.Root].Lookup(path) {
					t.Fatalf("seed %d: %s: candidate of root %d is not its node", seed, path, c.Root)
				}
				if !c.Hidden {
					live = append(live, c.Node)
				}
			}
			// What is left, merged alone, is what Merge has there.
			var alone any
			for _, n := range live {
				alone = plainMerge(alone, n.Plain())
			}
			at := merged.Lookup(path)
			if !reflect.DeepEqual(alone, at.Plain()) || at != nil && at.Kind != tree.Map && live[len(live)-1] != at {
				t.Fatalf("seed %d: at %s Merge has %s, the candidates make %s, for %s", seed, path, text(at.Plain()), text(alone), texts(roots))
			}
			if at != nil || len(layer.Candidates(path, roots...)) == 0 {
				continue
			}
			// What was said is not there: something took it away, at the path or above it.
			if i, by := layer.Decides(path, roots...); by == nil || i == len(path) && by.Kind != tree.Null ||
				!slices.ContainsFunc(roots, func(r *tree.Node) bool { return r.Lookup(path[:i]) == by }) {
				t.Fatalf("seed %d: %s is taken away by %v at %d, for %s", seed, path, by, i, texts(roots))
			}
		}
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	roots := []*tree.Node{
		must(t, "json", `{"db":{"pool":1},"h":["a","b"]}`, nil),
		must(t, "json", `{"db":{"pool":2}}`, nil),
		must(t, "json", `{"db":5,"h":["c"]}`, nil),
		must(t, "json", `{"db":{"pool":3}}`, nil),
	}
	for path, expected := range map[string]string{
		"db.pool": "0 hidden, 1 hidden, 3", "db": "0 hidden, 1 hidden, 2 hidden, 3", "h": "0 hidden, 2", "h[0]": "0 hidden, 2", "h[1]": "0 hidden",
		"x": "", "": "0, 1, 2, 3",
	} {
		p, _ := tree.ParsePath(path)
		got := ""
		for i, c := range layer.Candidates(p, roots...) {
			if i > 0 {
				got += ", "
			}
			got += fmt.Sprint(c.Root)
			if c.Hidden {
				got += " hidden"
			}
		}
		if got != expected {
			t.Errorf("candidates of %q are %q, want %q", path, got, expected)
		}
	}
	if c := layer.Candidates(tree.Path{"db", "pool"}, roots[0]); c[0].Entry.Position().Column != 8 {
		t.Errorf("the candidate's key stands at %v, want column 8", c[0].Entry.Position())
	}
}

// paths are all paths of all roots, and some beside them.
func paths(roots []*tree.Node) []tree.Path {
	var all []tree.Path
	var walk func(tree.Path, *tree.Node)
	walk = func(at tree.Path, n *tree.Node) {
		all = append(all, at, at.Join("nowhere"))
		for i := range n.Items {
			all = append(all, at.Join(tree.Item(i)))
		}
		for _, e := range n.Entries {
			walk(at.Join(e.Key), e.Value)
		}
	}
	for _, r := range roots {
		if r != nil {
			walk(nil, r)
		}
	}
	return all
}

func noNulls(t *testing.T, n *tree.Node) {
	t.Helper()
	for _, e := range n.Entries {
		if e.Value.Kind == tree.Null {
			t.Fatalf("a merged map holds a null at %s", e.Key)
		}
		noNulls(t, e.Value)
	}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func texts(roots []*tree.Node) (s string) {
	for _, r := range roots {
		s += " " + text(r.Plain())
	}
	return s
}
