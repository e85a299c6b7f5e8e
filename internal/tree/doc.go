// Package tree holds the data that the steps between decoding and binding exchange: a configuration
// as an immutable tree of nodes with positions, and the shape of the struct that it is bound to.
//
// A [Node] is never changed once it is built. So trees of different versions share their common
// parts, and any number of goroutines can read them.
package tree
