// Package verify computes and checks checksums: whether a content matches the digest that its
// origin declares, and which configuration a merged tree is, on any instance and from any files.
//
// All functions are safe for concurrent use.
package verify
