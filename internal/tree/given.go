package tree

import "reflect"

// Given has the Go values that a document is made from, if it is made from Go values, as in tests
// of services. Binding copies these values, since a tree cannot hold all that a Go value holds.
type Given interface {
	// Bind sets dst to the value for a piece of the tree at a path. Nodes of other documents in the
	// piece, such as restart-only fields, keep the values that they were made from. It reports
	// false if there is no value of the type of dst.
	Bind(at Path, piece *Node, dst reflect.Value) bool
	// Ordinal distinguishes documents with equal trees and different values.
	Ordinal() int
}

// growth returns the tree of given values with nodes of a document, whose Given it sets.
type growth func(*Doc) *Node

// growthKey is the only key of a plain tree that holds a growth.
const growthKey = ""

// PlainGiven returns a plain tree, as in source.Document.Tree, that FromPlain replaces by what grow
// returns: the tree of given values, with nodes of a document whose Given grow has set.
func PlainGiven(grow func(*Doc) *Node) map[string]any { return map[string]any{growthKey: growth(grow)} }

// growthIn returns the growth that a plain tree holds, or nil.
func growthIn(v any) growth {
	m, ok := v.(map[string]any)
	if !ok || len(m) != 1 {
		return nil
	}
	grow, _ := m[growthKey].(growth)
	return grow
}

// GivenOf returns the Go values that the document of a node was made from, or nil.
func GivenOf(n *Node) Given {
	if n == nil || n.Doc == nil {
		return nil
	}
	return n.Doc.Given
}
