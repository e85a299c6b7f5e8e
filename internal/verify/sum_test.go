package verify_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

type m = map[string]any

func node(t testing.TB, doc *tree.Doc, v any) *tree.Node {
	t.Helper()
	n, err := tree.FromPlain(doc, v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// No two of these may have one sum: each pair is a trick to make two trees run together.
func TestSumTellsApart(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]any{}
	for _, v := range []any{
		m{}, m{"a": m{}}, m{"a": []any{}}, m{"a": nil}, m{"a": ""}, m{"": ""}, m{"": "a"}, m{"a": "b"}, m{"ab": ""}, m{"a": "", "b": ""}, m{"a": "b", "c": "d"}, m{"a": "bs\x00c", "d": ""},
		m{"a": m{"b": m{}}}, m{"a": m{}, "b": m{}}, m{"a": m{"b": "c"}}, m{"a": "b", "c": m{}}, m{"a.b": "c"}, m{"a": m{"b": m{"c": ""}}}, m{"a": m{"b": ""}, "c": ""},
		m{"a": []any{"b"}}, m{"a": []any{"b", "c"}}, m{"a": []any{"bc"}}, m{"a": []any{[]any{"b"}, "c"}}, m{"a": []any{[]any{"b", "c"}}}, m{"a": []any{"b", []any{"c"}}}, m{"a": []any{[]any{}, []any{}}},
		m{"a": []any{[]any{[]any{}}}}, m{"a": []any{nil}}, m{"a": []any{m{}}}, m{"a": []any{m{"b": "c"}, m{}}}, m{"a": []any{m{}, m{"b": "c"}}}, m{"a": []any{"c", "b"}},
		m{"a": "xs", "b": "y"}, m{"a": "x", "sb": "y"}, m{"a": []any{"xs", "b"}}, m{"a": []any{"x", "sb"}}, m{"as": "x"}, m{"a": "sx"},
		m{"a": 5}, m{"a": 5.0}, m{"a": "5"}, m{"a": source.Text("5")}, m{"a": -5}, m{"a": uint64(math.MaxUint64)}, m{"a": -1}, m{"a": true}, m{"a": false}, m{"a": "true"}, m{"a": 1}, m{"a": 0}, m{"a": 0.0},
		m{"a": math.NaN()}, m{"a": math.Inf(1)}, m{"a": math.Inf(-1)}, m{"a": "NaN"}, m{"a": int64(math.Float64bits(5))}, m{"a": uint64(math.MaxInt64 + 1)}, m{"a": int64(math.MinInt64)},
		m{"a": time.Unix(0, 0)}, m{"a": time.Unix(0, 1)}, m{"a": time.Unix(1, 0)}, m{"a": "1970-01-01T00:00:00Z"}, m{"a": time.Time{}}, m{"a": "\x00"}, m{"a": "\x00\x00"}, m{"a\x00": ""},
		m{"a": strings.Repeat("x", 32)}, m{"o": "x"}, m{"a": "x", "b": m{"c": "y"}}, m{"b": "x", "a": m{"c": "y"}},
	} {
		sum := verify.Sum(node(t, nil, v))
		if other, twice := seen[sum]; twice {
			t.Errorf("%#v and %#v have one sum", v, other)
		}
		seen[sum] = v
	}
}

func TestSumIsTheSame(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("x", 3600)
	at := time.Date(2024, 1, 1, 10, 0, 0, 5, time.UTC)
	for name, pair := range map[string][2]any{
		"minus zero": {m{"a": 0.0}, m{"a": math.Copysign(0, -1)}},
		"any NaN":    {m{"a": math.NaN()}, m{"a": math.Float64frombits(0x7ff8000000000123)}},
		"one time":   {m{"a": at}, m{"a": at.In(zone)}},
		"integers":   {m{"a": int8(5)}, m{"a": uint64(5)}},
	} {
		if verify.Sum(node(t, nil, pair[0])) != verify.Sum(node(t, nil, pair[1])) {
			t.Errorf("%s: the sums differ", name)
		}
	}
	if verify.Sum(nil) != verify.Sum(tree.NewMap(nil, 0, 0, nil)) {
		t.Error("nothing is not the empty map")
	}
	// uint64 within the range of int64, which FromPlain would not make.
	a := tree.NewMap(nil, 0, 0, []tree.Entry{{Key: "a", Value: tree.NewScalar(nil, 0, 0, uint64(5))}})
	if verify.Sum(a) != verify.Sum(node(t, nil, m{"a": 5})) {
		t.Error("5 as uint64 and as int64 differ")
	}
	if verify.Sum(tree.NewList(nil, 0, 0, nil)) == verify.Sum(nil) {
		t.Error("a list is as an empty map")
	}
}

// Sums are compared between instances of different versions of this package: the encoding is
// frozen.
func TestSumIsFrozen(t *testing.T) {
	t.Parallel()
	n := node(t, nil, m{
		"a": 5, "b": m{"c": "x", "d": []any{true, false, nil, 1.5, source.Text("t")}}, "e": time.Unix(1, 2), "f": uint64(math.MaxUint64),
	})
	sum := verify.Sum(n)
	if got, want := hex.EncodeToString(sum[:]), "4f5d8cabb6bb55274952a2c2a5cc601fdac5bb95f5dd82632099b8f287dec55c"; got != want {
		t.Errorf("the sum is %s, was %s: instances of two versions would disagree", got, want)
	}
	sum = verify.Sum(nil)
	if got, want := hex.EncodeToString(sum[:]), "17df9eb398ae59f4fe9b3f5f858d890557870187f85245e0f4f987e538ad3274"; got != want {
		t.Errorf("the sum of nothing is %s, was %s", got, want)
	}
}

func random(r *rand.Rand, depth int) any {
	switch r.IntN(10) {
	case 0:
		return r.Float64()
	case 1:
		return fmt.Sprint("text", r.IntN(3))
	case 2:
		return r.IntN(2) == 0
	case 3, 4:
		l := make([]any, r.IntN(4))
		for i := range l {
			l[i] = random(r, depth-1)
		}
		return l
	case 5, 6, 7:
		if depth > 0 {
			out := m{}
			for range r.IntN(6) {
				out[fmt.Sprint("k", r.IntN(12))] = random(r, depth-1)
			}
			return out
		}
	}
	return int64(r.IntN(5))
}

// shuffled returns the same tree with all maps in another order, in another document, at other
// positions.
func shuffled(r *rand.Rand, n *tree.Node) *tree.Node {
	doc := &tree.Doc{Layer: fmt.Sprint(r.IntN(9)), Name: "other"}
	line := int32(r.IntN(99))
	switch n.Kind {
	case tree.Map:
		entries := make([]tree.Entry, len(n.Entries))
		for i, j := range r.Perm(len(entries)) {
			entries[j] = tree.Entry{Key: n.Entries[i].Key, Value: shuffled(r, n.Entries[i].Value), Line: line}
		}
		return tree.NewMap(doc, line, 1, entries)
	case tree.List:
		items := make([]*tree.Node, len(n.Items))
		for i := range items {
			items[i] = shuffled(r, n.Items[i])
		}
		return tree.NewList(doc, line, 1, items)
	}
	return tree.NewScalar(doc, line, 1, n.Value)
}

// Sums are equal exactly if the trees are Equal, in any order and at any position.
func TestSumIsEquality(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		a := node(t, nil, m{"r": random(r, 4)})
		if verify.Sum(a) != verify.Sum(shuffled(r, a)) {
			t.Fatalf("seed %d: order, document or position counts", seed)
		}
		b := node(t, nil, m{"r": random(r, 4)})
		if (verify.Sum(a) == verify.Sum(b)) != tree.Equal(a, b) {
			t.Fatalf("seed %d: sums and equality disagree about %v and %v", seed, a.Plain(), b.Plain())
		}
		if !reflect.DeepEqual(a.Plain(), b.Plain()) && verify.Sum(a) == verify.Sum(b) {
			t.Fatalf("seed %d: two trees have one sum", seed)
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add("a", "b", "c", "d", uint64(1))
	f.Add("", "s\x00\x00", "a", "", uint64(7))
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		trees := []any{
			m{k1: v1}, m{k1: v1, k2: v2}, m{k1: m{k2: v2}}, m{k1: []any{v1, v2}}, m{k1: []any{v1}, k2: v2}, m{k1 + v1: ""}, m{k1: source.Text(v1)}, m{k1: v1 + k2 + v2}, m{k2: v1},
		}
		for i, a := range trees {
			x := node(t, nil, a)
			if verify.Sum(x) != verify.Sum(shuffled(r, x)) {
				t.Fatalf("%#v: the order counts", a)
			}
			for _, b := range trees[i+1:] {
				if y := node(t, nil, b); (verify.Sum(x) == verify.Sum(y)) != tree.Equal(x, y) {
					t.Fatalf("%#v and %#v: sums say %v", a, b, verify.Sum(x) == verify.Sum(y))
				}
			}
		}
	})
}

func BenchmarkSum2000(b *testing.B) {
	v := m{}
	for s := range 100 {
		section := m{}
		for k := range 20 {
			section[fmt.Sprint("key", k)] = fmt.Sprint("value ", s*k)
		}
		v[fmt.Sprint("section", s)] = section
	}
	n := node(b, nil, v)
	b.ReportAllocs()
	for b.Loop() {
		verify.Sum(n)
	}
}

func BenchmarkContent(b *testing.B) {
	d := source.Document{Name: "x", Data: make([]byte, 64<<10), Digest: "md5:" + strings.Repeat("0", 32)}
	c := source.Content{Documents: []source.Document{d}}
	b.SetBytes(64 << 10)
	for b.Loop() {
		verify.Content(c)
	}
}
