package binding_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/treetest"
	"github.com/nacre-go/nacre/internal/wording"
)

func TestDocumentProblemsAreThoseOfBind(t *testing.T) {
	t.Parallel()
	t.Run("rich", func(t *testing.T) { t.Parallel(); documentsAfter[rich](t) })
	t.Run("map", func(t *testing.T) { t.Parallel(); documentsAfter[map[string]branch](t) })
	t.Run("leaf", func(t *testing.T) { t.Parallel(); documentsAfter[leaf](t) })
}

// documentsAfter edits trees at random, and compares the problems of what changed with those of the
// whole.
func documentsAfter[T any](t *testing.T) {
	p := plan[T](t)
	for _, doc := range []*tree.Doc{yamlDoc, {Name: "shared", Shared: true}, {Name: "free", AllowUnknown: true}} {
		m := &treetest.Maker{Rand: rand.New(rand.NewPCG(5, 6)), Shape: p.Shape(), Doc: doc, Texts: richTexts}
		root, known := m.Tree(), false
		var good, bad int
		for range testrun.CountSequential(20000, 1000) {
			m.Bad = 0
			if m.Rand.IntN(10) == 0 {
				m.Bad = 500
			}
			next := m.Edit(root)
			var last *tree.Node
			if known {
				last = root
			}
			got, want := p.DocumentProblems(nil, next, nil, last), problemsIn(p, next)
			if !sameProblems(wording.Strip(got), want) {
				t.Fatalf("problems are\n%v\nand of the whole\n%v", got, want)
			}
			if want != nil {
				if bad++; !known {
					root = tree.NewMap(doc, 1, 1, nil)
				}
				continue
			}
			good++
			root, known = next, true
		}
		if t.Logf("%s: good %d, bad %d", doc.Name, good, bad); good < 2*bad || bad == 0 {
			t.Errorf("the test has become weak: good %d, bad %d", good, bad)
		}
	}
}

// Differences names the keys in which a value was changed.
func TestDifferencesNamesWhatWasWritten(t *testing.T) {
	t.Parallel()
	p := plan[rich](t)
	root := grow(yamlDoc, pairs{"branches", pairs{"b", pairs{"list", []any{pairs{"port", 1}, pairs{"port", 2}}}}, "judged", pairs{"leaf", pairs{"port", 3}},
		"extra", pairs{"weight", 5}})
	v, again := new(rich), new(rich)
	bound := p.BindAfter(v, nil, root, nil, nil, nil).Bound
	p.BindAfter(again, nil, root, nil, nil, nil)
	if p.Written(v, bound) || p.Differences(again, v, 9) != nil {
		t.Error("a value that nobody wrote into counts as written")
	}
	v.Branches["b"].List[1].Port = 7
	v.Judged.Leaf.Tags[0] = "w"
	*v.Rest["extra"].Weight = 6
	v.Rest["more"] = leaf{}
	if !p.Written(v, bound) {
		t.Error("a value that was written into does not count as written")
	}
	var got []string
	for _, key := range p.Differences(again, v, 9) {
		got = append(got, key.String())
	}
	want := []string{"branches.b.list[1].port", "judged.leaf.tags[0]", "extra.weight", "more"}
	if len(got) != len(want) {
		t.Fatalf("written are %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("written are %q, want %q", got, want)
		}
	}
	if some := p.Differences(again, v, 2); len(some) != 2 {
		t.Errorf("%d of 4 are listed, and 2 were asked for", len(some))
	}
}
