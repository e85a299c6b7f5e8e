package tree_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

// sections returns a map of three maps with a list each, on lines 1 to 12.
func sections(doc *tree.Doc) *tree.Node {
	var entries []tree.Entry
	for i, key := range []string{"a", "b", "c"} {
		line := int32(4*i + 1) //nolint:gosec // small
		list := tree.NewList(doc, line+2, 5, []*tree.Node{tree.NewScalar(doc, line+2, 6, int64(1)), tree.NewScalar(doc, line+3, 6, int64(2))})
		inner := []tree.Entry{{Key: "list", Value: list, Line: line + 1, Column: 3}}
		entries = append(entries, tree.Entry{Key: key, Value: tree.NewMap(doc, line+1, 3, inner), Line: line, Column: 1})
	}
	return tree.NewMap(doc, 1, 1, entries)
}

// A shift moves what is after a position, and shares what is before it.
func TestShift(t *testing.T) {
	t.Parallel()
	n := sections(&tree.Doc{})
	moved := tree.Shift{Line: 7, Column: 6, Lines: 10, Columns: 3}.Node(n)
	if !tree.Alike(n, moved) || !tree.Equal(n, moved) {
		t.Error("a tree that moved says something else")
	}
	if moved.Child("a") != n.Child("a") {
		t.Error("what is above the shift was copied")
	}
	b, c := moved.Child("b").Child("list"), moved.Child("c").Child("list")
	for _, p := range []struct {
		what                       string
		line, column, want, wantAt int32
	}{
		{"the map before it", moved.Child("b").Line, moved.Child("b").Column, 6, 3},
		{"the list before it, in its line", b.Line, b.Column, 7, 5},
		{"the item at it", b.Items[0].Line, b.Items[0].Column, 17, 9},
		{"the item in the next line", b.Items[1].Line, b.Items[1].Column, 18, 6},
		{"a key after it", moved.Entry("c").Line, moved.Entry("c").Column, 19, 1},
		{"an item after it", c.Items[0].Line, c.Items[0].Column, 21, 6},
	} {
		if p.line != p.want || p.column != p.wantAt {
			t.Errorf("%s is at %d:%d, want %d:%d", p.what, p.line, p.column, p.want, p.wantAt)
		}
	}
	if old := n.Child("b").Child("list").Items[0]; old.Line != 7 || old.Column != 6 {
		t.Error("the tree before was changed")
	}
	if (tree.Shift{Line: 3}).Node(n) != n || (tree.Shift{Line: 100, Column: 1, Lines: 1}).Node(n) != n {
		t.Error("a tree that does not move was copied")
	}
	within := tree.Shift{Line: 100, Within: map[[2]int32][2]int32{{6, 3}: {8, 2}}}.Node(n)
	if e := within.Child("b").Entry("list"); e.Line != 8 || e.Column != 2 || within.Child("b").Line != 8 || within.Child("c") != n.Child("c") {
		t.Errorf("a position that moved is %d:%d", e.Line, e.Column)
	}
}

// A map with other entries has the others as they were, knows its keys, and is another map.
func TestSplicedEntries(t *testing.T) {
	t.Parallel()
	doc := &tree.Doc{}
	var entries []tree.Entry
	for i := range int32(20) {
		entries = append(entries, tree.Entry{Key: string('a' + i), Value: tree.NewScalar(doc, i+1, 3, int64(i)), Line: i + 1, Column: 1})
	}
	null := tree.NewScalar(doc, 3, 3, nil)
	entries[2].Value = null
	n := tree.NewMap(doc, 1, 1, entries)
	down := tree.Shift{Line: 4, Column: 1, Lines: 1}
	same := n.SplicedEntries(2, 3, []tree.Entry{{Key: "c", Value: tree.NewScalar(doc, 3, 3, "new"), Line: 3, Column: 1}}, down)
	if same.Child("c").Value != "new" || same.Child("b") != n.Child("b") || same.Child("d").Line != 5 || !tree.Alike(same.Child("d"), n.Child("d")) {
		t.Error("another value of a key changed more than that")
	}
	if same.HasNulls() || !n.HasNulls() || tree.Alike(same, n) {
		t.Error("what is known of the map before is known of the other one")
	}
	other := n.SplicedEntries(2, 4, []tree.Entry{{Key: "x2", Value: null, Line: 3, Column: 1}}, tree.Shift{})
	if other.Entry("c") != nil || other.Entry("d") != nil || other.Child("x2") != null || other.Child("t") != n.Child("t") || len(other.Entries) != 19 || !other.HasNulls() {
		t.Error("another key is not found, or one that is gone is")
	}
	if added := n.SplicedEntries(20, 20, []tree.Entry{{Key: "z", Value: null}}, down); len(added.Entries) != 21 || added.Child("z") != null || n.ChildIndex("z") != -1 || added.ChildIndex("z") != 20 {
		t.Error("a key that is added is not found")
	}
}

// A list with other items keeps the others, and the places of a list that is given item by item.
func TestSplicedItems(t *testing.T) {
	t.Parallel()
	doc := &tree.Doc{}
	item := func(line int32) *tree.Node { return tree.NewScalar(doc, line, 3, int64(line)) }
	n := tree.NewList(doc, 1, 1, []*tree.Node{item(1), item(2), item(3)})
	made := n.SplicedItems(1, 2, []*tree.Node{item(2), item(3)}, tree.Shift{Line: 3, Column: 1, Lines: 1})
	if len(made.Items) != 4 || made.Items[0] != n.Items[0] || made.Items[3].Line != 4 || made.Items[3].Value != int64(3) {
		t.Errorf("the items are %v", made.Items)
	}
	placed := tree.NewPartialList(doc, 1, 1, []*tree.Node{item(1), item(2)}, []int{0, 4})
	changed := placed.SplicedItems(1, 2, []*tree.Node{item(9)}, tree.Shift{})
	if changed.Child("[4]").Line != 9 || changed.ChildIndex("[4]") != 1 || changed.ChildIndex("[1]") != -1 || !changed.HasPlaces() {
		t.Error("an item is at another place")
	}
}
