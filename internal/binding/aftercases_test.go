package binding_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

// An unknown key that was accepted and is refused now is a problem, and so is one that only another
// section knew which is closed now.
func TestBindAfterJudgesUnknownKeysAgain(t *testing.T) {
	t.Parallel()
	type config struct {
		N int `config:"n"`
	}
	p := plan[config](t)
	root := func(n int64, verdict tree.Verdict) *tree.Node {
		return tree.NewMap(yamlDoc, 1, 1, []tree.Entry{
			{Key: "n", Value: tree.NewScalar(yamlDoc, 1, 1, n)},
			{Key: "other", Value: tree.NewScalar(yamlDoc, 2, 1, "x"), Verdict: verdict},
		})
	}
	last := new(config)
	from := p.BindAfter(last, nil, root(1, tree.Accepted), nil, nil, nil).Bound
	if out := p.BindAfter(new(config), nil, root(2, tree.Accepted), nil, last, from); len(out.Problems) != 0 || !out.Taken {
		t.Errorf("an accepted key is a problem: %v", out.Problems)
	}
	if out := p.BindAfter(new(config), nil, root(2, tree.Refused), nil, last, from); len(out.Problems) != 1 {
		t.Errorf("a refused key gives %v", out.Problems)
	}
	if got := p.DocumentProblems(nil, root(2, tree.Refused), nil, root(1, tree.Accepted)); len(got) != 1 {
		t.Errorf("a refused key in a document gives %v", got)
	}
	whole := &tree.Shape{Kind: tree.StructOf, Order: []string{"n", "other"}, Fields: map[string]*tree.Shape{"n": {Kind: tree.Leaf}, "other": {Kind: tree.Leaf}}}
	from = p.BindAfter(last, nil, root(1, tree.Unjudged), whole, nil, nil).Bound
	if from == nil {
		t.Fatal("a key of another section is a problem")
	}
	if out := p.BindAfter(new(config), nil, root(2, tree.Unjudged), nil, last, from); len(out.Problems) != 1 {
		t.Errorf("a key of a section that is closed gives %v", out.Problems)
	}
}
