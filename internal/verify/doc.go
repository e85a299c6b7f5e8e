// Package verify computes and checks checksums: that a content is what its origin says it is, and which configuration a
// merged tree is, on whatever instance and from whatever files it came.
//
// All functions are safe for concurrent use.
package verify
