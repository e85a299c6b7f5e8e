package verify_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

// shape has secrets of every kind, and places where anything may stand.
func shape() *tree.Shape {
	leaf, secret := &tree.Shape{Kind: tree.Leaf}, &tree.Shape{Kind: tree.Leaf, Secret: true}
	fields := map[string]*tree.Shape{
		"plain": leaf, "token": secret, "any": {}, "reserved": {Reserved: true},
		"tokens": {Kind: tree.ListOf, Elem: secret}, "named": {Kind: tree.MapOf, Elem: secret}, "list": {Kind: tree.ListOf, Elem: leaf},
		"vault": {Kind: tree.StructOf, Secret: true, Fields: map[string]*tree.Shape{"a": leaf, "b": leaf}},
	}
	return &tree.Shape{Kind: tree.StructOf, Fields: fields}
}

// referring is a scalar whose value references gave.
func referring(value any, ref string) *tree.Node {
	n := tree.NewScalar(nil, 0, 0, value)
	n.Ref = ref
	return n
}

// with is a map of one key.
func with(key string, n *tree.Node) *tree.Node {
	return tree.NewMap(nil, 0, 0, []tree.Entry{{Key: key, Value: n}})
}

func TestPublishedLeavesSecretsOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		a, b *tree.Node
		same bool
		hide bool // a itself contains a secret
	}{
		"secret":                 {node(t, nil, m{"token": "a"}), node(t, nil, m{"token": "b"}), true, true},
		"secret, another type":   {node(t, nil, m{"token": "1"}), node(t, nil, m{"token": 1}), true, true},
		"secret as text":         {node(t, nil, m{"token": source.Text("1")}), node(t, nil, m{"token": true}), true, true},
		"secret is there":        {node(t, nil, m{"token": "a"}), node(t, nil, m{}), false, true},
		"secret is null":         {node(t, nil, m{"token": nil}), node(t, nil, m{"token": "a"}), false, false},
		"item":                   {node(t, nil, m{"tokens": []any{"a"}}), node(t, nil, m{"tokens": []any{"b"}}), true, true},
		"number of items":        {node(t, nil, m{"tokens": []any{"a"}}), node(t, nil, m{"tokens": []any{"a", "b"}}), false, true},
		"list as text":           {node(t, nil, m{"tokens": "a,b"}), node(t, nil, m{"tokens": "a"}), true, true},
		"entry":                  {node(t, nil, m{"named": m{"x": "a"}}), node(t, nil, m{"named": m{"x": "b"}}), true, true},
		"key of an entry":        {node(t, nil, m{"named": m{"x": "a"}}), node(t, nil, m{"named": m{"y": "a"}}), false, true},
		"map as text":            {node(t, nil, m{"named": "x=a"}), node(t, nil, m{"named": "x=b"}), true, true},
		"below a secret":         {node(t, nil, m{"vault": m{"a": 1}}), node(t, nil, m{"vault": m{"a": 2}}), true, true},
		"unknown key":            {node(t, nil, m{"tokn": "a"}), node(t, nil, m{"tokn": "b"}), true, true},
		"below an unknown key":   {node(t, nil, m{"tokn": []any{m{"x": "a"}}}), node(t, nil, m{"tokn": []any{m{"x": "b"}}}), true, true},
		"reserved":               {node(t, nil, m{"reserved": m{"x": "a"}}), node(t, nil, m{"reserved": m{"x": "b"}}), true, true},
		"plain":                  {node(t, nil, m{"plain": "a"}), node(t, nil, m{"plain": "b"}), false, false},
		"below any":              {node(t, nil, m{"any": []any{m{"x": "a"}}}), node(t, nil, m{"any": []any{m{"x": "b"}}}), false, false},
		"plain item":             {node(t, nil, m{"list": []any{"a"}}), node(t, nil, m{"list": []any{"b"}}), false, false},
		"what it refers to":      {with("plain", referring("a", "${x:y}")), with("plain", referring("b", "${x:y}")), true, false},
		"reference":              {with("plain", referring("a", "${x:y}")), with("plain", referring("a", "${x:z}")), false, false},
		"text around one":        {with("plain", referring("a", "a${x:y}")), with("plain", referring("a", "b${x:y}")), false, false},
		"reference or value":     {with("plain", referring("a", "${x:y}")), node(t, nil, m{"plain": "a"}), false, false},
		"reference in a secret":  {with("token", referring("a", "${x:y}")), with("token", referring("a", "${x:z}")), false, false},
		"what a secret's is":     {with("token", referring("a", "${x:y}")), with("token", referring("b", "${x:y}")), true, false},
		"text around a secret's": {with("token", referring("a", "a${x:y}")), with("token", referring("a", "b$${${x:y}")), true, true},
		"two of them":            {with("token", referring("a", "${x:y}${x:z}")), with("token", referring("a", "${x:y}")), false, false},
		"no field":               {with("tokn", referring("a", "${x:y}")), with("tokn", referring("b", "${x:y}")), true, false},
	} {
		if same := verify.Published(test.a, shape()) == verify.Published(test.b, shape()); same != test.same {
			t.Errorf("%s: the published sums are equal: %v, want %v", name, same, test.same)
		}
		if verify.Hides(test.a, shape()) != test.hide {
			t.Errorf("%s: a secret stands in it: %v, want %v", name, !test.hide, test.hide)
		}
		if tree.Equal(test.a, test.b) && test.a.Entries[0].Value.Ref == test.b.Entries[0].Value.Ref {
			continue
		}
		if verify.Full(test.a) == verify.Full(test.b) {
			t.Errorf("%s: the full digests are equal, and the change would be none", name)
		}
	}
	if verify.Published(nil, nil) != verify.Published(tree.NewMap(nil, 0, 0, nil), shape()) || verify.Hides(nil, nil) {
		t.Error("nothing is not the empty map")
	}
}

// Without secrets, published sums are equal exactly if the trees are Equal.
func TestPublishedIsEqualityWithoutSecrets(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		a, b := node(t, nil, m{"any": random(r, 4)}), node(t, nil, m{"any": random(r, 4)})
		if verify.Published(a, shape()) != verify.Published(shuffled(r, a), shape()) {
			t.Fatalf("seed %d: order, document or position counts", seed)
		}
		if (verify.Published(a, shape()) == verify.Published(b, shape())) != tree.Equal(a, b) || (verify.Full(a) == verify.Full(b)) != tree.Equal(a, b) {
			t.Fatalf("seed %d: sums and equality disagree about %v and %v", seed, a.Plain(), b.Plain())
		}
	}
}

// Published sums are compared between instances of different versions of this package: a new
// encoding needs a new Form.
func TestPublishedIsFrozen(t *testing.T) {
	t.Parallel()
	n := node(t, nil, m{"plain": 5, "token": "x", "tokens": []any{"a", nil}, "any": m{"d": []any{true, 1.5}}, "tokn": "y", "list": []any{time.Unix(1, 2)}})
	n = tree.NewMap(nil, 0, 0, append(n.Entries, tree.Entry{Key: "dsn", Value: referring("a", "b${x:y}")}))
	const want = "v2-488ab553438df3455289728d5114ea5cd7875a5dc065025a65aef116589762b6"
	if got := verify.Published(n, shape()); got != want {
		t.Errorf("the published sum is %s, was %s: instances of two versions would disagree", got, want)
	}
}
