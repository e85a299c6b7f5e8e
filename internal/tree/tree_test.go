package tree_test

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

type m = map[string]any

func node(t *testing.T, v any) *tree.Node {
	t.Helper()
	n, err := tree.FromPlain(&tree.Doc{Layer: "l", Name: "d"}, v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type name string

func (name) String() string { return "not me" }

func TestFromPlain(t *testing.T) {
	t.Parallel()
	five := 5
	at := time.Unix(5, 0)
	for _, c := range []struct{ in, want any }{
		{nil, nil}, {"a", "a"}, {source.Text("a"), "a"}, {true, true}, {5, int64(5)}, {int8(-5), int64(-5)}, {uint(5), int64(5)}, {uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{float32(0.5), 0.5}, {at, at}, {time.Second, "1s"}, {fs.FileMode(0o640), "0640"}, {fs.FileMode(0), "0"}, {fs.ModeDir, int64(fs.ModeDir)}, {[]byte("a"), "a"}, {name("n"), "n"}, {&five, int64(5)}, {(*int)(nil), nil},
		{[]string{"a"}, []any{"a"}}, {[2]int{1, 2}, []any{int64(1), int64(2)}}, {map[string]int{"a": 1}, m{"a": int64(1)}},
		{map[any]any{"a": 1, 2: []any{nil}, true: m{}}, m{"a": int64(1), "2": []any{nil}, "true": m{}}}, {map[name]int{"k": 1}, m{"k": int64(1)}}, {map[any]any{name("k"): 1, nil: 2}, m{"k": int64(1), "null": int64(2)}},
	} {
		if got := node(t, c.in).Plain(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%#v became %#v, want %#v", c.in, got, c.want)
		}
	}
	wide := any("x")
	for range 40 { // 2^40 values, few of them in memory
		wide = []any{wide, wide}
	}
	cyclic := m{}
	cyclic["a"] = cyclic
	for what, c := range map[string]struct {
		in   any
		want string
	}{
		"a channel":      {m{"a": []any{1, make(chan int)}}, "a[1]: a chan int cannot be part of a tree"},
		"a struct":       {m{"a.b": struct{ Secret string }{"cAnArY"}}, `"a.b": a struct { Secret string } cannot be part of a tree`},
		"two of one key": {map[any]any{1: "x", "1": "y"}, `1: duplicate key`},
		"integer keys":   {map[int]int{1: 1}, ": a map[int]int cannot be part of a tree"},
		"a cycle":        {cyclic, "nested deeper than 1000"},
		"too many":       {wide, "more than 1048576 values"},
	} {
		if _, err := tree.FromPlain(nil, c.in); err == nil || err.Error() != c.want {
			t.Errorf("%s: error is %v, want %s", what, err, c.want)
		}
	}
}

func random(r *rand.Rand, depth int) any {
	switch r.IntN(9) {
	case 0:
		return fmt.Sprint("t", r.IntN(3))
	case 1:
		return r.IntN(2) == 0
	case 2:
		return nil
	case 3, 4:
		l := make([]any, r.IntN(4))
		for i := range l {
			l[i] = random(r, depth-1)
		}
		return l
	case 5, 6, 7:
		if depth > 0 {
			out := m{}
			for range r.IntN(14) { // beyond the size from which a map has an index
				out[fmt.Sprint("k", r.IntN(20))] = random(r, depth-1)
			}
			return out
		}
	}
	return int64(r.IntN(3))
}

func TestPlainRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		v := random(rand.New(rand.NewPCG(seed, 1)), 4)
		n := node(t, v)
		if got := n.Plain(); !reflect.DeepEqual(got, v) {
			t.Fatalf("seed %d: %v came back as %v", seed, v, got)
		}
		if again := node(t, n.Plain()); !tree.Equal(n, again) || !tree.Equal(again, n) {
			t.Fatalf("seed %d: a tree is not equal to itself after a round trip", seed)
		}
		if n.HasNulls() != hasNulls(v) {
			t.Fatalf("seed %d: HasNulls is %v for %v", seed, n.HasNulls(), v)
		}
	}
}

func hasNulls(v any) bool {
	switch v := v.(type) {
	case m:
		for _, e := range v {
			if e == nil || hasNulls(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasNulls)
	}
	return false
}

// Diff names the paths at which two trees differ, and no other.
func TestDiffIsInequality(t *testing.T) {
	t.Parallel()
	for seed := range uint64(800) {
		r := rand.New(rand.NewPCG(seed, 2))
		a, b := node(t, m{"r": random(r, 3)}), node(t, m{"r": random(r, 3)})
		seen := map[string]bool{}
		tree.Diff(a, b, func(p tree.Path) bool {
			if seen[p.String()] {
				t.Fatalf("seed %d: Diff names %s twice", seed, p)
			}
			seen[p.String()] = true
			if tree.Equal(a.Lookup(p), b.Lookup(p)) {
				t.Fatalf("seed %d: Diff names %s, where both have %v", seed, p, a.Lookup(p).Plain())
			}
			return true
		})
		if (len(seen) == 0) != tree.Equal(a, b) {
			t.Fatalf("seed %d: Diff names %d paths, Equal says %v: %v and %v", seed, len(seen), tree.Equal(a, b), a.Plain(), b.Plain())
		}
		back := 0
		tree.Diff(b, a, func(tree.Path) bool { back++; return true })
		if back != len(seen) {
			t.Fatalf("seed %d: Diff names %d paths one way and %d the other", seed, len(seen), back)
		}
		if len(seen) > 1 {
			n := 0
			tree.Diff(a, b, func(tree.Path) bool { n++; return false })
			if n != 1 {
				t.Fatalf("seed %d: Diff went on after it was told to stop", seed)
			}
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	a := node(t, m{"same": 1, "changed": 1, "gone": m{"x": 1, "y": m{}}, "kind": m{"x": 1}, "list": []any{1, 2}, "n": math.NaN()})
	b := node(t, m{"same": 1, "changed": 2, "new": m{"x": m{"y": 1}}, "kind": 5, "list": []any{1, 3}, "n": math.NaN()})
	var got []string
	tree.Diff(a, b, func(p tree.Path) bool { got = append(got, p.String()); return true })
	if want := "changed gone.x gone.y kind list new.x.y"; strings.Join(got, " ") != want {
		t.Errorf("Diff names %v, want %s", got, want)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	big := m{}
	for i := range 100 {
		big[fmt.Sprint("k", i)] = i
	}
	n := node(t, m{"a": []any{m{"b.c": 5}}, "big": big, "[0]": "odd"})
	for path, want := range map[string]any{
		`a[0]."b.c"`: int64(5), "big.k77": int64(77), `"[0]"`: "odd", "a[1]": nil, "a[-1]": nil, "a.b": nil, "big.k100": nil, "big.k1.x": nil, "nowhere.x": nil,
	} {
		p, ok := tree.ParsePath(path)
		if !ok {
			p = tree.Path{"a", "[-1]"}
		}
		if got := n.Lookup(p).Plain(); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	var none *tree.Node
	if none.Child("a") != nil || none.Entry("a") != nil || none.Lookup(tree.Path{"a"}) != nil || none.Plain() != nil || none.HasNulls() || none.Position() != (source.Position{}) {
		t.Error("a nil node has something")
	}
	// An entry without a position has that of its value.
	e := tree.NewMap(nil, 0, 0, []tree.Entry{{Key: "a", Value: tree.NewScalar(&tree.Doc{Name: "d"}, 7, 8, "x")}}).Entry("a")
	if got := e.Position().String(); got != "d:7:8" {
		t.Errorf("the entry stands at %s, want d:7:8", got)
	}
}

func TestShapeLookupAndSecrets(t *testing.T) {
	t.Parallel()
	leaf, secret := &tree.Shape{Kind: tree.Leaf}, &tree.Shape{Kind: tree.Leaf, Secret: true}
	shape := &tree.Shape{Kind: tree.RemainderOf, Elem: leaf, Fields: map[string]*tree.Shape{
		"plain": leaf, "token": secret, "keys": {Kind: tree.MapOf, Elem: secret}, "list": {Kind: tree.ListOf, Elem: secret},
		"vault": {Kind: tree.StructOf, Secret: true, Fields: map[string]*tree.Shape{"inner": leaf}},
	}}
	for path, want := range map[string]bool{
		"plain": false, "token": true, "keys.any": true, "list[3]": true, "vault": true, "vault.inner": true, "vault.unknown": true, "other": false, "plain.x": false,
	} {
		p, _ := tree.ParsePath(path)
		if _, got := shape.Lookup(p); got != want {
			t.Errorf("%s is secret: %v, want %v", path, got, want)
		}
	}
	var got []string
	tree.Secrets(node(t, m{
		"plain": "p", "token": "s1", "keys": m{"a": "s2", "b": source.Text("s3")}, "list": []any{"s4", 5}, "vault": m{"inner": "s5", "unknown": m{"x": []any{"s6"}}}, "other": "o",
	}), shape, func(s string) { got = append(got, s) })
	slices.Sort(got)
	if want := "5 s1 s2 s3 s4 s5 s6"; strings.Join(got, " ") != want {
		t.Errorf("the secrets are %v, want %s", got, want)
	}
	got = nil
	of := &tree.Shape{Kind: tree.StructOf, Fields: map[string]*tree.Shape{
		"list": {Kind: tree.ListOf, Elem: secret}, "map": {Kind: tree.MapOf, Elem: secret}, "plain": {Kind: tree.ListOf, Elem: leaf},
	}}
	tree.Secrets(node(t, m{"list": source.Text(`s1, s\,2`), "map": source.Text("a=s3,b=s4"), "plain": source.Text("p,q")}), of, func(s string) { got = append(got, s) })
	if want := `s1, s\,2|s1|s,2|a=s3,b=s4|a=s3|s3|b=s4|s4`; strings.Join(got, "|") != want {
		t.Errorf("the secrets in texts are %v, want %s", got, want)
	}
	ring := &tree.Shape{Kind: tree.ListOf}
	ring.Elem = ring
	if !ring.HidesText() || leaf.HidesText() || !of.HidesText() || of.Fields["plain"].HidesText() || !of.Fields["map"].HidesText() || (*tree.Shape)(nil).HidesText() {
		t.Error("HidesText does not tell which texts may hold secrets")
	}
	tree.Secrets(nil, shape, func(string) { t.Error("a secret of nothing") })
	tree.Secrets(node(t, m{"token": "x"}), nil, func(string) { t.Error("a secret without a shape") })
}

func TestReadingConcurrentSafe(t *testing.T) {
	t.Parallel()
	r, v := rand.New(rand.NewPCG(7, 7)), m{"r": m{}, "s": m{}}
	for _, side := range v {
		for i := range 20 {
			side.(m)[fmt.Sprint("k", i)] = random(r, 3)
		}
	}
	read := func(n *tree.Node) string {
		var b strings.Builder
		fmt.Fprintln(&b, n.Plain())
		for _, key := range []string{"r", "s", "none"} {
			for i := range 20 {
				fmt.Fprintln(&b, n.Lookup(tree.Path{key, fmt.Sprint("k", i)}).Plain())
			}
		}
		tree.Diff(n.Child("r"), n.Child("s"), func(p tree.Path) bool { fmt.Fprintln(&b, p); return true })
		return b.String()
	}
	want := read(node(t, v)) // of a tree of its own
	n := node(t, v)
	var wg sync.WaitGroup
	for i := range 8 {
		path := tree.Path{"r", fmt.Sprint("k", i)} // another one than the others look up
		found := n.Lookup(path)
		wg.Go(func() {
			for range 500_000 {
				if n.Lookup(path) != found {
					t.Errorf("%v is another value while others read the tree", path)
					return
				}
			}
			for range 10 {
				if got := read(n); got != want {
					t.Errorf("a tree that others read at the same time reads\n%s\nwant\n%s", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
