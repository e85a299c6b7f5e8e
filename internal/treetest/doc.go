// Package treetest makes random trees for a struct, and edits them as publishers do: an edited tree
// shares all that did not change with the one before. Only tests import it.
package treetest
