// Package tree is what the steps between decoding and binding hand to each other: a configuration as an immutable tree
// of nodes, each of which knows where it stands, and the shape of the struct that it will be bound to.
//
// A [Node] is never changed once it is built, so that trees of different versions share what they have in common and
// may be read by any number of goroutines.
package tree
