package binding

import (
	"reflect"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

const noList = "a merge tag needs a list, or a map of lists; other values always merge in the same way"

// mergeRule reads the merge tag of a field and records it in the field's own shape: in that of its
// list, or of the lists in its map.
func (c *compiler) mergeRule(sf reflect.StructField, shape *tree.Shape) {
	tag, ok := sf.Tag.Lookup("merge")
	goName := strings.Join(c.goPath, ".")
	where := mistake{c.path.String(), goName, ""}
	fail := func(message string) {
		where.message = message
		c.mistakes = append(c.mistakes, where)
	}
	var rule tree.MergeRule
	if ok {
		var err error
		if rule, err = tree.ParseMergeRule(tag); err != nil {
			fail(err.Error())
			return
		}
	}
	// The shapes are complete then, and shared by all fields of a type, so that this field needs
	// copies.
	c.later = append(c.later, func() {
		if !hasLists(shape) {
			if ok {
				fail(noList)
			}
			return
		}
		list := shape
		for list.Kind == tree.MapOf {
			below := *list.Elem
			list.Elem = &below
			list = list.Elem
		}
		if rule.How == tree.MergeKey {
			rule.Key = list.Elem.Canonical(rule.Key)
		}
		list.Merge, list.Field = rule, goName
		if message := ruleMistake(list); message != "" {
			fail(message)
		}
	})
}

// hasLists reports whether a shape is a list, or a map of lists.
func hasLists(s *tree.Shape) bool {
	seen := map[*tree.Shape]bool{} // a map can contain itself
	for s != nil && s.Kind == tree.MapOf && !seen[s] {
		seen[s] = true
		s = s.Elem
	}
	return s != nil && s.Kind == tree.ListOf
}

// ruleMistake returns why the lists of a shape cannot be merged by its rule; empty if they can.
func ruleMistake(list *tree.Shape) string {
	rule := list.Merge
	t := list.Go
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && t.Kind() == reflect.Array && rule.Joins() && rule.How != tree.MergeIndex {
		return "an array has a fixed length, so its merge tag must be index or replace"
	}
	if rule.How != tree.MergeKey {
		return ""
	}
	item := list.Elem
	switch item.Kind {
	case tree.MapOf:
		return ""
	case tree.StructOf, tree.RemainderOf:
	default:
		return "the merge tag matches items by a key, and these items have none; use append, index or replace"
	}
	switch of := item.At(rule.Key); {
	case of == nil:
		return "the merge tag names the key " + rule.Key + ", which the items do not have; their keys are " + strings.Join(item.Order, ", ")
	case of.Kind != tree.Leaf && of.Kind != tree.Any:
		return "the merge tag names the key " + rule.Key + ", which is not a single value"
	case of.Secret:
		return "the merge tag names the key " + rule.Key + ", which is a secret: which items match would show its value"
	}
	return ""
}
