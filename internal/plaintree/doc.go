// Package plaintree copies what a library or a program decoded into the tree of a source.Document.
package plaintree
