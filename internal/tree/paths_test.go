package tree_test

import (
	"fmt"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestPathsTouchWhatIsAboveAndBelow(t *testing.T) {
	t.Parallel()
	var none *tree.Paths
	set := none.With(tree.Path{"db", "pool"}).With(tree.Path{"hosts", "[1]", "port"}).With(tree.Path{"a.b"})
	for text, want := range map[string]bool{
		"": true, "db": true, "db.pool": true, "db.pool.x": true, "db.pol": false, "db.poolx": false, "dbx": false,
		"hosts": true, "hosts[1]": true, "hosts[0]": false, "hosts[1].port": true, "hosts[1].name": false,
		"a": false, "a.b": false, `"a.b"`: true, `"a.b".c`: true,
	} {
		p, ok := tree.ParsePath(text)
		if !ok {
			t.Fatal(text)
		}
		if got := set.Touches(p); got != want {
			t.Errorf("%q touches the set: %v, want %v", text, got, want)
		}
		if none.Touches(p) {
			t.Errorf("%q touches the empty set", text)
		}
	}
	if !none.With(nil).Touches(tree.Path{"x"}) {
		t.Error("the root does not touch what is below it")
	}
	var many *tree.Paths
	for i := range 2000 {
		many = many.With(tree.Path{fmt.Sprint(i)})
	}
	if !many.Touches(tree.Path{"1999"}) || !many.Touches(tree.Path{"1"}) {
		t.Error("a large set has lost a path")
	}
}
