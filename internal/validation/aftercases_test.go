package validation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// valued is checked by another value.
type valued struct{ N int }

func (v valued) ValidatorValue() any { return v.N }

// changed returns changes of one value.
func changed(path ...string) *tree.Changes {
	if len(path) == 0 {
		return tree.AllChanged
	}
	if i, ok := tree.ItemIndex(path[0]); ok {
		return (*tree.Changes)(nil).WithItem(i, changed(path[1:]...))
	}
	return (*tree.Changes)(nil).WithKey(path[0], changed(path[1:]...))
}

// The rules of items are applied to the items that may differ, in whatever they are.
func TestCheckAfterFindsWhatIsBadInAnItem(t *testing.T) {
	t.Parallel()
	type strictItem struct {
		N int `config:"n" validate:"lte=3"`
	}
	type nest struct {
		In strictItem `config:"in"`
	}
	type config struct {
		Nest  nest                   `config:"nest"`
		Lists map[string][]int       `config:"lists" validate:"dive,max=2,dive,lte=3"`
		Each  map[string]*strictItem `config:"each" validate:"dive,required"`
		Any   any                    `config:"any"`
		Maybe struct {
			Cert string `config:"cert" validate:"required"`
		} `config:"maybe" validate:"omitempty"`
		Name string `config:"name"`
	}
	c, v := checker[config](t), config{}
	v.Lists = map[string][]int{"a": {1, 2}, "long": {1, 2, 3}, "big": {1, 4}}
	v.Each = map[string]*strictItem{"a": {N: 1}, "nil": nil, "big": {N: 4}}
	for _, tc := range []struct {
		at   []string
		good bool
	}{
		{[]string{"lists", "a", "[0]"}, true},
		{[]string{"lists", "long", "[0]"}, false},
		{[]string{"lists", "big", "[1]"}, false},
		{[]string{"each", "a", "n"}, true},
		{[]string{"each", "nil"}, false},
		{[]string{"each", "big", "n"}, false},
		{[]string{"maybe", "cert"}, true},
		{[]string{"name"}, true},
		{nil, false},
	} {
		if got := stillGood(c, &v, changed(tc.at...)); got != tc.good {
			t.Errorf("with a change at %q the value is good: %v, want %v", tc.at, got, tc.good)
		}
	}
	v.Lists, v.Each, v.Any = nil, nil, nest{strictItem{N: 4}}
	if stillGood(c, &v, changed("any")) {
		t.Error("a struct in an interface that breaks its rule is good")
	}
	type shown struct {
		Value valued `config:"value" validate:"lte=3"`
		Name  string `config:"name"`
	}
	if stillGood(checker[shown](t), &shown{}, changed("name")) {
		t.Error("a type that shows validator another value is checked in parts")
	}
}

// A list whose rule depends on files is checked as a whole if one item differs.
func TestCheckAfterLooksAtAllFilesOfAList(t *testing.T) {
	t.Parallel()
	type config struct {
		List []string `config:"list" validate:"dive,file"`
	}
	path := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v := config{[]string{filepath.Join(t.TempDir(), "gone"), path}}
	if stillGood(checker[config](t), &v, changed("list", "[1]")) {
		t.Error("a file that does not exist is good because another item of the list differs")
	}
}

// What a method writes into a field without a key is there after a change elsewhere, too.
func TestCheckAfterFillsFieldsWithoutKeys(t *testing.T) {
	t.Parallel()
	type config struct {
		Tidy  tidying `config:"tidy"`
		Other string  `config:"other"`
	}
	plan, err := binding.Compile[config]()
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline[config]{Plan: plan, Checker: checker[config](t)}
	doc := &tree.Doc{Name: "a.yaml"}
	entry := func(key string, value *tree.Node) tree.Entry { return tree.Entry{Key: key, Value: value, Line: 1} }
	tidy := tree.NewMap(doc, 1, 1, []tree.Entry{entry("by", tree.NewMap(doc, 1, 1, []tree.Entry{entry("a", tree.NewMap(doc, 1, 1, nil))}))})
	for _, other := range []string{"x", "y", "z"} {
		var problems source.Problems
		root := tree.NewMap(doc, 1, 1, []tree.Entry{entry("tidy", tidy), entry("other", tree.NewScalar(doc, 1, 1, other))})
		if p.last, p.bound, problems = p.next(root); problems != nil || p.last.Tidy.Count != 1 || p.last.Other != other {
			t.Fatalf("with %s: %+v, %v", other, p.last, problems)
		}
	}
	if p.still != 2 {
		t.Errorf("%d of 2 changes were checked in part", p.still)
	}
}
