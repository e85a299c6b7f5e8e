package tree_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

// A copy on other lines says the same; of a value that was made again this is not known.
func TestAlike(t *testing.T) {
	t.Parallel()
	doc := &tree.Doc{Name: "a.yaml"}
	made := func() *tree.Node {
		items := []*tree.Node{tree.NewScalar(doc, 3, 5, int64(1)), tree.NewList(doc, 4, 5, nil)}
		return tree.NewMap(doc, 1, 1, []tree.Entry{
			{Key: "list", Value: tree.NewList(doc, 2, 3, items), Line: 2, Column: 1}, {Key: "whole", Value: tree.NewScalar(doc, 7, 8, "x")},
		})
	}
	n := made()
	moved := tree.Shift{Line: 1, Column: 1, Lines: 10}.Node(n)
	if !tree.Equal(n, moved) || !tree.Alike(n, moved) || !tree.Alike(n.Child("list"), moved.Child("list")) || !tree.Alike(n.Child("whole"), moved.Child("whole")) {
		t.Error("a copy on other lines does not say the same")
	}
	if at := moved.Child("list").Child("[0]").Position().Line; at != 13 {
		t.Errorf("line 3 moved by 10 is %d", at)
	}
	if at := moved.Entry("list").Line; at != 12 {
		t.Errorf("the line of a key, 2, moved by 10 is %d", at)
	}
	if moved.Entry("whole").Line != 0 {
		t.Error("a key without a line has one after it moved")
	}
	if tree.Alike(n, made()) || tree.Alike(n, nil) || !tree.Alike(nil, nil) {
		t.Error("Alike does not compare by identity")
	}
	for name, other := range map[string]*tree.Node{
		"value": tree.NewScalar(doc, 7, 8, "y"), "type": tree.NewScalar(doc, 7, 8, int64(1)), "document": tree.NewScalar(&tree.Doc{}, 7, 8, "x"),
		"null": tree.NewScalar(doc, 7, 8, nil),
	} {
		if tree.Alike(n.Child("whole"), other) {
			t.Errorf("scalars that differ in the %s are alike", name)
		}
	}
}
